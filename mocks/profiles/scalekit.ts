import { digits } from '../draw.ts'
import type { Draw } from '../draw.ts'
import type { JsonObject } from '../json.ts'
import { grantKnownScopes } from '../policies.ts'
import type { IssuerProfile, Target, TargetRequest, TokenContext } from '../profile.ts'
import { Refusal } from '../refusals.ts'
import { seededClient, seededResource } from '../seed.ts'
import type { Grant } from '../state.ts'
import { localProfile } from './local.ts'
import { only, without } from './members.ts'
import { scalekitErrors } from './scalekit-errors.ts'
import { partnerCallback, scalekitLogin, userDetails } from './scalekit-byoa.ts'

/** How one Scalekit environment is set up. */
export interface ScalekitOptions {
  /** `resource`: `iss` of tokens names the resource, as after the vendor's migration. */
  issuer?: 'environment' | 'resource'
  /** The URL of the MCP server that is registered with the resource, which tokens then name too. */
  serverUrl?: string
  scopes?: string[]
  registration?: boolean
  /** Bring-your-own-auth: the login page of the customer. */
  loginUrl?: string
}

/** Ids in the form of the vendor: a prefix and a number [docs, SDK node 2.11.0]. */
export const scalekitResource = 'res_71300000000000001'
export const scalekitConnection = 'conn_71300000000000002'
const organization = 'org_71300000000000003'

const id =
  (prefix: string) =>
  (draw: Draw): string =>
    `${prefix}_${draw(17, digits)}`

/**
 * A Scalekit environment with one MCP server. The metadata name `{env}/resources/{res}`, the tokens
 * `{env}` [repo PrefectHQ/fastmcp #4797, repo mcp-use #2272].
 */
export function scalekitProfile(options: ScalekitOptions = {}): IssuerProfile {
  const { scopes = ['todo:read', 'todo:write'], registration = true } = options
  return {
    ...localProfile,
    name: 'scalekit',
    routes: {
      // [observed: custom-domain tenant]; the environment's own paths [SDK node 2.11.0 lib/core.js]
      jwks: ['/keys'],
      token: ['/resources/{resource}/oauth/token', '/oauth/token'],
      authorization: ['/resources/{resource}/oauth/authorize', '/oauth/authorize'],
      login: ['/login'],
      consent: ['/consent'],
      ...(registration ? { registration: ['/api/v1/resources/{resource}/clients:register'] } : {}),
      introspection: ['/oauth/introspect'], // [inferred zitadel/oidc]
      revocation: ['/revoke'], // [inferred zitadel/oidc]
      userinfo: ['/userinfo'], // [observed]
      'end-session': ['/oidc/logout'], // [SDK node 2.11.0 lib/scalekit.js]
    },
    params: { resource: scalekitResource },
    documents: [
      {
        kind: 'oauth',
        // both forms are there [repo mcp-use, observed: ref.scalekit.com]
        paths: [
          '/.well-known/oauth-authorization-server{base}/resources/{resource}',
          '{base}/resources/{resource}/.well-known/oauth-authorization-server',
        ],
        write: (standard, { base, params: { resource = '' }, core }) => {
          const known = core.state.resources.get(resource)
          if (!known) return null
          return {
            issuer: `${base}/resources/${resource}`,
            ...only(standard, [
              'authorization_endpoint',
              'token_endpoint',
              'jwks_uri',
              'registration_endpoint',
            ]),
            response_types_supported: ['code'],
            grant_types_supported: ['authorization_code', 'client_credentials', 'refresh_token'],
            token_endpoint_auth_methods_supported: [
              'none',
              'client_secret_post',
              'client_secret_basic',
            ],
            code_challenge_methods_supported: ['S256'],
            client_id_metadata_document_supported: true, // [observed: public sample repo, 2026]
            scopes_supported: known.scopes,
          }
        },
      },
      {
        kind: 'openid',
        paths: ['{base}/.well-known/openid-configuration'],
        // the exact members are [inferred zitadel/oidc]
        write: (standard, { base }) => ({
          ...without(standard, ['registration_endpoint']),
          issuer: base,
          authorization_endpoint: `${base}/oauth/authorize`,
          token_endpoint: `${base}/oauth/token`,
        }),
      },
    ],
    extra: [userDetails, partnerCallback],
    keys: {
      kid: (own) => `snk_${numberOf(own)}`, // [docs cookbooks/m2m-jwks-and-oauth-scopes]
      publish: (jwk) => jwk,
    },
    tokens: {
      ...localProfile.tokens,
      access: (standard, grant, context) => ({
        header: { typ: 'JWT' }, // [inferred]
        claims: accessClaims(standard, grant, context, options),
      }),
      id: (standard, { client, sessionId }, { base }) => ({
        header: { typ: 'JWT' },
        claims: {
          ...standard,
          iss: base,
          aud: [client.id],
          azp: client.id,
          client_id: client.id,
          sid: sessionId,
          oid: organization,
        },
      }),
      refreshable: ({ scopes: granted }) => granted.includes('offline_access'), // [docs]
      types: { access: 'JWT', refresh: 'rt+jwt' },
    },
    lifetimes: {
      ...localProfile.lifetimes,
      access: 86_399, // of machine tokens [docs]
      code: 600, // [docs: about 10 minutes]
      login: 600,
    },
    ids: {
      ...localProfile.ids,
      clientId: id('m2m'),
      clientSecret: (draw) => `test_${draw(40)}`,
      token: id('tkn'),
      session: id('ses'),
      login: id('lri'),
    },
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    authentication: ['none', 'client_secret_post', 'client_secret_basic'],
    scopes: { supported: ['openid', 'profile', 'email', 'offline_access', ...scopes], default: [] },
    target: targetOfPath,
    grantScopes: grantKnownScopes,
    registration: {
      ...localProfile.registration,
      defaultAuthentication: 'none', // [assumed]
    },
    dpop: { algorithms: [] },
    login: scalekitLogin(options.loginUrl),
    responseIssuer: (issuer, { resource }) =>
      resource === undefined ? issuer : `${issuer}/resources/${resource}`,
    userinfo: (standard) => standard,
    errors: scalekitErrors,
    seed: {
      clients: [
        seededClient({
          id: 'skc_71300000000000010',
          secret: 'test_scalekit_mock_secret',
          name: 'environment',
          redirectUris: ['http://localhost:3000/callback'],
          consent: 'skip',
        }),
      ],
      users: {
        a: {
          subject: 'usr_71300000000000042',
          username: 'alice',
          password: 'wonderland',
          email: 'alice@example.com',
          organizations: [organization],
        },
        b: {
          subject: 'usr_71300000000000043',
          username: 'bob',
          password: 'builder',
          email: 'bob@example.com',
          organizations: [organization],
        },
      },
      resources: [
        seededResource({
          id: scalekitResource,
          identifiers: [
            scalekitResource,
            ...(options.serverUrl === undefined ? [] : [options.serverUrl]),
          ],
          scopes,
          lifetime: 300, // [docs: 300 to 3600]
        }),
      ],
      organizations: [{ id: organization, name: 'Acme', attributes: {} }],
    },
  }
}

