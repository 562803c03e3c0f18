import { createHash } from 'node:crypto'
import { isProvenBy } from './client-assertion.ts'
import type { IssuerCore } from './core.ts'
import { isObject } from './json.ts'
import type { JsonObject } from './json.ts'
import { readJwt } from './jwt.ts'
import type { Exchange } from './profile.ts'
import { Refusal } from './refusals.ts'
import type { Client } from './state.ts'

/** Seconds that a proof may be old or ahead. */
const tolerance = 60

/**
 * The thumbprint of the key that the DPoP proof of a token request shows (RFC 9449 section 4.3); null
 * without one.
 * @throws Refusal when the proof is wrong, or missing from a client that is bound to send one
 */
export function proofOf(
  exchange: Exchange,
  client: Client | null,
  core: IssuerCore,
): string | null {
  const proof = exchange.request.headers.get('dpop')
  if (core.profile.dpop.algorithms.length === 0) return null
  if (proof !== null) return checkProof(proof, exchange, core)
  if (client?.dpopBound === true && exchange.endpoint === 'token')
    throw new Refusal('proof-missing')
  return null
}

/**
 * The thumbprint of the key of a proof.
 * @param accessToken the token that it goes with, at a protected resource
 * @throws Refusal `proof-invalid`
 */
export function checkProof(
  proof: string,
  { request, url }: Exchange,
  core: IssuerCore,
  accessToken: string | null = null,
): string {
  const jwt = readJwt(proof)
  const jwk = jwt?.header['jwk']
  const alg = String(jwt?.header['alg'])
  if (!jwt || !isObject(jwk)) throw wrong('a proof is one JWT with its public key')
  if (jwt.header['typ'] !== 'dpop+jwt') throw wrong('typ is dpop+jwt')
  if (!core.profile.dpop.algorithms.includes(alg)) throw wrong('the algorithm is not supported')
  if ('d' in jwk || 'k' in jwk || !isProvenBy(proof, jwk, alg))
    throw wrong('the signature is wrong')
  const { htm, htu, iat, jti, ath } = jwt.claims
  if (htm !== request.method) throw wrong('htm is another method')
  if (!isSameTarget(htu, url)) throw wrong('htu is another URL')
  const now = core.now()
  if (typeof iat !== 'number' || Math.abs(now - iat) > tolerance) throw wrong('iat is not now')
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) throw wrong('jti is missing')
  if (accessToken !== null && ath !== digest(accessToken)) throw wrong('ath is another token')
  const jkt = thumbprint(jwk)
  const key = `dpop ${jkt} ${jti}`
  if (core.state.seen.has(key)) throw wrong('the proof was used before')
  core.state.seen.set(key, iat + tolerance)
  return jkt
}

/** RFC 7638 section 3: the digest of the members that make the key. */
export function thumbprint(jwk: JsonObject): string {
  const names = jwk['kty'] === 'EC' ? ['crv', 'kty', 'x', 'y'] : ['e', 'kty', 'n']
  return digest(JSON.stringify(Object.fromEntries(names.map((name) => [name, jwk[name]]))))
}

/** Scheme, host and path as they are normalised (RFC 9449 section 4.3 item 9); no query, no fragment. */
function isSameTarget(htu: unknown, url: URL): boolean {
  if (typeof htu !== 'string' || !URL.canParse(htu)) return false
  const { protocol, host, pathname } = new URL(htu)
  return protocol === url.protocol && host === url.host && pathname === url.pathname
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function wrong(description: string): Refusal {
  return new Refusal('proof-invalid', { description })
}
