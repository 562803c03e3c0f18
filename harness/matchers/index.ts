import type { MatcherMap } from '../model.ts'
import { body } from './body.ts'
import { challenge } from './challenge.ts'
import { claims } from './claims.ts'
import { elapsed } from './elapsed.ts'
import { elicitation } from './elicitation.ts'
import { events } from './events.ts'
import { form } from './form.ts'
import { header } from './header.ts'
import { identity } from './identity.ts'
import { json } from './json.ts'
import { leaks } from './leaks.ts'
import type { Matcher, MatchContext } from './matcher.ts'
import { mcp } from './mcp.ts'
import { redirect } from './redirect.ts'
import { requests } from './requests.ts'
import { status } from './status.ts'
import type { StepView } from './view.ts'

export type { AnswerMatcher, Matcher, MatchContext, StepMatcher } from './matcher.ts'

/** Why a map of matchers does not hold of a step. */
export interface Mismatch {
  matcher: string
  /** In words. */
  expected: string
  actual: string
  /** The answer in which it can be seen. */
  roundTrip: number | null
}

/** Every matcher by its name. */
export const matchers: Record<string, Matcher> = {
  status,
  challenge,
  header,
  json,
  claims,
  body,
  mcp,
  identity,
  redirect,
  requests,
  events,
  leaks,
  elicitation,
  form,
  elapsed,
}

/**
 * Null when all matchers of the map hold: those of an answer for each answer of the step. A step
 * without answers meets none but `requests` and `events`.
 */
export function unmetBy(map: MatcherMap, view: StepView, context: MatchContext): Mismatch | null {
  for (const [name, value] of Object.entries(map)) {
    const matcher = Object.hasOwn(matchers, name) ? matchers[name] : undefined
    if (!matcher) throw new TypeError(`there is no matcher ${name}`)
    const found = unmetOf(matcher, value, { view, context })
    if (found) return { matcher: name, expected: matcher.describe(value), ...found }
  }
  return null
}

type Found = Pick<Mismatch, 'actual' | 'roundTrip'>

function unmetOf(
  matcher: Matcher,
  value: MatcherMap[string],
  { view, context }: { view: StepView; context: MatchContext },
): Found | null {
  const silent = view.answers.length === 0
  if (silent && !(matcher.on === 'step' && matcher.needsNoAnswer)) {
    return { actual: 'the step has no answer', roundTrip: null }
  }
  if (matcher.on === 'step') {
    const actual = matcher.match(value, view, context)
    return actual === null ? null : { actual, roundTrip: view.answers.at(-1)?.roundTrip ?? null }
  }
  for (const [index, answer] of view.answers.entries()) {
    const actual = matcher.match(value, answer, context)
    if (actual === null) continue
    const which = view.answers.length > 1 ? ` (answer ${index + 1} of ${view.answers.length})` : ''
    return { actual: `${actual}${which}`, roundTrip: answer.roundTrip }
  }
  return null
}
