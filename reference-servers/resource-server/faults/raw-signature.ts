import { createHmac, KeyObject, verify, type webcrypto } from 'node:crypto'
import type { ParsedToken, VerificationKey } from '../verify.ts'

// What faults need to verify in ways that jose rightly refuses.

/** The signature over header and payload alone: no look at header members or at the length of keys. */
export function holdsRaw(token: ParsedToken, key: VerificationKey): boolean {
  const { input, signature } = split(token)
  if (key instanceof Uint8Array) return false
  const object = KeyObject.from(key as webcrypto.CryptoKey)
  return verify('sha256', input, { key: object, dsaEncoding: 'ieee-p1363' }, signature)
}

/** Does any of the secrets make the HMAC of a token that names HS256, HS384 or HS512? */
export function holdsHmac(token: ParsedToken, secrets: (string | Buffer)[]): boolean {
  const alg = /^HS(256|384|512)$/.exec(String(token.header['alg']))
  if (alg === null) return false
  const { input, signature } = split(token)
  return secrets.some((secret) =>
    createHmac(`sha${alg[1]}`, secret).update(input).digest().equals(signature),
  )
}

export function split({ text }: ParsedToken): { input: Buffer; signature: Buffer } {
  const [header = '', payload = '', signature = ''] = text.split('.')
  return {
    input: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, 'base64url'),
  }
}
