/** Any value that JSON can say. */
export type JsonValue =
  string | number | boolean | null | JsonValue[] | { [member: string]: JsonValue }

export type JsonObject = { [member: string]: JsonValue }

/** True for a JSON object: not an array, not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The value that a JSON text says, or `undefined` when it is not JSON. RFC 8259 section 9 lets a
 * reader limit the depth: a text nested deeper than 500 levels would break whatever walks it.
 */
export function parseJson(text: string): JsonValue | undefined {
  if (text.length > deepest && isTooDeep(text)) return undefined
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

const deepest = 500
const [quote, backslash] = [0x22, 0x5c]
const [openBracket, openBrace, closeBracket, closeBrace] = [0x5b, 0x7b, 0x5d, 0x7d]

function isTooDeep(text: string): boolean {
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === quote) quoted = !quoted
    else if (quoted) at += code === backslash ? 1 : 0
    else if (code === openBracket || code === openBrace) depth += 1
    else if (code === closeBracket || code === closeBrace) depth -= 1
    if (depth > deepest) return true
  }
  return false
}
