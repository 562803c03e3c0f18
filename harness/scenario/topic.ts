import { revisions } from '../model.ts'
import type {
  Allowance,
  Check,
  Expectation,
  Probe,
  Requirement,
  Revision,
  Step,
  StepExpectations,
} from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { flatSteps, isVacuous } from './derive.ts'
import { bothExpectations, resolveStepExpectations } from './expectation.ts'
import type { Complain } from './expectation.ts'
import { applyVariant, variantsOf } from './matrix.ts'
import type { Variant } from './matrix.ts'
import { problem } from './problem.ts'
import type { Problem } from './problem.ts'
import { conditionKeys, readProbe, stripExpectations } from './probe.ts'
import { checkReferences } from './references.ts'
import { checkSchema, probeSchema } from './schema.ts'
import { checkShape } from './shape.ts'
import { copyPosition, positionOf } from './source.ts'
import type { SourceFile } from './source.ts'
import { didYouMean } from './suggest.ts'
import { startOf } from './tables.ts'
import type { Tables } from './tables.ts'

/** What loading fills while it reads topics. */
export interface Loading {
  requirements: Map<string, Requirement>
  probes: Map<string, Probe>
  checks: Check[]
  problems: Problem[]
  usedConditions: Set<string>
}

/** Expands every check of a topic into its variants, with the probes that they judge. */
export function expandTopic(source: SourceFile, tables: Tables, loading: Loading): void {
  const checks = isObject(source.value) ? source.value['checks'] : undefined
  if (!Array.isArray(checks)) return
  checks.forEach((raw, index) => {
    const position = positionOf(source.value, ['checks', index], startOf(source.file))
    if (isObject(raw)) expandCheck(raw, { tables, loading, position })
    else loading.problems.push(problem(position, 'checks', 'a check is a map'))
  })
}

interface CheckContext {
  tables: Tables
  loading: Loading
  position: Check['position']
}

function complainer(root: JsonValue, path: string, context: CheckContext): Complain {
  return (at, message, side) =>
    context.loading.problems.push(
      problem(
        positionOf(root, at, context.position, side),
        [path, ...at.map(String)].join('.'),
        message,
      ),
    )
}

function expandCheck(raw: JsonObject, context: CheckContext): void {
  const id = String(raw['id'] ?? 'check')
  const shared = typeof raw['on'] === 'string' ? context.tables.probe(raw['on']) : undefined
  if (typeof raw['on'] === 'string' && !shared) {
    const known = context.tables.names('probes')
    complainer(
      raw,
      id,
      context,
    )(
      ['on'],
      `unknown probe "${raw['on']}"${didYouMean(raw['on'], known)} Known: ${known.join(', ')}`,
    )
    return
  }
  const requirement = requirementFor(id, raw, context)
  for (const variant of variantsOf(shared ? shared.value['matrix'] : raw['matrix'])) {
    expandVariant({ raw, variant, id, requirement, sharedProbe: shared?.value }, context)
  }
}

function requirementFor(id: string, raw: JsonObject, context: CheckContext): Requirement | null {
  const { requirements } = context.loading
  const found = requirements.get(id.split('/')[0] ?? id)
  const complain = complainer(raw, id, context)
  if (!found) complain(['id'], `"${id}" names no requirement${didYouMean(id, requirements.keys())}`)
  const named = Array.isArray(raw['revisions']) ? raw['revisions'] : []
  for (const revision of found ? named : []) {
    if (found && !(String(revision) in found.levels)) {
      complain(
        ['revisions'],
        `the requirement does not exist in ${String(revision)}. It has: ${Object.keys(found.levels).join(', ')}`,
      )
    }
  }
  return found ?? null
}

interface Expansion {
  raw: JsonObject
  variant: Variant
  id: string
  requirement: Requirement | null
  sharedProbe: JsonObject | undefined
}

