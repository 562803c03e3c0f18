import { isObject } from '../protocol/json.ts'
import { describeMembers } from './describe-value.ts'
import type { AnswerMatcher } from './matcher.ts'
import { unmetValue } from './value.ts'

/** Header name (any letter case) → value; several lines of a name count as one. */
export const header: AnswerMatcher = {
  on: 'answer',
  describe: (value) => `header ${describeMembers(value)}`,
  match: (value, view) => {
    for (const [name, expected] of Object.entries(isObject(value) ? value : {})) {
      const unmet = unmetValue(expected, view.header(name))
      if (unmet !== null) return unmet === 'missing' ? `no ${name} header` : `${name}: ${unmet}`
    }
    return null
  },
}
