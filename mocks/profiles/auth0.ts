import { alphanumeric, drawRandom } from '../draw.ts'
import type { JsonObject } from '../json.ts'
import { tokenExchangeGrant } from '../policies.ts'
import type {
  ExchangeSubject,
  IssuerProfile,
  ScopeRequest,
  SubjectReader,
  Target,
  TargetRequest,
} from '../profile.ts'
import { Refusal } from '../refusals.ts'
import { seededClient, seededResource } from '../seed.ts'
import { accessTokenType } from '../subject-token.ts'
import { auth0Errors } from './auth0-errors.ts'
import { accessForm } from './auth0-tokens.ts'
import type { Dialect } from './auth0-tokens.ts'
import { localProfile } from './local.ts'

/** How one tenant is set up. */
export interface Auth0Options {
  /** Identifier of the API for MCP, byte for byte. */
  audience?: string
  scopes?: string[]
  dialect?: Dialect
  /** An API for requests that name none; without one their tokens are opaque. */
  defaultAudience?: string
  /** The Resource Parameter Compatibility Profile: `resource` counts where `audience` is missing. */
  resourceParameter?: boolean
  registration?: boolean
  /** Clients register at run time by their document, a tenant setting [docs create-applications/cimd-overview]. */
  clientMetadataDocuments?: boolean
  /** The Action of a custom token exchange profile, by its `subject_token_type`. */
  exchangeProfiles?: Record<string, SubjectReader>
  /** A second API, for tokens that an exchange gives. */
  upstream?: { audience: string; scopes: string[] }
}

export const auth0Audience = 'https://mcp.acme.test/mcp'
const openidScopes =
  'openid profile offline_access name given_name family_name nickname email email_verified picture created_at identities phone address'.split(
    ' ',
  )

/** An Auth0 tenant. Its issuer ends with a slash, and `audience` names the API. */
export function auth0Profile(options: Auth0Options = {}): IssuerProfile {
  const { audience = auth0Audience, scopes = ['tool:greet', 'tool:whoami', 'read:todo'] } = options
  const { dialect = 'access_token', registration = false, upstream } = options
  const { clientMetadataDocuments = false } = options
  return {
    ...localProfile,
    name: 'auth0',
    identifier: (servedAt) => servedAt.replace(/\/?$/, '/'),
    routes: {
      jwks: ['/.well-known/jwks.json'],
      token: ['/oauth/token'],
      authorization: ['/authorize'],
      login: ['/u/login'], // [assumed]
      consent: ['/u/consent'], // [assumed]
      registration: ['/oidc/register'],
      revocation: ['/oauth/revoke'],
      userinfo: ['/userinfo'],
      'end-session': ['/oidc/logout'],
    },
    documents: [
      {
        kind: 'openid',
        paths: [
          '/.well-known/openid-configuration',
          '/.well-known/oauth-authorization-server', // the same [observed: micronaut-security tests]
        ],
        write: (_standard, { base }) => ({
          ...tenantDocument(base),
          ...(clientMetadataDocuments ? { client_id_metadata_document_supported: true } : {}), // [assumed]
        }),
      },
    ],
    // 21 characters [observed]; x5c and x5t of the service are left out
    keys: {
      kid: (own) =>
        own
          .replaceAll(/[^\w-]/g, '')
          .padEnd(21, '0')
          .slice(0, 21),
      publish: (jwk) => jwk,
    },
    tokens: {
      ...localProfile.tokens,
      access: (standard, grant, context) => accessForm(standard, grant, context, drawRandom),
      id: (standard, { organization, sessionId }) => ({
        header: { typ: 'JWT' },
        claims: {
          ...standard,
          sid: sessionId,
          ...(organization ? { org_id: organization.id } : {}),
        },
      }),
      refreshable: ({ scopes: granted }) => granted.includes('offline_access'), // [docs]
      types: { access: dialect.startsWith('rfc9068') ? 'at+jwt' : 'JWT', refresh: 'rt+jwt' },
    },
    lifetimes: { ...localProfile.lifetimes, access: 86_400, id: 36_000, code: 600 }, // [docs]
    ids: {
      ...localProfile.ids,
      clientId: (draw) => `tpc_${draw(28, alphanumeric)}`, // [docs dynamic-client-registration]
      clientSecret: (draw) => draw(64),
      session: (draw) => draw(32),
    },
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials', tokenExchangeGrant],
    authentication: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    scopes: { supported: openidScopes, default: [] },
    target: targetOf(options),
    grantScopes: grantWhatIsKnown,
    registration: {
      ...localProfile.registration,
      allow: () => {
        if (!registration) throw new Refusal('registration-off')
      },
      defaultAuthentication: 'client_secret_post', // [docs]
    },
    clientMetadataDocuments,
    exchange: {
      subjects: {
        [accessTokenType]: 'own', // on behalf of [docs]
        ...unreserved(options.exchangeProfiles ?? {}),
      },
      requested: [accessTokenType],
      refreshTokens: true,
    },
    dpop: { algorithms: ['ES256'] },
    userinfo: (standard, { user }) => ({
      ...standard,
      nickname: user?.username ?? '',
      name: user?.name ?? user?.email ?? '',
    }),
    errors: auth0Errors,
    seed: {
      clients: [
        seededClient({
          id: 'Qm3kX0aBcD4eFgH5iJkL6mNoP7qRsT8u',
          secret: 'auth0-mock-secret',
          name: 'first-party',
          redirectUris: ['http://127.0.0.1/callback'],
          applicationType: 'native',
          consent: 'skip',
        }),
      ],
      users: {
        a: person('alice', '64f0c0ffee64f0c0ffee64f0', 'wonderland'),
        b: person('bob', '64f0c0ffee64f0c0ffee64f1', 'builder'),
      },
      resources: [
        seededResource({ id: audience, scopes, attributes: { token_dialect: dialect } }),
        ...(upstream
          ? [
              seededResource({
                id: upstream.audience,
                scopes: upstream.scopes,
                attributes: { token_dialect: dialect },
              }),
            ]
          : []),
      ],
      organizations: [],
    },
  }
}

