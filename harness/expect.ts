import { unmetBy } from './matchers/index.ts'
import type { Mismatch } from './matchers/index.ts'
import type { StepView } from './matchers/view.ts'
import type { Expectation, MatcherMap, StepExpectations } from './model.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject, JsonValue } from './protocol/json.ts'
import { fill, FilterUnchanged, MissingValue } from './scenario/template.ts'
import { lookupIn } from './scope.ts'
import type { Scope } from './scope.ts'

/** Why an expectation does not hold, for people. */
export interface Unfulfilled {
  step: string
  expected: string
  actual: string
  roundTrip: number | null
}

/** Null when any one of the maps holds of the step, else the alternative that was closest. */
export function unfulfilled(
  expectation: Expectation,
  view: StepView | undefined,
  scope: Scope,
): Unfulfilled | null {
  const step = view?.name ?? 'step'
  if (!view) return { step, expected: 'the step was taken', actual: 'it was not', roundTrip: null }
  const mismatches: Mismatch[] = []
  for (const map of expectation) {
    const mismatch = unmetOfOne(map, view, scope)
    if (mismatch === null) return null
    mismatches.push(mismatch)
  }
  const [first] = mismatches
  const expected = [...new Set(mismatches.map((each) => each.expected))].join(', or ')
  return { step, expected, actual: first?.actual ?? 'nothing', roundTrip: first?.roundTrip ?? null }
}

function unmetOfOne(map: MatcherMap, view: StepView, scope: Scope): Mismatch | null {
  try {
    const filled = fill(map, lookupIn(scope)) as MatcherMap
    return unmetBy(filled, view, {
      get identity() {
        return identityOf(scope.facts)
      },
      get ownHosts() {
        return hostsOf(scope.facts)
      },
    })
  } catch (error) {
    if (error instanceof MissingValue || error instanceof FilterUnchanged) {
      return {
        matcher: 'template',
        expected: JSON.stringify(map),
        actual: error.message,
        roundTrip: null,
      }
    }
    throw error
  }
}

/** Null when every step of the map holds. */
export function unfulfilledSteps(map: StepExpectations, scope: Scope): Unfulfilled | null {
  for (const [name, expectation] of Object.entries(map)) {
    const failure = unfulfilled(expectation, scope.steps.get(name), scope)
    if (failure) return { ...failure, step: name }
  }
  return null
}

/** How to read from an answer who the server took the caller for. */
export function identityOf(facts: JsonObject): { path: string; a: string; b: string } | null {
  const role: JsonValue | undefined = isObject(facts['tool'])
    ? facts['tool']['reveals-caller']
    : undefined
  const identity = isObject(role) ? role['identity'] : undefined
  if (!isObject(identity)) return null
  return { path: String(identity['path']), a: String(identity['a']), b: String(identity['b']) }
}

/** By which the caller knows the target and its issuers, with the port where it is not the default. */
function hostsOf({ target, issuer, 'second-issuer': second }: JsonObject): ReadonlySet<string> {
  const urls = [target, issuer, second].flatMap((each) =>
    isObject(each) ? [each['url'], each['resource'], each['jwks_uri']] : [],
  )
  const hosts = urls.flatMap((url) =>
    typeof url === 'string' && URL.canParse(url) ? [new URL(url).host] : [],
  )
  return new Set(hosts)
}
