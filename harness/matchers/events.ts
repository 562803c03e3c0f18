import { isObject } from '../protocol/json.ts'
import { describeValue } from './describe-value.ts'
import type { StepMatcher } from './matcher.ts'
import { unmetValue } from './value.ts'
import { both } from './words.ts'

/** The messages that arrived on an open stream. */
export const events: StepMatcher = {
  on: 'step',
  needsNoAnswer: true,
  describe: (value) => {
    const parts = Object.entries(isObject(value) ? value : {}).map(([name, argument]) => {
      if (name === 'count') return `${describeValue(argument)} events`
      return `${name === 'every' ? 'every event' : 'an event'} ${describeValue(argument)}`
    })
    return both(parts)
  },
  match: (value, { events: found }) => {
    if (found === null) return 'no stream was read'
    const { count, ...others } = isObject(value) ? value : {}
    if (count !== undefined && unmetValue(count, found.length) !== null) {
      return found.length === 1 ? '1 event' : `${found.length} events`
    }
    return Object.keys(others).length === 0 ? null : unmetValue(others, found)
  },
}
