import type { Expectation, MatcherMap, StepExpectations } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonValue } from '../protocol/json.ts'
import { matcherSchemas } from './matcher-schemas.ts'
import { reportedAsUnknownKeys } from './shape.ts'
import { didYouMean } from './suggest.ts'

/** Says what is wrong at a path inside the value that is being read. */
export type Complain = (path: PropertyKey[], message: string, side?: 'key' | 'value') => void
/** The expectations that have a name. */
export interface NamedExpectations {
  expectation(name: string): JsonValue | undefined
  names(table: 'expectations'): string[]
}

/** Replaces names and `like` by what they stand for: any one of the maps, each a conjunction. */
export function resolveExpectation(
  value: JsonValue,
  named: NamedExpectations,
  complain: Complain,
  seen: string[] = [],
): Expectation {
  if (typeof value === 'string') {
    const meaning = seen.includes(value) ? undefined : named.expectation(value)
    if (meaning === undefined) {
      complain([], describeUnknown(value, named, seen))
      return []
    }
    return resolveExpectation(meaning, named, complain, [...seen, value])
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      resolveExpectation(
        item,
        named,
        (path, message, side) => complain([index, ...path], message, side),
        seen,
      ),
    )
  }
  if (!isObject(value)) {
    complain(
      [],
      `found ${JSON.stringify(value)}, allowed: a name, a map of matchers, or a list of these`,
    )
    return []
  }
  const { like, ...own } = value
  const checked = checkMatchers(own, complain)
  if (like === undefined) return [checked]
  const bases = resolveExpectation(like, named, (_, message) => complain(['like'], message), seen)
  return bases.map((base) => merge(base, checked))
}

function describeUnknown(name: string, named: NamedExpectations, seen: string[]): string {
  if (seen.includes(name)) return `expectations in a circle: ${[...seen, name].join(' → ')}`
  const known = named.names('expectations')
  return `unknown expectation "${name}"${didYouMean(name, known)} Known: ${known.join(', ')}`
}

function checkMatchers(map: MatcherMap, complain: Complain): MatcherMap {
  for (const [name, argument] of Object.entries(map)) {
    const schema = matcherSchemas[name]
    if (!schema) {
      const known = Object.keys(matcherSchemas)
      complain(
        [name],
        `unknown matcher "${name}"${didYouMean(name, known)} Matchers: ${known.join(', ')}`,
        'key',
      )
      continue
    }
    const parsed = schema.safeParse(argument)
    const [issue] = parsed.success ? [] : parsed.error.issues
    const within: Complain = (path, message, side) => complain([name, ...path], message, side)
    if (issue && !reportedAsUnknownKeys(issue, schema, within))
      within(issue.path, describeIssue(issue, argument))
  }
  return map
}

function describeIssue(
  issue: { message: string; code?: string | undefined },
  argument: JsonValue,
): string {
  const text = JSON.stringify(argument)
  return `found ${text.length > 80 ? `${text.slice(0, 77)}…` : text}: ${issue.message}`
}

/** Both must hold: members of equal matchers are put together. */
function merge(base: MatcherMap, own: MatcherMap): MatcherMap {
  const merged: MatcherMap = { ...base }
  for (const [name, value] of Object.entries(own)) {
    const before = merged[name]
    merged[name] = isObject(before) && isObject(value) ? { ...before, ...value } : value
  }
  return merged
}

/** Every combination of two expectations that must both hold. */
export function bothExpectations(one: Expectation, other: Expectation): Expectation {
  return one.flatMap((first) => other.map((second) => merge(first, second)))
}

/**
 * What a check expects of its steps. `answer` is the one step of the short forms; otherwise the
 * value is a map of steps, or a list of such maps that hang together.
 */
export function resolveStepExpectations(
  value: JsonValue | undefined,
  shortForm: boolean,
  named: NamedExpectations,
  complain: Complain,
): StepExpectations[] {
  if (value === undefined) return [{}]
  if (shortForm) return [{ answer: resolveExpectation(value, named, complain) }]
  const maps = Array.isArray(value) ? value : [value]
  return maps.map((map, index) => {
    const prefix: PropertyKey[] = Array.isArray(value) ? [index] : []
    if (!isObject(map)) {
      complain(prefix, 'found a bare expectation, allowed: a map of step names to expectations')
      return {}
    }
    return Object.fromEntries(
      Object.entries(map).map(([step, expectation]) => [
        step,
        resolveExpectation(expectation, named, (path, message, side) =>
          complain([...prefix, step, ...path], message, side),
        ),
      ]),
    )
  })
}
