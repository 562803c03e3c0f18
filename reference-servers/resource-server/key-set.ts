import type { JWK } from 'jose'
import type { TokenHeader } from './verify.ts'

const keyTypes: Record<string, string> = { RS256: 'RSA', ES256: 'EC' }
const leastModulusBytes = 2048 / 8

/**
 * May this published key verify a token under our algorithm? Keys of unknown kinds are passed over,
 * so that an issuer can publish them beside the others (RFC 7517 section 5).
 */
export function isUsableKey(key: JWK, algorithm: string): boolean {
  if (key.kty !== keyTypes[algorithm]) return false
  if (key.kty === 'EC' && key.crv !== 'P-256') return false
  if (key.alg !== undefined && key.alg !== algorithm) return false
  if (key.use !== undefined && key.use !== 'sig') return false
  if (key.key_ops !== undefined && !key.key_ops.includes('verify')) return false
  return key.kty !== 'RSA' || modulusBytes(key) >= leastModulusBytes
}

/** RFC 7518 section 3.3 demands 2048 bits. */
function modulusBytes({ n }: JWK): number {
  const modulus = typeof n === 'string' ? Buffer.from(n, 'base64url') : Buffer.alloc(0)
  const first = modulus.findIndex((byte) => byte !== 0)
  return first === -1 ? 0 : modulus.length - first
}

/** `kid` is compared as opaque text. A token without one is taken when there is only one key to mean. */
export function selectKey(keys: JWK[], header: TokenHeader): JWK | undefined {
  const kid = header['kid']
  if (kid === undefined) return keys.length === 1 ? keys[0] : undefined
  return keys.find((key) => key.kid === kid)
}

/** The keys of a JWK Set; throws when it is none (RFC 7517 section 5). */
export function readKeySet(document: unknown): JWK[] {
  const keys = isRecord(document) ? document['keys'] : undefined
  if (!Array.isArray(keys)) throw new Error('the key set has no list of keys')
  return keys.filter(isJwk)
}

function isJwk(value: unknown): value is JWK {
  if (!isRecord(value) || typeof value['kty'] !== 'string') return false
  return value['key_ops'] === undefined || Array.isArray(value['key_ops'])
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
