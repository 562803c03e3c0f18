import { isObject, parseJson } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { parseEvents } from './sse.ts'

export type McpKind = 'result' | 'tool-error' | 'error' | 'none'

/** What an HTTP answer says in terms of MCP. */
export interface McpAnswer {
  /**
   * What the answer counts as. `result` and `tool-error` (a result with `isError`) stand for a
   * result that was given; `error` for a JSON-RPC error; `none` for no result: nothing of MCP, or
   * nothing but errors under a 4xx or 5xx status, which is both `error` and `none`. A batch counts
   * as everything that any of its elements is, so a batch with one result is never `none`.
   */
  kinds: McpKind[]
  /** Code of the first JSON-RPC error. */
  code: number | null
  /** Message of the first JSON-RPC error. */
  message: string | null
  /** Text content of the results, parts joined by a line end. */
  text: string
  /** The first result as it came. */
  result: JsonObject | null
  /**
   * Structured content of the first result, or the JSON that its text content says, or that text
   * where it is no JSON; null without any.
   */
  data: JsonValue
  /** Every JSON-RPC message of the body in its order, notifications included. */
  messages: JsonObject[]
  /**
   * For each request of the message or batch that was sent, in its order: what its answer is, and
   * `none` where there is none.
   */
  elements: McpKind[]
}

/** Reads a body of `application/json` or `text/event-stream`; other types are read as JSON too. */
export function readMcpAnswer(answer: {
  status: number | null
  contentType: string
  body: string
  /** The body that was sent. */
  asked?: string
}): McpAnswer {
  const messages = messagesIn(answer).filter(isMessage)
  const results = messages.flatMap(({ result }) => (isObject(result) ? [result] : []))
  const errors = messages.flatMap(({ error }) => (isObject(error) ? [error] : []))
  const { code, message } = errors[0] ?? {}
  return {
    kinds: kindsOf(results, errors, answer.status),
    code: typeof code === 'number' ? code : null,
    message: typeof message === 'string' ? message : null,
    text: results.map(textOf).filter(Boolean).join('\n'),
    data: results[0] ? dataOf(results[0]) : null,
    result: results[0] ?? null,
    messages,
    elements: elementsOf(answer.asked ?? '', messages),
  }
}

function elementsOf(asked: string, messages: JsonObject[]): McpKind[] {
  const requests = [parseJson(asked) ?? []].flat().filter((each) => isMessage(each) && 'id' in each)
  return (requests as JsonObject[]).map(({ id }): McpKind => {
    const answer = messages.find((message) => message['id'] === id && !('method' in message))
    if (isObject(answer?.['result'])) {
      return answer['result']['isError'] === true ? 'tool-error' : 'result'
    }
    return isObject(answer?.['error']) ? 'error' : 'none'
  })
}

/** True for a content type that announces an event stream. */
export function isEventStream(contentType: string): boolean {
  return /^\s*text\/event-stream\s*(?:;|$)/i.test(contentType)
}

function messagesIn({ contentType, body }: { contentType: string; body: string }): JsonValue[] {
  // An event that the end of the body cut off is still content that was given away.
  const texts = isEventStream(contentType)
    ? parseEvents(`${body}\n\n`).map(({ data }) => data)
    : [body]
  return texts.flatMap((text) => parseJson(text) ?? [])
}

function isMessage(value: JsonValue): value is JsonObject {
  return (
    isObject(value) &&
    value['jsonrpc'] === '2.0' &&
    ('result' in value || 'error' in value || 'method' in value)
  )
}

function kindsOf(results: JsonObject[], errors: JsonObject[], status: number | null): McpKind[] {
  const kinds: McpKind[] = []
  if (results.some(({ isError }) => isError !== true)) kinds.push('result')
  if (results.some(({ isError }) => isError === true)) kinds.push('tool-error')
  if (errors.length > 0) kinds.push('error')
  const refused = status !== null && status >= 400
  if (results.length === 0 && (errors.length === 0 || refused)) kinds.push('none')
  return kinds
}

/** Text parts of a tool result (`content`) or of a resource (`contents`). */
function textOf(result: JsonObject): string {
  const parts = [result['content'], result['contents']].flatMap((list) =>
    Array.isArray(list) ? list : [],
  )
  const texts = parts.flatMap((part) => (isObject(part) ? (part['text'] ?? []) : []))
  return texts.filter((text) => typeof text === 'string').join('\n')
}

function dataOf(result: JsonObject): JsonValue {
  const text = textOf(result)
  return result['structuredContent'] ?? parseJson(text) ?? (text || null)
}
