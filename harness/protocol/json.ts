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

function isTooDeep(text: string): boolean {
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') quoted = !quoted
    else if (quoted) at += character === '\\' ? 1 : 0
    else if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') depth -= 1
    if (depth > deepest) return true
  }
  return false
}
