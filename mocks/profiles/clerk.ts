import { alphanumeric, drawFrom, drawRandom } from '../draw.ts'
import type { JsonObject } from '../json.ts'
import type { MockIssuer } from '../issuer.ts'
import type { IssuerProfile, ScopeRequest, TargetRequest } from '../profile.ts'
import { Refusal } from '../refusals.ts'
import { strictRules } from '../rules.ts'
import { seededClient } from '../seed.ts'
import type { User } from '../state.ts'
import { backendKeys, verifyToken } from './clerk-backend.ts'
import { clerkErrors } from './clerk-errors.ts'
import { localProfile } from './local.ts'
import { only, without } from './members.ts'

/** How one instance is set up. */
export interface ClerkOptions {
  /** Form of OAuth access tokens; new instances give JWTs. */
  tokens?: 'jwt' | 'opaque'
  /** Tokens name the resource that was asked for, as for resources registered as MCP servers. */
  audience?: boolean
  registration?: boolean
  clientMetadataDocuments?: boolean
  /** Of the Backend API. */
  secretKey?: string
}

export const clerkSecretKey = 'sk_test_mockSecretKeyOfTheInstance'
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const scopesOfClerk = [
  'openid',
  'profile',
  'email',
  'public_metadata',
  'private_metadata',
  'offline_access',
]

/** A Clerk instance: the Frontend API, which is the issuer, and the Backend API of the SDKs. */
export function clerkProfile(options: ClerkOptions = {}): IssuerProfile {
  const { tokens = 'jwt', registration = true, secretKey = clerkSecretKey } = options
  return {
    ...localProfile,
    name: 'clerk',
    routes: {
      jwks: ['/.well-known/jwks.json'],
      token: ['/oauth/token'],
      authorization: ['/oauth/authorize'],
      login: ['/sign-in'], // of the account portal [assumed]
      consent: ['/oauth-consent'], // of the account portal [docs]
      registration: ['/oauth/register'],
      introspection: ['/oauth/token_info'],
      revocation: ['/oauth/token/revoke'],
      userinfo: ['/oauth/userinfo'],
    },
    documents: [
      {
        kind: 'oauth',
        paths: ['/.well-known/oauth-authorization-server'],
        write: (standard, { base }) => instanceDocument(standard, base, options),
      },
      {
        kind: 'openid',
        paths: ['/.well-known/openid-configuration'],
        write: (standard, { base }) => ({
          ...instanceDocument(standard, base, options),
          introspection_endpoint: `${base}/oauth/token_info`,
          userinfo_endpoint: `${base}/oauth/userinfo`,
          response_modes_supported: ['query', 'form_post'],
          backchannel_logout_supported: false,
          frontchannel_logout_supported: false,
        }),
      },
    ],
    extra: [backendKeys(secretKey), verifyToken(secretKey)],
    // the id of the instance
    keys: { kid: (own) => `ins_${drawFrom(own)(27, alphanumeric)}`, publish: (jwk) => jwk },
    tokens: {
      ...localProfile.tokens,
      access: (standard, grant, { now, lifetime, jti }) => {
        const claims: JsonObject = {
          ...without(standard, ['aud', 'exp', 'jti']),
          jti,
          nbf: now - 10, // [observed]
          exp: now + lifetime,
          ...(options.audience && grant.audience[0] !== undefined
            ? { aud: grant.audience[0] }
            : {}),
          ...(grant.scopes.includes('user:org:read') && grant.organization
            ? { org_id: grant.organization.id }
            : {}),
        }
        if (tokens === 'opaque') return { opaque: `oat_${drawRandom(32, alphanumeric)}`, claims }
        return { header: { typ: 'at+jwt' }, claims }
      },
      refreshable: ({ scopes }) => scopes.includes('offline_access'),
      types: { access: 'at+jwt', refresh: 'rt+jwt' },
    },
    lifetimes: {
      ...localProfile.lifetimes,
      access: 86_401, // [observed]
      id: 86_400,
      refresh: 10 * 365 * 86_400,
      code: 600,
    },
    ids: {
      ...localProfile.ids,
      code: (draw) => `clk_code_${draw(32, alphanumeric)}`,
      refreshToken: (draw) => `clk_refresh_${draw(32, alphanumeric)}`,
      clientId: (draw) => draw(16, alphanumeric), // [observed]
      clientSecret: (draw) => draw(32, alphanumeric),
      token: (draw) => `oat_${draw(16, upper)}`, // [observed]
      session: (draw) => `sess_${draw(27, alphanumeric)}`,
    },
    grantTypes: ['authorization_code', 'refresh_token'],
    authentication: ['client_secret_basic', 'none', 'client_secret_post'],
    scopes: { supported: scopesOfClerk, default: ['profile', 'email'] },
    target: ({ resource, granted }: TargetRequest) =>
      granted ?? { audience: options.audience ? resource : [], resources: [] },
    grantScopes: grantSupported,
    registration: {
      ...localProfile.registration,
      allow: () => {
        if (!registration) throw new Refusal('registration-off')
      },
      // the default of registered clients [observed]
      client: (standard) => ({
        ...standard,
        scopes: standard.scopes ?? ['email', 'offline_access', 'profile'],
      }),
    },
    clientMetadataDocuments: options.clientMetadataDocuments ?? false,
    exchange: { subjects: {}, requested: [], refreshTokens: false },
    dpop: { algorithms: [] },
    introspection: (standard) =>
      only(standard, ['active', 'client_id', 'iat', 'scope', 'sub', 'org_id']),
    userinfo: (standard, { user }) => ({
      object: 'oauth_user_info',
      instance_id: 'ins_mock',
      user_id: user?.subject ?? '',
      ...standard,
    }),
    errors: clerkErrors,
    rules: { ...strictRules, introspection: 'any-client', jwtsRevocable: false },
    seed: {
      clients: [
        seededClient({
          id: 'dGd3hVEbAbMZNBbK',
          secret: 'clerk-mock-secret',
          name: 'an application',
          redirectUris: ['http://127.0.0.1/callback'],
          applicationType: 'native',
        }),
      ],
      users: { a: person('alice', 'wonderland'), b: person('bob', 'builder') },
      resources: [],
      organizations: [],
    },
  }
}

