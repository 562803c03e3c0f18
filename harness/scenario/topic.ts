import { revisions } from '../model.ts'
import type {
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
import { list, readAllowances, readDiagnoses } from './allowances.ts'
import { checkForms } from './check-forms.ts'
import { flatSteps, isVacuous } from './derive.ts'
import { bothExpectations, resolveStepExpectations } from './expectation.ts'
import type { Complain } from './expectation.ts'
import { applyVariant, variantsOf } from './matrix.ts'
import type { Variant } from './matrix.ts'
import { problem } from './problem.ts'
import type { Problem } from './problem.ts'
import {
  conditionKeys,
  pathOfStep,
  readProbe,
  unreadableSteps,
  stripExpectations,
} from './probe.ts'
import { checkReferences } from './references.ts'
import { checkSchema, matrixSchema, probeSchema } from './schema.ts'
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
  const matrix = (shared?.value ?? raw)['matrix']
  if (matrix !== undefined) {
    const owner = shared ? String(raw['on']) : id
    const complain = complainer(shared?.value ?? raw, owner, context)
    const fits = checkShape(matrixSchema, matrix, (at, message, side) =>
      complain(['matrix', ...at], message, side),
    )
    if (!fits) return
  }
  for (const variant of variantsOf(matrix)) {
    expandVariant({ raw, variant, id, requirement, sharedProbe: shared?.value }, context)
  }
}

function requirementFor(id: string, raw: JsonObject, context: CheckContext): Requirement | null {
  const { requirements } = context.loading
  const found = requirements.get(id.split('/')[0] ?? id)
  const complain = complainer(raw, id, context)
  if (!found) complain(['id'], `"${id}" names no requirement${didYouMean(id, requirements.keys())}`)
  const named = Array.isArray(raw['revisions']) ? raw['revisions'] : []
  for (const revision of found ? revisions.filter((each) => named.includes(each)) : []) {
    if (found && !(revision in found.levels)) {
      complain(
        ['revisions'],
        `the requirement does not exist in ${revision}. It has: ${Object.keys(found.levels).join(', ')}`,
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
    complainer(raw, id, context),
  ) as JsonObject
  const complain = complainer(check, id, context)
  checkShape(checkSchema, check, complain)
  checkForms(check, complain)
  const probeSource = sharedProbe ? probeVariant(sharedProbe, expansion, context) : check
  const shortForm = !sharedProbe && check['steps'] === undefined
  const complainOfProbe = sharedProbe
    ? complainer(probeSource, String(raw['on']), context)
    : complain
  const probe = readProbe(probeSource, {
    name: label(sharedProbe ? String(raw['on']) : id, variant.label),
    shortForm,
    complain: complainOfProbe,
    tables,
  })
  const stepwise = probe.steps
  const when = [...probe.when, ...conditionKeys(check['when'], complain, tables)]
  for (const key of when) loading.usedConditions.add(key)
  const judged = (name: string): StepExpectations[] =>
    resolveStepExpectations(check[name], shortForm, tables, (path, message, side) =>
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
  checkReferences(built, probe, {
    unreadable: unreadableSteps(probeSource, probe),
    check: complain,
    steps: (path, message, side) => complainOfProbe(pathOfStep(probeSource, path), message, side),
  })
  const observed = [check['when'], probeSource['when']]
    .flatMap(list)
    .some((name) => tables.condition(name)?.value['on'] !== undefined)
  if (!observed && isVacuous(probe, expect)) {
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
  const name = String(expansion.raw['on'])
  const own = applyVariant(rest, expansion.variant, complainer(shared, name, context)) as JsonObject
  checkShape(probeSchema, own, complainer(own, name, context))
  return own
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

function revisionsOf(check: JsonObject, requirement: Requirement | null): Revision[] {
  const known = revisions.filter((revision) => requirement && revision in requirement.levels)
  const narrowed = check['revisions']
  return Array.isArray(narrowed) ? known.filter((revision) => narrowed.includes(revision)) : known
}
