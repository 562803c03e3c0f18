import type { Config, IntrospectionEndpoint } from './config.ts'
import { fetchJson } from './fetch-json.ts'
import { isRecord } from './key-set.ts'
import type { Claims } from './principal.ts'
import { invalid, Refusal } from './refusal.ts'

/**
 * What the issuer says about a token (RFC 7662 section 2). Throws `unavailable` where it cannot be asked
 * or its answer cannot be read: then nobody can say whether the token is bad.
 */
export async function introspect(
  token: string,
  endpoint: IntrospectionEndpoint,
  { keyTimeoutMs }: Config,
): Promise<Claims> {
  try {
    const { clientId, clientSecret } = endpoint
    const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`
    const answer = await fetchJson(endpoint.url, keyTimeoutMs, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
    })
    if (!isRecord(answer)) throw new Error('the answer is no object')
    return answer
  } catch {
    throw new Refusal('unavailable', 'the issuer does not say whether the token holds')
  }
}

/** RFC 7662 section 2.2: the one member that has to be there; nothing else counts without it. */
export function checkActive(answer: Claims): void {
  if (answer['active'] !== true) throw invalid('the token is not active')
}