/** `pk_test_` and the host of the Frontend API with one `$` behind it, in Base64. */
export function publishableKey(url: string): string {
  return `pk_test_${Buffer.from(`${new URL(url).host}$`).toString('base64')}`
}

/** A session token: no OAuth token, though issuer and keys are the same [docs guides/sessions/session-tokens]. */
export function sessionToken(issuer: MockIssuer, user: User, origin: string): string {
  const { core } = issuer
  const now = core.now()
  return core.sign({
    header: { typ: 'JWT', cat: 'cl_B7d4PD111AAA' },
    claims: {
      iss: issuer.url,
      sub: user.subject,
      sid: core.profile.ids.session(core.random),
      azp: origin,
      iat: now,
      nbf: now - 10,
      exp: now + 60,
      jti: core.random(20, alphanumeric),
      v: 2,
      fva: [0, -1],
      sts: 'active',
    },
  })
}

function person(name: string, password: string): User {
  const subject = `user_${drawFrom(name)(27, alphanumeric)}`
  return { subject, username: name, password, email: `${name}@example.com` }
}

/** Scopes that the instance knows; registered clients have those of their registration alone. */
function grantSupported({ asked, client, core }: ScopeRequest): string[] {
  if (asked === null) return core.profile.scopes.default
  const allowed = client.scopes ?? core.profile.scopes.supported
  const wrong = asked.filter((scope) => !allowed.includes(scope))
  if (wrong.length > 0) throw new Refusal('scope-not-allowed', { details: { scopes: wrong } })
  return asked
}

/** [spec fapi], [observed: captured document] */
function instanceDocument(
  standard: JsonObject,
  base: string,
  { registration = true, clientMetadataDocuments = false }: ClerkOptions,
): JsonObject {
  return {
    issuer: base,
    authorization_endpoint: `${base}/oauth/authorize`,
    token_endpoint: `${base}/oauth/token`,
    revocation_endpoint: `${base}/oauth/token/revoke`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    ...(registration ? { registration_endpoint: `${base}/oauth/register` } : {}),
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'none', 'client_secret_post'],
    scopes_supported: standard['scopes_supported'] ?? scopesOfClerk,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'email', 'name', 'org_id'],
    code_challenge_methods_supported: ['S256'],
    service_documentation: 'https://clerk.com/docs',
    ui_locales_supported: ['en'],
    op_tos_uri: 'https://clerk.com/legal/standard-terms',
    ...(clientMetadataDocuments ? { client_id_metadata_document_supported: true } : {}),
  }
}
