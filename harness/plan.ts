import { unmetValue } from './matchers/value.ts'
import type { StepView } from './matchers/view.ts'
import { factState } from './facts.ts'
import { blankVerdict } from './judge.ts'
import type {
  Check,
  Condition,
  Level,
  Means,
  Outcome,
  Probe,
  Revision,
  Role,
  Scenarios,
  Verdict,
} from './model.ts'
import type { JsonObject, JsonValue } from './protocol/json.ts'
import { isObject } from './protocol/json.ts'
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

/** What a run may send, and what it may not. */
export interface PlanContext {
  role: Role
  revision: Revision
  facts: JsonObject
  held: ReadonlySet<Means>
  allowWrites: boolean
  /** No operation refuses an anonymous caller, and nobody declared the server protected. */
  openServer: boolean
}

export interface Plan {
  /** Checks whose probes are to be sent. */
  pending: Check[]
  /** Verdicts that need no evidence: not-applicable and untested. */
  decided: Verdict[]
}

/** How a tester gives each of the means, for reports. */
export const howToGive: Record<Means, string> = {
  url: 'give the URL of the endpoint',
  token: 'give a valid token (--token-env NAME or --token-file FILE)',
  issuer: 'let the server trust a mock issuer (--issuer local with --command)',
  'second-issuer':
    'let the server trust a second mock issuer ({{second-issuer.url}} in --command or env)',
  'second-user': 'give the token of a second user (tokens.b in the configuration file)',
  upstream: 'let the harness observe the upstream API ({{upstream.url}})',
  browser: 'run with --browser',
  restart: 'let the harness start the server (--command)',
}

/** Decides which checks of a role can be run, and says of the others why not. */
export function plan(scenarios: Scenarios, checks: Check[], context: PlanContext): Plan {
  const result: Plan = { pending: [], decided: [] }
  for (const check of checks) {
    const requirement = scenarios.requirements.get(check.requirement)
    if (requirement?.role !== context.role) continue
    const probe = scenarios.probes.get(check.probe)
    const level = requirement.levels[context.revision]
    const fallback: Level = level ?? Object.values(requirement.levels)[0] ?? 'MUST'
    const reasonAgainst = probe ? obstacle(check, probe, scenarios, context) : null
    if (reasonAgainst === null) result.pending.push(check)
    else {
      const verdict = blankVerdict(check, fallback, reasonAgainst.outcome, reasonAgainst.reason)
      result.decided.push({ ...verdict, missing: reasonAgainst.missing })
    }
  }
  return result
}

interface Obstacle {
  outcome: Extract<Outcome, 'not-applicable' | 'untested'>
  reason: string
  missing: string[]
}

const notApplicable = (reason: string): Obstacle => ({
  outcome: 'not-applicable',
  reason,
  missing: [],
})

function obstacle(
  check: Check,
  probe: Probe,
  scenarios: Scenarios,
  context: PlanContext,
): Obstacle | null {
  if (!check.revisions.includes(context.revision)) {
    return notApplicable(`the requirement does not exist in revision ${context.revision}`)
  }
  const wireOnly = wireOnlyOperation(probe, context.revision)
  if (wireOnly !== null) return notApplicable(wireOnly)
  const conditions = check.when.flatMap((key) => scenarios.conditions.get(key) ?? [])
  for (const condition of conditions) {
    const found = obstacleOfFact(condition, context.facts)
    if (found) return found
  }
  const needed = new Set(probe.means)
  const asked = conditions.flatMap((condition) =>
    condition.kind === 'observed' ? [condition.probe] : [],
  )
  for (const key of asked)
    for (const each of scenarios.probes.get(key)?.means ?? []) needed.add(each)
  const missing = [...needed].filter((each) => !holds(context.held, each))
  const fact = obstacleOfReferences(check, probe, context, missing.length > 0)
  if (fact) return fact
  if (missing.length > 0) {
    return {
      outcome: 'untested',
      reason: `needs ${missing.join(' and ')}: ${missing.map((each) => howToGive[each]).join('; ')}`,
      missing,
    }
  }
  if (probe.writes && !context.allowWrites) {
    return {
      outcome: 'untested',
      reason: 'would change data on a remote target; allow it with --allow-writes',
      missing: ['--allow-writes'],
    }
  }
  if (context.openServer && isControlled(probe) && !asksForOperation(probe)) {
    return notApplicable(
      'the server refuses no anonymous caller, and nothing was declared protected',
    )
  }
  return null
}

