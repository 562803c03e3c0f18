import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { describeAnswer } from './describe-answer.ts'
import { describeValue } from './describe-value.ts'
import type { AnswerMatcher } from './matcher.ts'
import { unmetValue } from './value.ts'
import type { AnswerView } from './view.ts'
import { both, either } from './words.ts'

/** What the answer says in terms of MCP: a kind, a list of kinds, or a map with more. */
export const mcp: AnswerMatcher = {
  on: 'answer',
  describe: (value) => (isObject(value) ? describeDetails(value) : describeKinds(value)),
  match: (value, view) => (isObject(value) ? unmetDetails(value, view) : unmetKinds(value, view)),
}

function listOf(value: JsonValue): JsonValue[] {
  return Array.isArray(value) ? value : [value]
}

function unmetKinds(wanted: JsonValue, view: AnswerView): string | null {
  const found: JsonValue[] = view.mcp.kinds
  return listOf(wanted).some((each) => found.includes(each)) ? null : describeAnswer(view)
}

function unmetDetails({ kind: wanted, ...values }: JsonObject, view: AnswerView): string | null {
  const unmet = wanted === undefined ? null : unmetKinds(wanted, view)
  if (unmet !== null) return unmet
  for (const [name, value] of Object.entries(values)) {
    const reason = unmetValue(value, detail(name, view))
    if (reason !== null) return `${describeAnswer(view)}; ${name}: ${reason}`
  }
  return null
}

function detail(name: string, { mcp: answer }: AnswerView): JsonValue | undefined {
  if (name === 'code') return answer.code ?? undefined
  if (name === 'message') return answer.message ?? undefined
  if (name === 'elements') return answer.elements
  if (name === 'result') return answer.messages.find(({ result }) => isObject(result))?.['result']
  return name === 'text' ? answer.text : answer.data
}

const kindWords: Record<string, string> = {
  result: 'an MCP result',
  'tool-error': 'a tool error',
  error: 'a JSON-RPC error',
  none: 'no MCP result',
}

function describeKinds(value: JsonValue): string {
  return either(listOf(value).map((each) => kindWords[String(each)] ?? String(each)))
}

function describeDetails({ kind: wanted, ...values }: JsonObject): string {
  const words = Object.entries(values).map(([name, value]) => `${name} ${describeValue(value)}`)
  const what = wanted === undefined ? 'an MCP answer' : describeKinds(wanted)
  return words.length === 0 ? what : `${what} with ${both(words)}`
}
