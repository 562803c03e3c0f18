import { isObject } from './json.ts'
import type { JsonObject } from './json.ts'

/** Header and claims of a compact JWS, unverified; null for anything else. */
export function readJwt(token: string): { header: JsonObject; claims: JsonObject } | null {
  const segments = token.split('.')
  if (segments.length !== 3) return null
  const [header, claims] = [readSegment(segments[0]), readSegment(segments[1])]
  return header && claims ? { header, claims } : null
}

function readSegment(segment = ''): JsonObject | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}
