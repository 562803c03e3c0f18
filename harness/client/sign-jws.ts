import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

const pss = constants.RSA_PKCS1_PSS_PADDING

/**
 * Signs the signing input of a JWS (RFC 7518 section 3.1). ECDSA signatures are r and s side by side.
 * @throws Error when key and algorithm do not fit
 */
export function signJws(input: string, alg: string, key: KeyObject): Buffer {
  const data = Buffer.from(input)
  const digest = `sha${alg.slice(2)}`
  if (/^RS(256|384|512)$/.test(alg)) return sign(digest, data, key)
  if (/^PS(256|384|512)$/.test(alg)) {
    return sign(digest, data, { key, padding: pss, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
  }
  if (/^ES(256|384|512)$/.test(alg)) return sign(digest, data, { key, dsaEncoding: 'ieee-p1363' })
  if (alg === 'EdDSA' || alg === 'Ed25519') return sign(null, data, key)
  throw new Error(`no signature algorithm is called ${alg}`)
}

/** HMAC of RFC 7518 section 3.2, under a secret of any length, also none. */
export function hmacJws(input: string, alg: string, secret: Uint8Array): Buffer {
  if (!/^HS(256|384|512)$/.test(alg)) throw new Error(`no HMAC algorithm is called ${alg}`)
  return createHmac(`sha${alg.slice(2)}`, secret)
    .update(input)
    .digest()
}

const curves: Record<string, string> = { ES384: 'P-384', ES512: 'P-521' }
const made = new Map<string, KeyObject>()

/** A key of nobody's, for the algorithms that the fixtures hold none for. Made once. */
export function makeForeignKey(alg: string): KeyObject {
  const known = made.get(alg)
  if (known) return known
  const namedCurve = curves[alg]
  const key = namedCurve
    ? generateKeyPairSync('ec', { namedCurve }).privateKey
    : generateKeyPairSync('ed25519').privateKey
  made.set(alg, key)
  return key
}
