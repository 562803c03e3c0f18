import { createPublicKey } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import type { IssuerCore } from './core.ts'
import { isObject } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { readJwt } from './jwt.ts'
import { Refusal } from './refusals.ts'
import { isSignedBy } from './sign-compact.ts'
import type { Client } from './state.ts'

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Algorithms that a client may sign its assertions with. */
export const assertionAlgorithms: readonly string[] = ['RS256', 'PS256', 'ES256']

/** Seconds that an assertion may be ahead of us, and live at most. */
const tolerance = 30
const longestLife = 3_600

/** The client id that an assertion claims to be of, unverified. */
export function assertedClientId(assertion: string): string | null {
  const sub = readJwt(assertion)?.claims['sub']
  return typeof sub === 'string' ? sub : null
}

/**
 * RFC 7523 section 3: signed by the client, about itself, for us, short-lived, and never seen before.
 * @throws Refusal `client-assertion-invalid`
 */
export async function checkAssertion(
  assertion: string,
  client: Client,
  audiences: string[],
  core: IssuerCore,
): Promise<void> {
  const wrong = (problem: string): Refusal =>
    new Refusal('client-assertion-invalid', { details: { client_id: client.id, problem } })
  const jwt = readJwt(assertion)
  if (!jwt) throw wrong('it is no JWT')
  const { iss, sub, aud, exp, nbf, iat, jti } = jwt.claims
  if (iss !== client.id || sub !== client.id) throw wrong('iss and sub are the client')
  if (![aud ?? []].flat().some((each) => audiences.includes(String(each)))) {
    throw wrong('aud is another server')
  }
  const now = core.now()
  if (typeof exp !== 'number' || exp <= now) throw wrong('it has expired')
  if (exp > now + longestLife) throw wrong('it lives too long')
  if ([nbf, iat].some((each) => typeof each === 'number' && each > now + tolerance)) {
    throw wrong('it is not valid yet')
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) throw wrong('jti is missing')
  if (!isSignedByOneOf(await keysOf(client, core), assertion, jwt.header)) {
    throw wrong('the signature is wrong')
  }
  const key = `assertion ${client.id} ${jti}`
  if (core.state.seen.has(key)) throw wrong('it was used before')
  core.state.seen.set(key, exp)
}

async function keysOf(client: Client, core: IssuerCore): Promise<JsonValue[]> {
  const set =
    client.jwks ??
    (client.jwksUri === null
      ? {}
      : await core.fetchJson(client.jwksUri, { guarded: true }).then(
          ({ json }) => json,
          () => ({}) as JsonObject,
        ))
  return Array.isArray(set['keys']) ? set['keys'].slice(0, 20) : []
}

/** True when a key of the set, the one of the header's `kid` if it has one, signed the token. */
export function isSignedByOneOf(keys: JsonValue[], token: string, header: JsonObject): boolean {
  const alg = String(header['alg'])
  if (!assertionAlgorithms.includes(alg)) return false
  return keys.some((jwk) => {
    if (!isObject(jwk)) return false
    const named = header['kid'] === undefined || jwk['kid'] === header['kid']
    const fits = jwk['alg'] === undefined || jwk['alg'] === alg
    return named && fits && isProvenBy(token, jwk, alg)
  })
}

/** True when this public JWK verifies the token. */
export function isProvenBy(token: string, jwk: JsonObject, alg: string): boolean {
  if (alg === 'ES256' && jwk['crv'] !== 'P-256') return false
  try {
    const { d: _, k: __, ...half } = jwk
    return isSignedBy(token, createPublicKey({ key: half as JsonWebKey, format: 'jwk' }), alg)
  } catch {
    return false
  }
}
