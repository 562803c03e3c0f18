type Json = string | number | boolean | null | Json[] | { [member: string]: Json }

/** Every address of an issuer, as absolute URLs. */
export interface Routes {
  /** RFC 8414 section 3.1 (inserted), OpenID Connect Discovery inserted and appended. */
  metadata: string[]
  jwks: string
  token: string
  introspection: string
}

export function routes(issuer: string): Routes {
  const { origin } = new URL(issuer)
  const path = issuer.slice(origin.length).replace(/\/$/, '')
  const base = origin + path
  return {
    metadata: [
      `${origin}/.well-known/oauth-authorization-server${path}`,
      `${origin}/.well-known/openid-configuration${path}`,
      `${base}/.well-known/openid-configuration`,
    ],
    jwks: `${base}/jwks`,
    token: `${base}/token`,
    introspection: `${base}/introspect`,
  }
}

/** RFC 8414 section 2. Only what this issuer really does is announced. */
export function metadataDocument(issuer: string): Record<string, Json> {
  const { jwks, token, introspection } = routes(issuer)
  return {
    issuer,
    jwks_uri: jwks,
    token_endpoint: token,
    introspection_endpoint: introspection,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    code_challenge_methods_supported: ['S256'],
  }
}
