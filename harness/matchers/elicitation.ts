import type { AnswerMatcher } from './matcher.ts'
import { describeAnswer } from './describe-answer.ts'

/** Whether an answer sends its user to a page: `page` or `none`. */
export const elicitation: AnswerMatcher = {
  on: 'answer',
  describe: (value) => (value === 'page' ? 'a page for the user' : 'no page for the user'),
  match: (value, view) => {
    if ((view.page !== null) === (value === 'page')) return null
    return view.page === null ? describeAnswer(view) : `a page for the user, ${view.page}`
  },
}
