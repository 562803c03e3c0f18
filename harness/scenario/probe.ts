import { createHash } from 'node:crypto'
import type { Control, Means, Probe, Step } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { changesData, isExclusive, meansOfSteps, readsWholeRun } from './derive.ts'
import type { Complain } from './expectation.ts'
import { readSteps, readTokens } from './steps.ts'
import { didYouMean } from './suggest.ts'
import type { Tables } from './tables.ts'

/** How a probe is read: what it is called, and whether it is the one step of a short form. */
export interface ProbeContext {
  name: string
  shortForm: boolean
  complain: Complain
  tables: Tables
}

/** A probe from its own map, or from the members of the check that holds it. */
export function readProbe(raw: JsonObject, context: ProbeContext): Probe {
  const { complain, tables } = context
  const tokens: Record<string, JsonValue> = {}
  const stepContext = { tables, tokens, complain }
  readTokens(raw['tokens'], stepContext)
  const steps = context.shortForm
    ? readSteps([shortFormStep(raw)], {
        ...stepContext,
        complain: (path, message, side) => complain(shortPath(raw, path), message, side),
      })
    : readSteps(Array.isArray(raw['steps']) ? raw['steps'] : [], {
        ...stepContext,
        complain: (path, message, side) => complain(['steps', ...path], message, side),
      })
  const added = Array.isArray(raw['means']) ? (raw['means'] as Means[]) : []
  const probe: Probe = {
    key: '',
    name: context.name,
    ...(typeof raw['about'] === 'string' ? { about: raw['about'] } : {}),
    steps,
    tokens,
    control: readControl(raw, context),
    when: conditionKeys(raw['when'], complain, tables),
    means: [...new Set([...meansOfSteps(steps, tokens), ...added])],
    writes: changesData(steps),
    exclusive: raw['exclusive'] === true || isExclusive(steps),
    afterRun: readsWholeRun(steps),
  }
  probe.key = keyOf(probe)
  return probe
}

function shortFormStep(raw: JsonObject): JsonObject {
  if (raw['token'] === undefined) return { name: 'answer', send: raw['send'] ?? 'base' }
  return { name: 'answer', send: { token: raw['token'] } }
}

/** Paths inside the one step of a short form, as the author wrote them. */
function shortPath(raw: JsonObject, path: PropertyKey[]): PropertyKey[] {
  const rest = path.slice(1)
  if (raw['token'] !== undefined && rest[0] === 'send') return rest.slice(1)
  return rest
}

/** Where something inside a step is written; its first member is the step's name. */
export function pathOfStep(raw: JsonObject, [name, ...rest]: PropertyKey[]): PropertyKey[] {
  if (!Array.isArray(raw['steps'])) return shortPath(raw, [0, ...rest])
  return [...placeOf(raw['steps'], name, ['steps']), ...rest]
}

/** Names of steps that were written, and left out since they could not be read. */
export function unreadableSteps(raw: JsonObject, probe: Probe): string[] {
  const written = Array.isArray(raw['steps']) ? raw['steps'].filter(isObject) : []
  const read = new Set(probe.steps.map(({ name }) => name))
  return written.flatMap(({ name, together }) =>
    typeof name === 'string' && together === undefined && !read.has(name) ? [name] : [],
  )
}

function placeOf(
  steps: JsonValue[],
  name: PropertyKey | undefined,
  at: PropertyKey[],
): PropertyKey[] {
  for (const [index, step] of steps.entries()) {
    if (!isObject(step)) continue
    if (step['name'] === name) return [...at, index]
    if (!Array.isArray(step['together'])) continue
    const inner = [...at, index, 'together']
    const found = placeOf(step['together'], name, inner)
    if (found.length > inner.length) return found
  }
  return at
}

/** Equal steps and tokens are one probe, whoever judges it. Who wrote it, and where, does not matter. */
function keyOf(probe: Probe): string {
  const content = [probe.steps.map(comparable), probe.tokens, probe.control, probe.exclusive]
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 12)
}

function comparable(step: Step): unknown {
  const { position: _, expect: __, ...rest } = step
  return step.verb === 'together'
    ? { ...rest, argument: (step.argument as unknown as Step[]).map(comparable) }
    : rest
}

/** A probe never judges: what its steps expect belongs to the check. */
export function stripExpectations(probe: Probe): Probe {
  return { ...probe, steps: probe.steps.map(stripExpectation) }
}

function stripExpectation(step: Step): Step {
  const { expect: _, ...rest } = step
  if (step.verb !== 'together') return rest
  const inner = (step.argument as unknown as Step[]).map(stripExpectation)
  return { ...rest, argument: inner as unknown as JsonValue }
}

function readControl(raw: JsonObject, context: ProbeContext): Control {
  const { control } = raw
  if (control === 'none') {
    if (typeof raw['because'] !== 'string')
      context.complain(['control'], 'control: none needs a reason in because')
    return { kind: 'none', because: String(raw['because'] ?? '') }
  }
  return { kind: 'plain' }
}

/** The keys of the conditions that a `when` list names. */
export function conditionKeys(
  value: JsonValue | undefined,
  complain: Complain,
  tables: Tables,
): string[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((name, index) => {
    const found = tables.condition(String(name))
    if (found) return [found.key]
    const known = tables.names('conditions')
    complain(
      ['when', index],
      `unknown condition "${String(name)}"${didYouMean(String(name), known)} Known: ${known.join(', ')}`,
    )
    return []
  })
}
