import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import type { TokenParts } from '../model.ts'

/** Sets and drops members; what is null becomes a JSON null. */
export function editParts(parts: TokenParts, recipe: JsonObject): TokenParts {
  const header = { ...parts.header, ...mapOf(recipe['header']) }
  const claims = { ...parts.claims, ...mapOf(recipe['claims']) }
  for (const each of listOf(recipe['drop'])) {
    const [, part, member = ''] = /^(claims|header)\.(.+)$/.exec(String(each)) ?? []
    if (part === 'header') delete header[member]
    if (part === 'claims') delete claims[member]
  }
  return { header, claims }
}

/**
 * JSON text of claims in which some members stand twice: the first value in the member's own place,
 * the second at the end. No JSON library writes that.
 */
export function jsonWithDuplicates(claims: JsonObject, duplicate: JsonValue | undefined): string {
  const twice = Object.entries(mapOf(duplicate)).map(([name, values]): [string, JsonValue[]] => [
    name,
    listOf(values),
  ])
  const firsts = Object.fromEntries(twice.map(([name, [first]]) => [name, first ?? null]))
  const members = Object.entries({ ...claims, ...firsts })
  const lasts = twice.map(([name, values]): [string, JsonValue] => [name, values[1] ?? null])
  return `{${[...members, ...lasts].map(writeMember).join(',')}}`
}

function writeMember([name, value]: [string, JsonValue]): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`
}

/** Other ways to write a compact JWS (RFC 7515 section 7.2, and two that RFC 7515 section 2 forbids). */
export function encodeToken(compact: string, encoding: JsonValue | undefined): string {
  const [header = '', payload = '', signature = ''] = compact.split('.')
  if (encoding === 'json-flattened') {
    return JSON.stringify({ payload, protected: header, signature })
  }
  if (encoding === 'json-general') {
    return JSON.stringify({ payload, signatures: [{ protected: header, signature }] })
  }
  if (encoding === 'padded') return [header, payload, signature].map(pad).join('.')
  if (encoding === 'standard-alphabet') {
    return compact.replaceAll('-', '+').replaceAll('_', '/')
  }
  return compact
}

function pad(segment: string): string {
  return segment.padEnd(Math.ceil(segment.length / 4) * 4, '=')
}

export function mapOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {}
}

export function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : []
}

export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