/** `browser`, `second-user` and `upstream` include `token`; `issuer` includes `token` too. */
function holds(held: ReadonlySet<Means>, needed: Means): boolean {
  if (needed === 'url' || held.has(needed)) return true
  return needed === 'token' && held.has('issuer')
}

function obstacleOfFact(condition: Condition, facts: JsonObject): Obstacle | null {
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
function obstacleOfReferences(
  check: Check,
  probe: Probe,
  context: PlanContext,
  lacksMeans: boolean,
): Obstacle | null {
  const paths: string[][] = []
  for (const step of flatSteps(probe.steps)) {
    if (step.verb === 'send' && isObject(step.argument)) paths.push(...rolesUsed(step.argument))
  }
  if (JSON.stringify([probe.steps, check.expect, check.allow]).includes('"identity"')) {
    paths.push(['tool', 'reveals-caller', 'identity'])
  }
  for (const path of paths) {
    const state = factState(context.facts, path)
    if (state.kind === 'none') return notApplicable(`the server declares no ${path.join('.')}`)
    if (state.kind === 'absent') return undeclared(path.join('.'))
  }
  const written: JsonValue = [
    probe.steps,
    probe.tokens,
    check.expect,
    check.allow,
  ] as unknown as JsonValue
  for (const { expression } of expressionsIn(written)) {
    const [root = ''] = expression.path
    if (
      !(root in factRoots) ||
      ['fresh', 'tokens', 'now', 'wire', 'long', 'listener'].includes(root)
    )
      continue
    const state = factState(context.facts, expression.path)
    if (state.kind === 'none')
      return notApplicable(`the server declares no ${expression.path.join('.')}`)
    if (state.kind === 'absent') return lacksMeans ? null : undeclared(expression.path.join('.'))
    const unchanged = filterUnchanged(expression, context.facts)
    if (unchanged !== null) return notApplicable(unchanged)
  }
  return null
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
    evaluate(
      expression,
      lookupIn({ facts, steps: new Map<string, StepView>(), tokens: {}, now: 0 }),
    )
    return null
  } catch (error) {
    if (error instanceof FilterUnchanged) return error.message
    if (error instanceof MissingValue) return null
    throw error
  }
}

function rolesUsed(argument: JsonObject): string[][] {
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

/** Some operations exist on one wire only. */
function wireOnlyOperation(probe: Probe, revision: Revision): string | null {
  const stateless = revision === '2026-07-28'
  for (const { verb, argument } of flatSteps(probe.steps)) {
    if (verb !== 'send' || !isObject(argument)) continue
    if (argument['terminate'] !== undefined && stateless)
      return 'revision 2026-07-28 has no sessions to end'
    if (argument['batch'] !== undefined && revision !== '2025-03-26')
      return `revision ${revision} has no batches`
  }
  return null
}

/** True when the probe deviates somewhere, so that a plain form of it can be sent as control. */
export function isControlled(probe: Probe): boolean {
  return (
    probe.control.kind === 'plain' &&
    flatSteps(probe.steps).some(
      ({ verb, argument }) => (verb === 'send' || verb === 'open') && deviates(argument),
    )
  )
}

/** A step deviates when it is more than an operation with the good token. */
export function deviates(argument: JsonValue): boolean {
  if (!isObject(argument)) return false
  const edits = [
    'authorization',
    'carry',
    'dpop',
    'header',
    'path',
    'query',
    'params',
    'raw',
    'batch',
    'notify',
    'respond',
    'request',
  ]
  return (
    (argument['token'] !== undefined && argument['token'] !== 'good') ||
    edits.some((edit) => argument[edit] !== undefined)
  )
}

function asksForOperation(probe: Probe): boolean {
  return flatSteps(probe.steps).some(
    ({ argument }) =>
      isObject(argument) && (argument['call'] !== undefined || argument['request'] !== undefined),
  )
}
