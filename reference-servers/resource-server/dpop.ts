import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Request } from 'express'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import type { CryptoKey, JWK, JWSHeaderParameters, JWTVerifyOptions } from 'jose'
import type { Config } from './config.ts'
import { isNonce } from './dpop-nonce.ts'
import { isRecord } from './key-set.ts'
import type { Claims, Principal } from './principal.ts'
import { invalid, Refusal, unproven } from './refusal.ts'
import type { Rules } from './rules.ts'
import type { Verifier } from './verify.ts'

/** With which a proof may be signed (RFC 9449 section 5.1). */
export const proofAlgorithms: string[] = ['ES256', 'RS256']
/** Seconds that a proof may be old, or early. */
const proofAge = 60

export interface Proof {
  claims: Claims
  /** RFC 7638, of the key that signed it. */
  thumbprint: string
}

/** A token under the scheme DPoP, with a proof of the key that it is bound to (RFC 9449 section 7.1). */
export async function identifyBound(request: Request, verifier: Verifier): Promise<Principal> {
  const { config, rules } = verifier
  const token = readBoundToken(request)
  let bound: string | undefined
  const checkBinding: Rules['checkBinding'] = ({ cnf }) => {
    bound = readThumbprint(cnf)
  }
  const principal = await rules.verifyToken(token, {
    ...verifier,
    rules: { ...rules, checkBinding },
  })
  if (bound === undefined) throw invalid('the token is bound to no key, or to more than a key')
  const compact = rules.readProof(request)
  if (compact === null) return principal
  const proof = await rules.verifyProof(compact, rules)
  rules.checkProofRequest(proof, request, config)
  rules.checkProofToken(proof, token, bound)
  rules.checkProofNonce(proof, config)
  rules.checkProofAge(proof, Date.now() / 1000)
  if (rules.isReplayed(proof, config)) throw unproven('the proof was seen before')
  return principal
}

/** Another way of binding beside `jkt` is one that nobody looks at here. */
function readThumbprint(cnf: unknown): string | undefined {
  if (!isRecord(cnf) || Object.keys(cnf).length !== 1) return undefined
  return typeof cnf['jkt'] === 'string' ? cnf['jkt'] : undefined
}

export function isUnderDpop(request: IncomingMessage): boolean {
  return /^dpop\s/i.test(request.headers.authorization ?? '')
}

function readBoundToken(request: IncomingMessage): string {
  const values = request.headersDistinct['authorization'] ?? []
  const token = /^dpop +(\S+)$/i.exec(values[0] ?? '')?.[1]
  if (values.length === 1 && token !== undefined) return token
  throw new Refusal('malformed', 'DPoP is not followed by one token')
}

/** Exactly one; null would go on without. */
export function readProof(request: IncomingMessage): string | null {
  const [proof, ...others] = request.headersDistinct['dpop'] ?? []
  if (proof === undefined) throw unproven('there is no proof')
  if (others.length > 0) throw new Refusal('malformed', 'there is more than one proof')
  return proof
}

/** What a proof must be and have (RFC 9449 section 4.2). */
export function proofOptions(): JWTVerifyOptions {
  return { typ: 'dpop+jwt', algorithms: proofAlgorithms, requiredClaims: ['jti'] }
}

/** The public key in the header of a proof; a private one is refused. */
export const proofKey: (header: JWSHeaderParameters) => Promise<CryptoKey | Uint8Array> = (
  header,
) => EmbeddedJWK(header)

/** RFC 9449 section 4.3, steps 2 to 7: form, type, algorithm, a public key in it, its signature. */
export async function verifyProof(compact: string, rules: Rules): Promise<Proof> {
  try {
    const { payload, protectedHeader } = await jwtVerify(
      compact,
      rules.proofKey,
      rules.proofOptions(),
    )
    const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk as JWK)
    return { claims: { ...payload }, thumbprint }
  } catch {
    throw unproven('the proof does not hold')
  }
}

/** Steps 8 and 9. Query and fragment are not part of `htu`. */
export function checkProofRequest(
  { claims: { htm, htu } }: Proof,
  { method, originalUrl }: Request,
  config: Config,
): void {
  if (htm !== method) throw unproven('the proof is for another method')
  const named = typeof htu === 'string' && URL.canParse(htu) ? new URL(htu) : null
  const asked = new URL(originalUrl, config.resource)
  if (named?.origin !== asked.origin || named.pathname !== asked.pathname)
    throw unproven('the proof is for another URL')
}

/** Step 10. */
export function checkProofNonce({ claims: { nonce } }: Proof, { dpop }: Config): void {
  if (dpop === 'nonce' && !isNonce(nonce)) throw new Refusal('no-nonce', 'no nonce of ours')
}

/** Step 12: the proof is for this token, and the token for this key. */
export function checkProofToken({ claims, thumbprint }: Proof, token: string, bound: string): void {
  if (claims['ath'] !== createHash('sha256').update(token).digest('base64url'))
    throw unproven('the proof is for another token')
  if (thumbprint !== bound) throw unproven('the token is bound to another key')
}

/** Step 11. */
export function checkProofAge({ claims: { iat } }: Proof, now: number): void {
  if (typeof iat !== 'number' || Math.abs(now - iat) > proofAge)
    throw unproven('the proof is stale')
}

const seen = new WeakMap<Config, Map<string, number>>()

/** RFC 9449 section 11.1: for as long as a proof is taken, its `jti` is remembered. */
export function isReplayed({ claims, thumbprint }: Proof, config: Config): boolean {
  const known = seen.get(config) ?? new Map<string, number>()
  seen.set(config, known)
  const now = Date.now() / 1000
  for (const [key, until] of known) {
    if (until > now) break
    known.delete(key)
  }
  const key = `${thumbprint} ${String(claims['jti'])}`
  if (known.has(key)) return true
  known.set(key, now + 2 * proofAge)
  return false
}
