/**
 * Where the metadata of a protected resource may be: the well-known suffix inserted between the host
 * and "the path and/or query components", then at the root of the host (RFC 9728 section 3.1, in the
 * order of the MCP specification). The endpoint is taken byte for byte; a slash that is the whole
 * path and the fragment play no part. Empty when it is no URL.
 */
export function protectedResourceMetadataUrls(endpoint: string): string[] {
  const parts = splitUrl(endpoint)
  if (!parts) return []
  const root = `${parts.origin}/.well-known/oauth-protected-resource`
  const rest = (parts.path === '/' ? '' : parts.path) + parts.query
  return rest === '' ? [root] : [`${root}${rest}`, root]
}

/**
 * Where the metadata of an issuer may be, in the order of the MCP specification: RFC 8414 with the
 * suffix inserted, OpenID Connect with the suffix inserted, OpenID Connect with it appended.
 */
export function authorizationServerMetadataUrls(issuer: string): string[] {
  const parts = splitUrl(issuer)
  if (!parts) return []
  const path = parts.path.replace(/\/$/, '')
  const oauth = `${parts.origin}/.well-known/oauth-authorization-server${path}`
  const openid = `${parts.origin}/.well-known/openid-configuration${path}`
  if (path === '') return [oauth, openid]
  return [oauth, openid, `${parts.origin}${path}/.well-known/openid-configuration`]
}

/** Splits without normalising: `URL` would lower the host and drop dot segments. */
export function splitUrl(url: string): { origin: string; path: string; query: string } | null {
  const match = /^([a-z][a-z0-9+.-]*:\/\/[^/?#\s]+)([^?#]*)(\?[^#]*)?/i.exec(url)
  return match ? { origin: match[1] ?? '', path: match[2] ?? '', query: match[3] ?? '' } : null
}
