import { createPublicKey } from 'node:crypto'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { CannotMint } from './cannot-mint.ts'

/**
 * What a careless verifier may take for an HMAC secret: the public key in one of its forms, or
 * `{ text }`. The forms `modulus` and `x5c` are the base64 texts as the JWK has them.
 * @throws CannotMint when the key has no such form (an elliptic curve key has no modulus)
 */
export function publicKeySecret(form: JsonValue | undefined, jwk: JsonObject | null): Buffer {
  if (isObject(form)) return Buffer.from(String(form['text'] ?? ''))
  const name = typeof form === 'string' ? form : 'pem-spki'
  if (!jwk) throw new CannotMint('no-public-key', 'no public key of the issuer could be had')
  const secret = secretOf(name, jwk)
  if (secret === null) {
    throw new CannotMint('no-such-form', `the issuer's public key has no form ${name}`)
  }
  return typeof secret === 'string' ? Buffer.from(secret) : secret
}

function secretOf(form: string, jwk: JsonObject): string | Buffer | null {
  if (form === 'jwk-json') return JSON.stringify(jwk)
  if (form === 'modulus') return typeof jwk['n'] === 'string' ? jwk['n'] : null
  if (form === 'x5c') {
    const chain = jwk['x5c']
    return Array.isArray(chain) && typeof chain[0] === 'string' ? chain[0] : null
  }
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  if (form === 'der-spki') return key.export({ type: 'spki', format: 'der' })
  const [type, newline] = pemForm(form)
  if (type === 'pkcs1' && key.asymmetricKeyType !== 'rsa') return null
  const pem = key.export({ type, format: 'pem' }).toString()
  return newline ? pem : pem.trimEnd()
}

function pemForm(form: string): ['spki' | 'pkcs1', boolean] {
  return [form.includes('pkcs1') ? 'pkcs1' : 'spki', !form.endsWith('-no-newline')]
}
