import { isObject, parseJson } from './json.ts'
import type { JsonObject } from './json.ts'

/** A compact JWS, read without verifying it. */
export interface DecodedJwt {
  header: JsonObject
  claims: JsonObject
  /** The third segment as it stands. */
  signature: string
}

/** Base64url without padding (RFC 7515 section 2) of bytes, or of a text as UTF-8. */
export function encodeBase64url(value: string | Uint8Array): string {
  return Buffer.from(value).toString('base64url')
}

/** The bytes of a base64url text; null for padding, blanks or letters of another alphabet. */
export function decodeBase64url(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null
  return new Uint8Array(Buffer.from(text, 'base64url'))
}

/** Header and claims of a compact JWS; null when it is none, or when a part is no JSON object. */
export function decodeJwt(text: string): DecodedJwt | null {
  const segments = text.split('.')
  const [first = '', second = '', signature = ''] = segments
  if (segments.length !== 3 || decodeBase64url(signature) === null) return null
  const header = decodeObject(first)
  const claims = decodeObject(second)
  return header && claims ? { header, claims, signature } : null
}

function decodeObject(segment: string): JsonObject | null {
  const bytes = decodeBase64url(segment)
  const value = bytes ? parseJson(Buffer.from(bytes).toString('utf8')) : undefined
  return isObject(value) ? value : null
}
