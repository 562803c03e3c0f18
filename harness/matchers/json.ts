import { describeAnswer } from './describe-answer.ts'
import { describeMembers } from './describe-value.ts'
import type { AnswerMatcher } from './matcher.ts'
import { unmetMembers } from './value.ts'

/** Member path → value, in the JSON of the answer; see `splitPath`. */
export const json: AnswerMatcher = {
  on: 'answer',
  describe: (value) => `JSON with ${describeMembers(value)}`,
  match: (value, view) => {
    const unmet = unmetMembers(value, view.json)
    if (unmet === null) return null
    return view.json === undefined ? `${describeAnswer(view)}, which is no JSON` : unmet
  },
}
