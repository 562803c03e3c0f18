import { describeValue } from './describe-value.ts'
import type { AnswerMatcher } from './matcher.ts'
import { unmetValue } from './value.ts'

/** The text of the body, as it came. */
export const body: AnswerMatcher = {
  on: 'answer',
  describe: (value) => `a body ${describeValue(value)}`,
  match: (value, view) => {
    const unmet = unmetValue(value, view.body)
    return unmet === null ? null : `the body ${unmet}`
  },
}