function person(name: string, id: string, password: string): IssuerProfile['seed']['users']['a'] {
  const email = `${name}@example.com`
  return { subject: `auth0|${id}`, username: name, password, email }
}

/** `audience` wins; `resource` counts in the compatibility profile alone. */
function targetOf({ defaultAudience, resourceParameter = false }: Auth0Options) {
  return (asked: TargetRequest): Target => {
    const { audience, resource, granted, client, core } = asked
    const named = audience.length > 0 ? audience : resourceParameter ? resource : []
    if (named.length === 0 && granted) return granted
    const chosen = named.length > 0 ? named : defaultAudience === undefined ? [] : [defaultAudience]
    const resources = chosen.map((each) => {
      const known = core.state.resourceNamed(each)
      if (!known) throw new Refusal('target-unknown', { details: { audience: each } })
      return known
    })
    const denied = resources.find(({ id }) => client.resources?.includes(id) === false)
    if (denied) throw new Refusal('target-not-allowed', { details: { audience: denied.id } })
    return { audience: chosen, resources }
  }
}

/** What a user asks for beyond what there is, is dropped; a client that acts for itself is refused. */
function grantWhatIsKnown({ asked, client, user, target, at }: ScopeRequest): string[] {
  const known = target.resources.flatMap(({ scopes }) => scopes)
  const machine = at === 'client_credentials'
  const allowed = (scope: string): boolean =>
    (known.includes(scope) && client.scopes?.includes(scope) !== false) ||
    (!machine && openidScopes.includes(scope) && (user !== null || at === 'authorization'))
  if (asked === null) return machine ? known.filter(allowed) : []
  const unknown = asked.filter((scope) => !allowed(scope))
  if (machine && unknown.length > 0) {
    throw new Refusal('scope-not-allowed', { details: { audience: target.audience } })
  }
  return asked.filter(allowed)
}

const reserved = /^(https?:\/\/(auth0|okta)\.com|urn:(ietf|auth0|okta))/i

/** Types that no profile can name [docs authenticate/custom-token-exchange]. */
function unreserved(profiles: Record<string, SubjectReader>): Record<string, SubjectReader> {
  const wrong = Object.keys(profiles).find((type) => reserved.test(type))
  if (wrong === undefined) return profiles
  throw new Error(
    `"${wrong}" cannot be the subject_token_type of an exchange profile. Allowed: a URI of your own, as in urn:acme:mcp`,
  )
}

/** An Action that takes access tokens of this very tenant, as the examples of the vendor do. */
export const ownAccessTokens: SubjectReader = ({ subjectToken, core }): ExchangeSubject => {
  const verified = core.verify(subjectToken)
  if (!verified || !core.isAlive(verified.claims)) {
    throw new Refusal('subject-token-invalid', { description: 'Invalid subject token' })
  }
  const user = core.state.users.get(String(verified.claims['sub'])) ?? null
  return { user, scopes: null, name: String(verified.claims['sub']) }
}

/** [observed: live tenant capture 2026-04], without enterprise members. */
function tenantDocument(base: string): JsonObject {
  return {
    issuer: `${base}/`,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/oauth/token`,
    device_authorization_endpoint: `${base}/oauth/device/code`,
    userinfo_endpoint: `${base}/userinfo`,
    mfa_challenge_endpoint: `${base}/mfa/challenge`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    registration_endpoint: `${base}/oidc/register`, // also while it is switched off [observed]
    revocation_endpoint: `${base}/oauth/revoke`,
    end_session_endpoint: `${base}/oidc/logout`,
    scopes_supported: openidScopes,
    response_types_supported: [
      'code',
      'token',
      'id_token',
      'code token',
      'code id_token',
      'token id_token',
      'code token id_token',
    ],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    code_challenge_methods_supported: ['S256', 'plain'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['HS256', 'RS256', 'PS256'],
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
    ],
    token_endpoint_auth_signing_alg_values_supported: ['RS256', 'RS384', 'PS256'],
    claims_supported:
      'aud auth_time created_at email email_verified exp family_name given_name iat identities iss name nickname phone_number picture sub'.split(
        ' ',
      ),
    request_uri_parameter_supported: false,
    request_parameter_supported: false,
    dpop_signing_alg_values_supported: ['ES256'],
  }
}