function expandVariant(expansion: Expansion, context: CheckContext): void {
  const { raw, variant, id, requirement, sharedProbe } = expansion
  const { tables, loading, position } = context
  const { matrix: _, ...withoutMatrix } = raw
  const check = applyVariant(
    withMembersOf(raw, withoutMatrix),
    variant,
    position,
    loading.problems,
  ) as JsonObject
  const complain = complainer(check, id, context)
  checkShape(checkSchema, check, complain)
  checkForms(check, complain)
  const probeSource = sharedProbe ? probeVariant(sharedProbe, expansion, context) : check
  const probe = readProbe(probeSource, {
    name: label(sharedProbe ? String(raw['on']) : id, variant.label),
    shortForm: !sharedProbe && check['steps'] === undefined,
    complain: sharedProbe ? complainer(probeSource, String(raw['on']), context) : complain,
    tables,
  })
  const stepwise = probe.steps
  const when = [...probe.when, ...conditionKeys(check['when'], complain, tables)]
  for (const key of when) loading.usedConditions.add(key)
  const shortForm = !sharedProbe && check['steps'] === undefined
  const judged = (name: string): StepExpectations[] =>
    resolveStepExpectations(check[name], shortForm, tables.expectation, (path, message, side) =>
      complain([name, ...path], message, side),
    )
  const expect = judged('expect').map((map) => withStepwise(map, stepwise))
  const allow = readAllowances(check['allow'], shortForm, tables, complain)
  const built: Check = {
    id,
    verdictId: label(id, variant.label),
    requirement: id.split('/')[0] ?? id,
    variant: variant.label,
    title: String(check['title']),
    hint: String(check['hint']),
    probe: probe.key,
    expect,
    allow,
    diagnose: readDiagnoses(check['diagnose'], shortForm, tables, complain),
    record: isObject(check['record']) ? (check['record'] as Record<string, string>) : {},
    when,
    revisions: revisionsOf(check, requirement),
    faults: list(check['fault']),
    noFault: typeof check['no-fault'] === 'string' ? check['no-fault'] : null,
    position,
  }
  checkReferences(built, probe, complain)
  if (isVacuous(probe, expect)) {
    complain(
      [],
      'would pass against a server that is down or refuses everything: no step has a plain form (send or open) and nothing positive is required',
    )
  }
  loading.checks.push(built)
  if (!loading.probes.has(probe.key)) loading.probes.set(probe.key, stripExpectations(probe))
}

const label = (name: string, variant: string | null): string =>
  variant === null ? name : `${name} [${variant}]`
const list = (value: JsonValue | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value.map(String) : [String(value)]

/** The rest of a destructured map keeps no positions of its own: the original is read instead. */
function withMembersOf(original: JsonObject, kept: JsonObject): JsonObject {
  const without = original['matrix'] === undefined ? original : kept
  if (without !== original) for (const name of Object.keys(kept)) copy(kept, name, original)
  return without
}

function copy(container: JsonObject, name: string, from: JsonObject): void {
  copyPosition(container, name, from, name)
}

function probeVariant(shared: JsonObject, expansion: Expansion, context: CheckContext): JsonObject {
  const { matrix: _, ...rest } = shared
  for (const name of Object.keys(rest)) copy(rest, name, shared)
  const own = applyVariant(
    rest,
    expansion.variant,
    context.position,
    context.loading.problems,
  ) as JsonObject
  checkShape(probeSchema, own, complainer(own, String(expansion.raw['on']), context))
  return own
}

function checkForms(check: JsonObject, complain: Complain): void {
  const forms = ['token', 'send', 'steps', 'on'].filter((form) => check[form] !== undefined)
  if (forms.length !== 1) {
    complain(
      [],
      `a check has exactly one of token, send, steps, on; found ${forms.length > 0 ? forms.join(' and ') : 'none'}`,
    )
  }
  const onAllow =
    Array.isArray(check['allow']) &&
    check['allow'].some((entry) => isObject(entry) && entry['fault'] !== undefined)
  const proofs = [check['fault'] !== undefined, check['no-fault'] !== undefined].filter(
    Boolean,
  ).length
  if (proofs === 0 && !onAllow)
    complain([], 'a check names the fault that turns it red, or says why none can exist (no-fault)')
  if (proofs === 2) complain(['no-fault'], 'a check has either fault or no-fault')
}

function withStepwise(map: StepExpectations, steps: Step[]): StepExpectations {
  const merged: Record<string, Expectation> = { ...map }
  for (const step of flatSteps(steps)) {
    if (!step.expect) continue
    const before = merged[step.name]
    merged[step.name] = before ? bothExpectations(before, step.expect) : step.expect
  }
  return merged
}

function readAllowances(
  value: JsonValue | undefined,
  shortForm: boolean,
  tables: Tables,
  complain: Complain,
): Allowance[] {
  if (!Array.isArray(value)) return []
  return value.filter(isObject).flatMap((entry, index) =>
    resolveStepExpectations(entry['is'], shortForm, tables.expectation, (path, message, side) =>
      complain(['allow', index, 'is', ...path], message, side),
    ).map((is) => ({
      is,
      because: String(entry['because']),
      faults: list(entry['fault']),
      ...(Array.isArray(entry['revisions']) ? { revisions: entry['revisions'] as Revision[] } : {}),
    })),
  )
}

function readDiagnoses(
  value: JsonValue | undefined,
  shortForm: boolean,
  tables: Tables,
  complain: Complain,
): Check['diagnose'] {
  if (!Array.isArray(value)) return []
  return value
    .filter(isObject)
    .flatMap((entry, index) =>
      resolveStepExpectations(entry['is'], shortForm, tables.expectation, (path, message, side) =>
        complain(['diagnose', index, 'is', ...path], message, side),
      ).map((is) => ({ is, say: String(entry['say']) })),
    )
}

function revisionsOf(check: JsonObject, requirement: Requirement | null): Revision[] {
  const known = revisions.filter((revision) => requirement && revision in requirement.levels)
  const narrowed = check['revisions']
  return Array.isArray(narrowed) ? known.filter((revision) => narrowed.includes(revision)) : known
}
