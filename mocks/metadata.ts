import type { JsonObject } from './json.ts'
import { localProfile } from './profile.ts'
import type { IssuerProfile } from './profile.ts'

/** Every address of an issuer, as absolute URLs. */
export interface Routes {
  /** RFC 8414 section 3.1 (inserted), OpenID Connect Discovery inserted and appended. */
  metadata: [inserted: string, openidInserted: string, openidAppended: string]
  jwks: string
  token: string
  introspection: string
}

/** What an issuer can be asked for, as its arrangements and its ledger name it. */
export const endpoints = ['jwks', 'metadata', 'token', 'introspection'] as const
export type Endpoint = (typeof endpoints)[number]

/**
 * The addresses of an issuer. A final slash of the identifier is taken away before anything is
 * inserted or appended (RFC 8414 section 3.1, OpenID Connect Discovery section 4.1).
 * @throws Error for what is no issuer identifier (RFC 8414 section 2)
 */
export function routes(issuer: string, { paths }: IssuerProfile = localProfile): Routes {
  const [, origin, path = ''] = /^(https?:\/\/[^/?#\s]+)(\/[^?#\s]*)?$/i.exec(issuer) ?? []
  if (origin === undefined || !URL.canParse(issuer)) {
    throw new Error(
      `"${issuer}" is no issuer identifier. Allowed: an absolute http or https URL without query and fragment`,
    )
  }
  const short = path.replace(/\/$/, '')
  const base = origin + short
  return {
    metadata: [
      `${origin}/.well-known/oauth-authorization-server${short}`,
      `${origin}/.well-known/openid-configuration${short}`,
      `${base}/.well-known/openid-configuration`,
    ],
    jwks: base + paths.jwks,
    token: base + paths.token,
    introspection: base + paths.introspection,
  }
}

/** The endpoint that answers at a path, whatever the host is called. */
export function endpointAt({ metadata, ...others }: Routes, path: string): Endpoint | null {
  const at = (url: string): boolean => new URL(url).pathname === path
  if (metadata.some(at)) return 'metadata'
  const found = Object.entries(others).find(([, url]) => at(url))
  return found ? (found[0] as Endpoint) : null
}

/**
 * RFC 8414 section 2 and OpenID Connect Discovery section 3. Only what this issuer really does is
 * announced: nobody can log in here, so there is no authorization endpoint and no response type.
 */
export function metadataDocument(
  issuer: string,
  alg: string,
  profile: IssuerProfile = localProfile,
): JsonObject {
  const { jwks, token, introspection } = routes(issuer, profile)
  const clientAuthentication = ['client_secret_basic', 'client_secret_post']
  return {
    issuer,
    jwks_uri: jwks,
    token_endpoint: token,
    token_endpoint_auth_methods_supported: clientAuthentication,
    introspection_endpoint: introspection,
    introspection_endpoint_auth_methods_supported: clientAuthentication,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [alg],
    ...profile.metadata,
  }
}