/** [docs authenticate/mcp/quickstart, docs guides: session token claims]; `scope` and `scopes` both. */
function accessClaims(
  standard: JsonObject,
  grant: Grant,
  { base, now }: TokenContext,
  { issuer }: ScalekitOptions,
): JsonObject {
  const [resource] = grant.resources
  const path = resource && issuer === 'resource' ? `/resources/${resource.id}` : ''
  return {
    iss: base + path,
    ...(grant.audience.length === 0 ? {} : { aud: grant.audience }),
    ...without(standard, ['iss', 'aud', 'scope']),
    nbf: now,
    ...(grant.user ? { sid: grant.sessionId, oid: grant.organization?.id ?? organization } : {}),
    ...(grant.scopes.length === 0 ? {} : { scope: grant.scopes.join(' '), scopes: grant.scopes }),
  }
}

/**
 * The path fixes the resource; `resource` is compared when it is sent [assumed]. Tokens name the
 * resource id, and the server's URL where one is registered [docs authenticate/mcp/quickstart].
 */
function targetOfPath({ params, resource, granted, core }: TargetRequest): Target {
  if (granted) return granted
  const known = core.state.resources.get(params['resource'] ?? '')
  if (params['resource'] !== undefined && !known) throw new Refusal('target-unknown')
  if (known && !resource.every((each) => known.identifiers.includes(each))) {
    throw new Refusal('target-not-allowed', { details: { resource } })
  }
  return known
    ? { audience: known.identifiers, resources: [known] }
    : { audience: [], resources: [] }
}

/** Seventeen digits, the same for the same text. */
function numberOf(text: string): string {
  let number = 7n
  for (const letter of text) number = (number * 131n + BigInt(letter.charCodeAt(0))) % 10n ** 17n
  return String(number).padStart(17, '7')
}
