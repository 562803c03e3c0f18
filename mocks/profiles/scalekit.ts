import { drawFrom } from '../draw.ts'
import type { IssuerProfile } from '../profile.ts'
import { Refusal } from '../refusals.ts'
import { strictRules } from '../rules.ts'
import { localProfile } from './local.ts'
import { scalekitDocuments } from './scalekit-documents.ts'
import { scalekitErrors } from './scalekit-errors.ts'
import {
  loginWithCustomer,
  partnerCallback,
  partnerOf,
  userDetails,
} from './scalekit-partner-login.ts'
import { isSwitchedOff, resourceInPath } from './scalekit-resources.ts'
import { scalekitIds, scalekitSeed, snowflake } from './scalekit-seed.ts'
import { grantScopes, openidScopes, target } from './scalekit-targets.ts'
import { accessLifetimes, scalekitTokens } from './scalekit-tokens.ts'

export { scalekitConnection, scalekitResource } from './scalekit-seed.ts'

/*
 * Scalekit as an MCP client, an MCP server and the vendor's SDKs see it. A comment behind a value says
 * where it is from:
 *   [run]       seen on the wire with @scalekit-sdk/node 2.11.0
 *   [SDK …]     read in a published package
 *   [docs …]    docs.scalekit.com, page
 *   [repo …]    a public repository of, or with, a Scalekit integration
 *   [observed]  somebody's public record of the live service
 *   [inferred]  what the Go library zitadel/oidc does, which the service looks built on
 *   [assumed]   no source
 */

export interface ScalekitOptions {
  /**
   * `iss` of access tokens: the environment today, the resource after the migration
   * [repo PrefectHQ/fastmcp #4797].
   */
  issuer?: 'environment' | 'resource'
  /** Dynamic registration, for resources that do not say it themselves. On unless told otherwise. */
  registration?: boolean
  /** Client ID Metadata Documents. On unless told otherwise. */
  clientMetadataDocuments?: boolean
  /** The Server URL of the seeded resource, byte for byte; none unless given. */
  serverUrl?: string
  /** Scopes of the seeded resource. */
  scopes?: string[]
  /** Seconds that access tokens of the seeded resource live. */
  lifetime?: number
  /** Bring your own auth at the seeded resource: the customer's login page. */
  loginUrl?: string
  /** The connection of the customer's login page. */
  connection?: string
  /** `sub` of users of a partner: the id that the customer's backend supplied, or a `usr_…` for it. */
  partnerSubject?: 'supplied' | 'own'
  /** Authorization responses carry `iss` (RFC 9207), and the documents say so. */
  responseIssuer?: boolean
}

/** The environment, with one MCP server, as `{env}/resources/res_…`. */
export function scalekitProfile(options: ScalekitOptions = {}): IssuerProfile {
  const {
    issuer: tokenIssuer = 'environment', // [repo PrefectHQ/fastmcp #4797, #4798]
    registration = true, // [docs authenticate/mcp/quickstart]
    clientMetadataDocuments = true, // [docs authenticate/mcp/quickstart]
    partnerSubject = 'supplied', // [repo scalekit-inc/mcp-auth-demos byoa-mcp-node]; not established
    responseIssuer = false, // no member of the observed documents announces it
  } = options
  const seed = scalekitSeed(options)
  return {
    ...localProfile,
    name: 'scalekit',
    identifier: (servedAt) => servedAt.replace(/\/$/, ''), // [repo mcp-use …/oauth/scalekit.ts]
    routes: {
      jwks: ['/keys'], // [SDK node 2.11.0 lib/core.js]; not below a resource
      token: ['/resources/{resource}/oauth/token', '/oauth/token'], // [observed], [run]
      authorization: ['/resources/{resource}/oauth/authorize', '/oauth/authorize'], // [observed]
      registration: ['/api/v1/resources/{resource}/clients:register'], // [observed]
      introspection: ['/oauth/introspect'], // [inferred]
      revocation: ['/revoke'], // there is one [docs authenticate/mcp]; the path is [inferred]
      userinfo: ['/userinfo'], // [observed]
      'end-session': ['/oidc/logout'], // [SDK node 2.11.0 lib/scalekit.js]
      login: ['/login'], // [assumed]
      consent: ['/consent'], // [assumed]
    },
    params: { resource: seed.resources[0]?.id ?? '' },
    documents: scalekitDocuments({ registration }),
    extra: [
      {
        name: 'user-details',
        paths: ['/api/v1/connections/{connection}/auth-requests/{login}/user'], // [docs authenticate/mcp/custom-auth]
        methods: ['POST'],
        answer: userDetails,
      },
      {
        name: 'partner-callback',
        paths: ['/sso/v1/connections/{connection}/partner:callback'], // [docs authenticate/mcp/custom-auth]
        methods: ['GET'],
        answer: (exchange, core) => partnerCallback(exchange, core, partnerSubject),
      },
    ],
    keys: {
      kid: (own) => snowflake('snk_', drawFrom(own)), // [docs cookbooks/m2m-jwks-and-oauth-scopes]
      publish: (jwk) => jwk, // kty use alg kid n e: [docs cookbooks/m2m-jwks-and-oauth-scopes]
    },
    tokens: scalekitTokens({ tokenIssuer }),
    lifetimes: {
      access: accessLifetimes.user,
      id: 300, // [assumed]
      refresh: 30 * 86_400, // [assumed]
      code: 600, // [docs]: about ten minutes
      login: 600, // [docs authenticate/mcp/custom-auth]: about ten minutes
      documents: 1, // [assumed]
    },
    ids: scalekitIds,
    grantTypes: ['authorization_code', 'client_credentials', 'refresh_token'], // [observed]
    authentication: ['none', 'client_secret_post', 'client_secret_basic'], // [observed]
    scopes: { supported: [...openidScopes], default: [] }, // [inferred]
    target,
    grantScopes,
    registration: {
      allow: (_metadata, { params }, core) => {
        const resource = resourceInPath(params, core)
        if (isSwitchedOff(resource, registration)) throw new Refusal('registration-off')
      },
      client: (standard, _metadata, { params }) => ({
        ...standard,
        resources: [params['resource'] ?? ''],
        // RegisterClient knows no grant types [SDK node 2.11.0 clients_pb.js]: they follow from the client
        grantTypes: [
          ...(standard.redirectUris.length > 0 ? ['authorization_code', 'refresh_token'] : []),
          ...(standard.secret === null ? [] : ['client_credentials']),
        ],
      }),
      answer: (standard) => standard, // the form of RFC 7591 is [assumed]
      defaultAuthentication: 'none', // [assumed]
    },
    clientMetadataDocuments,
    exchange: { subjects: {}, requested: [], refreshTokens: false }, // not announced [observed]
    dpop: { algorithms: [] }, // not announced [observed]
    organizationParameter: 'organization_id', // [SDK node 2.11.0 lib/scalekit.js]
    reusesSession: (request) => partnerOf(request) === null, // [assumed]
    login: loginWithCustomer,
    responseIssuer: (issuer, { resource }) =>
      resource === undefined ? issuer : `${issuer}/resources/${resource}`,
    errors: scalekitErrors,
    rules: {
      ...strictRules,
      iss: responseIssuer ? 'always' : 'never',
      revocation: 'confidential-clients', // [docs authenticate/mcp]
    },
    seed,
  }
}
