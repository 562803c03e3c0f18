import type { JsonValue } from '../protocol/json.ts'
import { describeAnswer } from './describe-answer.ts'
import type { AnswerMatcher } from './matcher.ts'
import type { AnswerView } from './view.ts'
import { either } from './words.ts'

/** A code, a class such as `4xx`, `none` for no answer, or a list of these. */
export const status: AnswerMatcher = {
  on: 'answer',
  describe: (value) => {
    const words = listOf(value).map((each) => (each === 'none' ? 'no answer' : String(each)))
    return words.length === 1 && words[0] === 'no answer' ? 'no answer' : `status ${either(words)}`
  },
  match: (value, view) =>
    listOf(value).some((each) => isStatus(each, view)) ? null : describeAnswer(view),
}

function listOf(value: JsonValue): JsonValue[] {
  return Array.isArray(value) ? value : [value]
}

function isStatus(wanted: JsonValue, { status: code, roundTrip }: AnswerView): boolean {
  if (code === null) return wanted === 'none' && roundTrip !== null
  const text = String(wanted)
  return /^[1-5]xx$/.test(text) ? Math.floor(code / 100) === Number(text[0]) : text === String(code)
}
