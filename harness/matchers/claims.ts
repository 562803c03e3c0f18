import { describeMembers } from './describe-value.ts'
import type { AnswerMatcher } from './matcher.ts'
import { unmetMembers } from './value.ts'

/** Claim path → value, in the access token that a token endpoint gave; see `splitPath`. */
export const claims: AnswerMatcher = {
  on: 'answer',
  describe: (value) => `an access token with ${describeMembers(value)}`,
  match: (value, view) =>
    view.claims === null ? 'no token that can be read' : unmetMembers(value, view.claims),
}
