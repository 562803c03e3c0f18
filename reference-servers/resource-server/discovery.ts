import type { Config, TrustedIssuer } from './config.ts'
import { fetchJson } from './fetch-json.ts'
import { isRecord } from './key-set.ts'

/** The key set document of an issuer, from its configured URL or by way of its metadata. */
export async function fetchKeySet(
  trusted: TrustedIssuer,
  config: Config,
  readUrl: typeof keyUrlOf = keyUrlOf,
): Promise<unknown> {
  const { keys, issuer } = trusted
  const url = keys.kind === 'url' ? keys.url : readUrl(await discover(trusted, config), issuer)
  return fetchJson(url, config.keyTimeoutMs)
}

/** RFC 8414 section 3.1, then OpenID Connect Discovery 1.0 section 4, in both their forms. */
export function metadataLocations(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    ...new Set([
      `${origin}/.well-known/oauth-authorization-server${path}`,
      `${origin}/.well-known/openid-configuration${path}`,
      `${origin}${path}/.well-known/openid-configuration`,
    ]),
  ]
}

/** The metadata of an issuer, from the first place where there is any. */
export async function discover(
  { issuer }: TrustedIssuer,
  { keyTimeoutMs }: Config,
): Promise<Record<string, unknown>> {
  for (const location of metadataLocations(issuer)) {
    const document = await fetchJson(location, keyTimeoutMs).catch(() => null)
    if (isRecord(document)) return document
  }
  throw new Error('the issuer publishes no metadata')
}

/** RFC 8414 section 3.3: metadata of another issuer must not be used. */
export function keyUrlOf(document: Record<string, unknown>, issuer: string): string {
  if (document['issuer'] !== issuer) throw new Error('the metadata names another issuer')
  const url = document['jwks_uri']
  if (typeof url !== 'string') throw new Error('the metadata names no key set')
  return url
}
