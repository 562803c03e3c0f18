import { verbs } from '../model.ts'
import type { Step, Verb } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { resolveExpectation } from './expectation.ts'
import type { Complain } from './expectation.ts'
import { resolveRecipe } from './recipe.ts'
import { stepSchemas } from './schema.ts'
import { checkShape } from './shape.ts'
import { positionOf, startPosition } from './source.ts'
import { didYouMean } from './suggest.ts'
import type { Tables } from './tables.ts'
import { expressionsIn, seconds } from './template.ts'

/** The step with its verb told apart, names of recipes and expectations replaced by their meaning. */
export interface StepContext {
  tables: Tables
  /** Recipes of the probe itself: minted once a variant. Filled up with named ones that templates use. */
  tokens: Record<string, JsonValue>
  complain: Complain
}

/** Reads steps as written. Problems go to `complain`; what cannot be read is left out. */
export function readSteps(list: JsonValue[], context: StepContext): Step[] {
  return list.flatMap((raw, index) => {
    const step = readStep(raw, within(context, [index]))
    return step ? [step] : []
  })
}

function within(context: StepContext, prefix: PropertyKey[]): StepContext {
  return {
    ...context,
    complain: (path, message, side) => context.complain([...prefix, ...path], message, side),
  }
}

function readStep(raw: JsonValue, context: StepContext): Step | null {
  const { complain } = context
  if (!isObject(raw)) {
    complain([], `found ${JSON.stringify(raw)}, allowed: a map with one verb`)
    return null
  }
  const found = verbs.filter((verb) => verb in raw)
  const [verb] = found
  if (!verb || found.length > 1) {
    const unknown = Object.keys(raw).find((key) => !common.includes(key))
    const hint = found.length === 0 && unknown !== undefined ? didYouMean(unknown, verbs) : '.'
    complain(
      [],
      `a step has exactly one verb, found ${found.length > 0 ? found.join(' and ') : (unknown ?? 'none')}${hint} Verbs: ${verbs.join(', ')}`,
    )
    return null
  }
  checkShape(stepSchemas[verb], raw, complain)
  const expectation = (name: string, member = name): { [key: string]: Step['expect'] } => {
    const value = raw[name]
    if (value === undefined) return {}
    return {
      [member]: resolveExpectation(value, context.tables, within(context, [name]).complain),
    }
  }
  const argument = raw[verb] as JsonValue
  return {
    name: typeof raw['name'] === 'string' ? raw['name'] : 'unnamed',
    verb,
    argument: readArgument(verb, argument, within(context, [verb])),
    position: positionOf(raw, [verb], startPosition, 'key'),
    ...expectation('expect'),
    ...expectation('require'),
    ...readAssume(raw, context),
    ...readPoll(raw, context),
    ...(typeof raw['repeat'] === 'number' ? { repeat: raw['repeat'] } : {}),
    ...(typeof raw['at_once'] === 'number' ? { atOnce: raw['at_once'] } : {}),
    ...(typeof raw['timeout'] === 'string' ? { timeout: seconds(raw['timeout']) * 1000 } : {}),
    ...expectation('leave_out', 'leaveOut'),
    ...(raw['impatient'] === true ? { impatient: true } : {}),
  } as Step
}

const common = [
  'name',
  'expect',
  'require',
  'assume',
  'repeat',
  'at_once',
  'poll',
  'timeout',
  'leave_out',
  'impatient',
]

function readAssume(raw: JsonObject, context: StepContext): Pick<Step, 'assume'> {
  const { assume } = raw
  if (!isObject(assume) || assume['is'] === undefined) return {}
  const is = resolveExpectation(
    assume['is'],
    context.tables,
    within(context, ['assume', 'is']).complain,
  )
  const outcome = assume['outcome'] === 'untested' ? { outcome: 'untested' as const } : {}
  return { assume: { is, else: String(assume['else']), ...outcome } }
}

function readPoll(raw: JsonObject, context: StepContext): Pick<Step, 'poll'> {
  const { poll } = raw
  if (!isObject(poll) || poll['until'] === undefined) return {}
  const until = resolveExpectation(
    poll['until'],
    context.tables,
    within(context, ['poll', 'until']).complain,
  )
  return { poll: { until, within: String(poll['within']) } }
}

function readArgument(verb: Verb, argument: JsonValue, context: StepContext): JsonValue {
  if (verb === 'together') {
    return readSteps(Array.isArray(argument) ? argument : [], context) as unknown as JsonValue
  }
  for (const { expression, path } of expressionsIn(argument)) {
    const [root, name] = expression.path
    if (root === 'tokens' && name !== undefined) useNamedToken(name, path, context)
  }
  if (!isObject(argument) || argument['token'] === undefined || verb === 'arrange') return argument
  return { ...argument, token: readToken(argument['token'], within(context, ['token'])) }
}

/**
 * A token as the runner sees it: `none`, `good`, the name of a recipe of the probe, or a recipe
 * whose `from` chain is merged in.
 */
function readToken(token: JsonValue, context: StepContext): JsonValue {
  if (token === 'none' || token === 'good') return token
  if (typeof token === 'string' && token in context.tokens) return token
  const recipe = typeof token === 'string' ? context.tables.token(token) : token
  if (!isObject(recipe)) {
    context.complain([], unknownToken(String(token), context))
    return 'none'
  }
  return resolveWith(recipe, context)
}

function unknownToken(name: string, { tokens, tables }: StepContext): string {
  const known = ['none', 'good', ...new Set([...Object.keys(tokens), ...tables.names('tokens')])]
  return `unknown token "${name}"${didYouMean(name, known)} Known: ${known.join(', ')}`
}

function useNamedToken(name: string, path: PropertyKey[], context: StepContext): void {
  if (name === 'good' || name in context.tokens) return
  const recipe = context.tables.token(name)
  if (recipe) context.tokens[name] = resolveWith(recipe, context)
  else context.complain(path, unknownToken(name, context))
}

function resolveWith(recipe: JsonObject, context: StepContext): JsonValue {
  const named = (name: string): JsonObject => {
    const local = context.tokens[name]
    const found = isObject(local) ? local : context.tables.token(name)
    if (!found) throw new Error(unknownToken(name, context))
    return found
  }
  try {
    return resolveRecipe(recipe, named)
  } catch (error) {
    context.complain(['from'], (error as Error).message)
    return 'none'
  }
}

/** The probe's own recipes with their `from` chains merged in. */
export function readTokens(tokens: JsonValue | undefined, context: StepContext): void {
  if (!isObject(tokens)) return
  for (const [name, recipe] of Object.entries(tokens)) {
    if (isObject(recipe)) context.tokens[name] = recipe
  }
  const resolved = Object.entries(context.tokens).flatMap(([name, recipe]) =>
    isObject(recipe) ? [[name, resolveWith(recipe, within(context, ['tokens', name]))]] : [],
  )
  Object.assign(context.tokens, Object.fromEntries(resolved))
}
