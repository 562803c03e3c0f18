import { Answer } from './answer.ts'

/** Any value that JSON can say. */
export type JsonValue =
  string | number | boolean | null | JsonValue[] | { [member: string]: JsonValue }

export type JsonObject = { [member: string]: JsonValue }

/** True for a JSON object: not an array, not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A response with this JSON and `content-type: application/json`, readable by any web page. */
export function jsonResponse(
  body: JsonValue,
  status = 200,
  header: Record<string, string> = {},
): Answer {
  return new Answer(JSON.stringify(body), {
    status,
    headers: {
      'access-control-allow-origin': '*',
      'content-type': 'application/json',
      ...header,
    },
  })
}
