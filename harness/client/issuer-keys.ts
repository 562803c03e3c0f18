import { isObject, parseJson } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'
import { authorizationServerMetadataUrls } from '../protocol/well-known.ts'
import type { HttpClient } from './http.ts'

/**
 * The public keys of the issuer that a given token names, by its metadata (RFC 8414, OpenID Connect
 * Discovery). The tester holds the token, so its issuer may be asked; a key set on another host only
 * where `mayFetch` allows it. An empty list when nothing can be had.
 */
export async function fetchIssuerKeys(
  issuer: string,
  http: HttpClient,
  mayFetch: (url: string) => string | null,
): Promise<JsonObject[]> {
  for (const url of authorizationServerMetadataUrls(issuer)) {
    const metadata = await fetchObject(url, http)
    const location = metadata?.['jwks_uri']
    if (metadata?.['issuer'] !== issuer || typeof location !== 'string') continue
    if (mayFetch(location) !== null) return []
    const keys = (await fetchObject(location, http))?.['keys']
    return Array.isArray(keys) ? keys.filter(isObject) : []
  }
  return []
}

async function fetchObject(url: string, http: HttpClient): Promise<JsonObject | null> {
  const { origin, pathname, search } = new URL(url)
  const answer = await http.exchange({
    method: 'GET',
    url: origin,
    path: pathname + search,
    headers: [['Accept', 'application/json']],
  })
  if ('failure' in answer || answer.status !== 200) return null
  const json = parseJson(answer.body)
  return isObject(json) ? json : null
}
