import { isObject, parseJson } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'

/**
 * What stands in `signed_metadata` (RFC 9728 section 2.2): whether it is a compact JWS of three
 * parts, header and claims (null where unreadable), and whether the third part holds anything.
 * Null where the document has no such member.
 */
export function readSignedMetadata(value: JsonValue | undefined): JsonObject | null {
  if (value === undefined || value === null) return null
  const parts = typeof value === 'string' ? value.split('.') : []
  const [header, claims] = parts.slice(0, 2).map(decodePart)
  return {
    compact: parts.length === 3 && parts.every((part) => /^[\w-]*$/.test(part)),
    header: header ?? null,
    claims: claims ?? null,
    signature: (parts[2] ?? '') !== '',
  }
}

function decodePart(part: string): JsonObject | null {
  const json = parseJson(Buffer.from(part, 'base64url').toString('utf8'))
  return isObject(json) ? json : null
}
