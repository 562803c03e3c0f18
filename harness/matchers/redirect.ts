import { isObject } from '../protocol/json.ts'
import { redirectGoal } from '../protocol/redirect-goal.ts'
import { describeMembers, describeValue } from './describe-value.ts'
import type { AnswerMatcher } from './matcher.ts'
import { unmetMembers, unmetValue } from './value.ts'
import { both, either, show } from './words.ts'

/** Where a 3xx answer sends the client: `none`, or what must hold of the absolute URL. */
export const redirect: AnswerMatcher = {
  on: 'answer',
  describe: (value) => {
    if (!isObject(value)) return 'no redirect'
    const { to, query, 'leads-to': goals } = value
    const words = [
      ...(goals === undefined ? [] : [`that leads to ${either([goals].flat().map(String))}`]),
      ...(to === undefined ? [] : [`to ${describeValue(to)}`]),
      ...(query === undefined ? [] : [`with query ${describeMembers(query)}`]),
    ]
    return `a redirect ${both(words)}`.trim()
  },
  match: (value, view) => {
    const { redirect: url } = view
    if (!isObject(value)) return url === null ? null : `${view.status} to ${show(url)}`
    if (url === null) return `${view.status ?? 'no answer'} without a redirect`
    const { to, query = {}, 'leads-to': goals } = value
    const found = redirectGoal(view.url, url)
    if (goals !== undefined && ![goals].flat().includes(found)) return `a redirect to ${show(url)}`
    const unmet = to === undefined ? null : unmetValue(to, url)
    if (unmet !== null) return `a redirect to ${unmet}`
    const reason = unmetMembers(query, queryOf(url))
    return reason === null ? null : `a redirect to ${show(url)}; ${reason}`
  },
}

function queryOf(url: string): Record<string, string> {
  // A marker of the recorder holds a # that starts no fragment.
  const [, text = ''] = /\?((?:‹[^›]*›|[^#])*)/.exec(url) ?? []
  return Object.fromEntries(new URLSearchParams(text))
}
