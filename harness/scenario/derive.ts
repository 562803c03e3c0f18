import type { Expectation, MatcherMap, Means, Probe, Step, StepExpectations } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { meansOfRecipe } from './recipe.ts'
import { expressionsIn } from './template.ts'

type Tokens = Record<string, JsonValue>

/** Steps with those inside `together` in their place. */
export function flatSteps(steps: Step[]): Step[] {
  return steps.flatMap((step) =>
    step.verb === 'together'
      ? (step.argument as unknown as Step[]).flatMap((inner) => flatSteps([inner]))
      : [step],
  )
}

const operationsOf = ['send', 'open']
/** They need an issuer whose users and clients the tester knows. */
const loginVerbs = ['register', 'authorize', 'browse', 'request-token', 'connect']

/** What the tester must hold to take these steps; `url` alone is the empty list. */
export function meansOfSteps(steps: Step[], tokens: Tokens): Means[] {
  const needed = new Set<Means>()
  for (const step of flatSteps(steps)) {
    for (const each of meansOfStep(step, tokens)) needed.add(each)
    for (const { expression } of expressionsIn(step.argument)) {
      if (expression.path[0] === 'second-issuer') needed.add('second-issuer')
      if (expression.path[0] === 'tokens')
        addAll(needed, meansOfToken(expression.path[1] ?? '', tokens))
    }
  }
  return [...needed]
}

function addAll(set: Set<Means>, list: Means[]): void {
  for (const each of list) set.add(each)
}

function meansOfStep(step: Step, tokens: Tokens): Means[] {
  const argument: JsonObject = isObject(step.argument) ? step.argument : {}
  if (operationsOf.includes(step.verb)) {
    const own: Means[] = argument['user'] === 'b' ? ['second-user'] : []
    const usesToken = argument['authorization'] === undefined || argument['token'] !== undefined
    return usesToken ? [...own, ...meansOfToken(argument['token'] ?? 'good', tokens)] : own
  }
  if (step.verb === 'arrange') {
    const found: Means[] = []
    if (argument['issuer'] !== undefined) found.push('issuer')
    if (argument['second-issuer'] !== undefined) found.push('second-issuer')
    if (argument['upstream'] !== undefined) found.push('upstream')
    if (argument['target'] === 'restart') found.push('restart')
    return found
  }
  if (step.verb === 'browse' && ('page_of' in argument || 'url' in argument))
    return ['issuer', 'third-party']
  if (loginVerbs.includes(step.verb)) return ['issuer']
  const { at } = argument
  const powers = ['issuer', 'upstream', 'third-party'] as const
  return step.verb === 'observe' ? powers.filter((each) => each === at) : []
}

/** A token as it stands in a step after loading: `none`, `good`, the name of a recipe, a recipe. */
export function meansOfToken(token: JsonValue, tokens: Tokens): Means[] {
  if (token === 'none') return []
  if (token === 'good') return ['token']
  const recipe = typeof token === 'string' ? tokens[token] : token
  return isObject(recipe) ? meansOfRecipe(recipe) : ['token']
}

/** Taking away what others rely on, or reading what others write: these probes run one by one. */
export function isExclusive(steps: Step[]): boolean {
  return flatSteps(steps).some((step) => {
    if (!isObject(step.argument)) return false
    // the calls of other probes would arrive there as well
    if (step.verb === 'observe') return step.argument['at'] === 'upstream'
    if (step.verb !== 'arrange') return false
    const { issuer, target, upstream } = step.argument
    const second = step.argument['second-issuer']
    return (
      target !== undefined ||
      upstream !== undefined ||
      [issuer, second].some(
        (powers) =>
          isObject(powers) &&
          ['fail', 'remove-key', 'metadata', 'response', 'introspection', 'publish-jwk'].some(
            (power) => power in powers,
          ),
      )
    )
  })
}

/** A tool may write once its user has answered it. */
export function changesData(steps: Step[]): boolean {
  return flatSteps(steps).some(
    ({ verb, argument }) =>
      ['register', 'connect'].includes(verb) ||
      (isObject(argument) &&
        (argument['call'] === 'writes' ||
          (isObject(argument['params']) && argument['params']['inputResponses'] !== undefined))),
  )
}

export function readsWholeRun(steps: Step[]): boolean {
  return flatSteps(steps).some(
    (step) => step.verb === 'observe' && isObject(step.argument) && step.argument['at'] === 'run',
  )
}

/**
 * True when a dead or closed server could satisfy a check: no step has a plain form to control it,
 * and nothing positive is required of any answer.
 */
export function isVacuous(probe: Probe, expect: StepExpectations[]): boolean {
  if (probe.control.kind !== 'plain') return false
  if (flatSteps(probe.steps).some((step) => operationsOf.includes(step.verb))) return false
  const required = flatSteps(probe.steps).some(
    (step) => step.require && demandsContent(step.require),
  )
  return !required && !expect.every((map) => Object.values(map).some(demandsContent))
}

function demandsContent(expectation: Expectation): boolean {
  return expectation.length > 0 && expectation.every(hasPositiveMatcher)
}

function hasPositiveMatcher(map: MatcherMap): boolean {
  return Object.entries(map).some(([name, argument]) => {
    if (name === 'status') return /^[23]/.test(String(argument)) || argument === 401
    if (name === 'requests') return isObject(argument) && leastCount(argument['count']) >= 1
    if (name === 'challenge') return argument !== 'none'
    if (['json', 'header', 'claims'].includes(name))
      return isObject(argument) && Object.values(argument).some(needsMember)
    return name === 'mcp' && argument !== 'none'
  })
}

function leastCount(count: JsonValue | undefined): number {
  return Number(isObject(count) ? count['min'] : count)
}

/** False for what a missing member meets as well. */
function needsMember(value: JsonValue): boolean {
  return !isObject(value) || (value['present'] !== false && value['if-present'] === undefined)
}
