import { factState } from './facts.ts'
import { unmetValue } from './matchers/value.ts'
import type { StepView } from './matchers/view.ts'
import type { Check, Condition, Outcome, Probe } from './model.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject, JsonValue } from './protocol/json.ts'
import { flatSteps } from './scenario/derive.ts'
import { factRoots } from './scenario/references.ts'
import {
  evaluate,
  expressionsIn,
  fill,
  FilterUnchanged,
  MissingValue,
} from './scenario/template.ts'
import { lookupIn } from './scope.ts'
import type { Scope } from './scope.ts'

/** Why a check is not sent. */
export interface Obstacle {
  outcome: Extract<Outcome, 'not-applicable' | 'untested'>
  reason: string
  missing: string[]
}

export const notApplicable = (reason: string): Obstacle => ({
  outcome: 'not-applicable',
  reason,
  missing: [],
})

/** A condition on a declared fact: none → not-applicable, absent → untested. */
export function obstacleOfFact(condition: Condition, facts: JsonObject): Obstacle | null {
  if (condition.kind !== 'fact') return null
  const state = factState(facts, condition.fact.split('.'))
  if (state.kind === 'none') return notApplicable(condition.else)
  if (state.kind === 'absent') return undeclared(condition.fact)
  if (condition.is === null) return null
  try {
    const is = fill(condition.is, lookupIn(factScope(facts)))
    return unmetValue(is, state.value) === null ? null : notApplicable(condition.else)
  } catch (error) {
    if (error instanceof MissingValue) return null
    throw error
  }
}

function undeclared(fact: string): Obstacle {
  return {
    outcome: 'untested',
    reason: `nothing is declared about ${fact}; declare facts.${fact} in the configuration file (a value, or none)`,
    missing: [`facts.${fact}`],
  }
}

const roleOperations = {
  call: 'tool',
  read: 'resource',
  subscribe: 'resource',
  'get-prompt': 'prompt',
  complete: 'prompt',
} as const

/** Facts that steps and expectations use: none → not-applicable, absent → untested. */
export function obstacleOfReferences(
  check: Check,
  probe: Probe,
  facts: JsonObject,
): Obstacle | null {
  const paths: string[][] = []
  for (const step of flatSteps(probe.steps)) {
    const sends = step.verb === 'send' || step.verb === 'open'
    if (sends && isObject(step.argument)) paths.push(...rolesUsed(step.argument))
  }
  if (JSON.stringify([probe.steps, check.expect, check.allow]).includes('"identity"')) {
    paths.push(['tool', 'reveals-caller', 'identity'])
  }
  for (const path of paths) {
    const obstacle = obstacleOfFactPath(path, facts)
    if (obstacle) return obstacle
  }
  const sent = expressionsIn([probe.steps, probe.tokens] as unknown as JsonValue)
  const judged = expressionsIn([check.expect, check.allow] as unknown as JsonValue)
  for (const { expression } of [...sent, ...judged]) {
    const obstacle = obstacleOfFactPath(expression.path, facts)
    if (obstacle) return obstacle
  }
  // in an expectation such a filter only leaves its alternative unmet
  for (const { expression } of sent) {
    const unchanged = filterUnchanged(expression, facts)
    if (unchanged !== null) return notApplicable(unchanged)
  }
  return null
}

const made = new Set(['fresh', 'tokens', 'now', 'wire', 'long', 'listener'])

function obstacleOfFactPath(path: string[], facts: JsonObject): Obstacle | null {
  const [root = ''] = path
  if (!(root in factRoots) || made.has(root)) return null
  const state = factState(facts, path)
  if (state.kind === 'none') return notApplicable(`the server declares no ${path.join('.')}`)
  return state.kind === 'absent' ? undeclared(path.join('.')) : null
}

function factScope(facts: JsonObject): Scope {
  return { facts, steps: new Map<string, StepView>(), tokens: {}, now: 0 }
}

function filterUnchanged(
  expression: Parameters<typeof evaluate>[0],
  facts: JsonObject,
): string | null {
  if (expression.filters.length === 0) return null
  try {
    evaluate(expression, lookupIn(factScope(facts)))
    return null
  } catch (error) {
    if (error instanceof FilterUnchanged) return error.message
    if (error instanceof MissingValue) return null
    throw error
  }
}

/** Roles that a step names, as paths of facts. */
export function rolesUsed(argument: JsonObject): string[][] {
  const single = Object.entries(roleOperations).flatMap(([operation, root]) => {
    const role = argument[operation]
    return typeof role === 'string' ? [[root, role]] : []
  })
  const batch = Array.isArray(argument['batch']) ? argument['batch'] : []
  return [
    ...single,
    ...batch.flatMap((each) => (isObject(each) ? [['tool', String(each['call'])]] : [])),
  ]
}
