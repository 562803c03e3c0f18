import type { Condition, Level, Role, Scenarios, Source } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'
import { resolveStepExpectations } from './expectation.ts'
import { problem } from './problem.ts'
import type { Problem } from './problem.ts'
import { readProbe } from './probe.ts'
import { factRoots } from './references.ts'
import { levelsOf, loadRequirements } from './requirements.ts'
import { topicSchema, vocabularySchema } from './schema.ts'
import { checkShape } from './shape.ts'
import { positionOf, readSource } from './source.ts'
import type { SourceFile } from './source.ts'
import { didYouMean } from './suggest.ts'
import { startOf, tablesOf } from './tables.ts'
import type { Tables } from './tables.ts'
import { expandTopic } from './topic.ts'
import type { Loading } from './topic.ts'

/** Reads topics and vocabularies, and hands all problems back beside what could be read. */
export async function readScenarios(
  files: string[],
  catalogue: string,
): Promise<{ scenarios: Scenarios; problems: Problem[] }> {
  const requirements = await loadRequirements(catalogue)
  const sources = await Promise.all(files.map(readSource))
  const problems = sources.flatMap((source) => source.problems)
  const has = (key: string) => (source: SourceFile) => isObject(source.value) && key in source.value
  const vocabularies = sources.filter(has('vocabulary'))
  const topics = sources.filter(has('checks'))
  for (const source of sources) problems.push(...shapeProblems(source))
  for (const topic of topics) addRequirements(topic, requirements, problems)
  const loading: Loading = {
    requirements,
    probes: new Map(),
    checks: [],
    problems,
    usedConditions: new Set(),
  }
  for (const topic of topics) expandTopic(topic, tablesOf(topic, vocabularies), loading)
  const tables = [...topics, ...vocabularies].map((source) => tablesOf(source, vocabularies))
  const conditions = readConditions(tables, loading)
  reportDoubles(loading)
  return {
    scenarios: { requirements, checks: loading.checks, probes: loading.probes, conditions },
    problems,
  }
}

function shapeProblems(source: SourceFile): Problem[] {
  const problems: Problem[] = []
  const isTopic = isObject(source.value) && 'checks' in source.value
  const isVocabulary = isObject(source.value) && 'vocabulary' in source.value
  if (!isTopic && !isVocabulary) {
    if (source.problems.length > 0) return []
    return [
      problem(
        startOf(source.file),
        '',
        'found neither "checks" (a topic) nor "vocabulary" at the top of the file',
      ),
    ]
  }
  checkShape(isTopic ? topicSchema : vocabularySchema, source.value, (at, message, side) =>
    problems.push(
      problem(
        positionOf(source.value, at, startOf(source.file), side),
        at.map(String).join('.'),
        message,
      ),
    ),
  )
  return problems
}

function addRequirements(
  topic: SourceFile,
  requirements: Scenarios['requirements'],
  problems: Problem[],
): void {
  const own = isObject(topic.value) ? topic.value['requirements'] : undefined
  if (!isObject(own)) return
  for (const [id, entry] of Object.entries(own)) {
    if (requirements.has(id)) {
      const position = positionOf(topic.value, ['requirements', id], startOf(topic.file), 'key')
      problems.push(
        problem(
          position,
          `requirements.${id}`,
          'the catalogue has this id already; choose another',
        ),
      )
      continue
    }
    if (!isObject(entry)) continue
    requirements.set(id, {
      id,
      role: entry['role'] as Role,
      text: String(entry['text']),
      sources: (entry['source'] ?? []) as unknown as Source[],
      levels: levelsOf(entry['level'] as Level, undefined),
      needs: 'none',
      probe: null,
      fault: null,
      untestable: null,
    })
  }
}

function readConditions(tables: Tables[], loading: Loading): Map<string, Condition> {
  const conditions = new Map<string, Condition>()
  const pending = [...loading.usedConditions]
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    if (conditions.has(key)) continue
    const table = tables.find((each) => each.condition(nameOf(key ?? ''))?.key === key)
    const found = table?.condition(nameOf(key))
    if (!table || !found) continue
    const condition = readCondition(found.value, found.holder, table, loading)
    conditions.set(key, condition)
    if (condition.kind === 'observed')
      pending.push(...(loading.probes.get(condition.probe)?.when ?? []))
  }
  return conditions
}

const nameOf = (key: string): string => key.split('#').at(-1) ?? key

function readCondition(
  value: JsonObject,
  holder: SourceFile,
  tables: Tables,
  loading: Loading,
): Condition {
  const complain = (at: PropertyKey[], message: string): void => {
    loading.problems.push(
      problem(positionOf(value, at, startOf(holder.file)), 'conditions', message),
    )
  }
  if (typeof value['fact'] === 'string') {
    const [root = ''] = value['fact'].split('.')
    if (!(root in factRoots))
      complain(['fact'], `"${root}" is no fact${didYouMean(root, Object.keys(factRoots))}`)
    return {
      kind: 'fact',
      fact: value['fact'],
      is: value['is'] ?? null,
      else: String(value['else']),
    }
  }
  const name = String(value['on'])
  const shared = tables.probe(name)
  if (!shared) {
    const known = tables.names('probes')
    complain(['on'], `unknown probe "${name}"${didYouMean(name, known)} Known: ${known.join(', ')}`)
  }
  const probe = readProbe(shared?.value ?? {}, { name, shortForm: false, complain, tables })
  if (!loading.probes.has(probe.key)) loading.probes.set(probe.key, probe)
  const is = resolveStepExpectations(value['is'], false, tables, complain)
  return {
    kind: 'observed',
    probe: probe.key,
    is,
    else: String(value['else']),
    outcome: value['outcome'] === 'untested' ? 'untested' : 'not-applicable',
  }
}

function reportDoubles(loading: Loading): void {
  const places = new Map<string, string>()
  const verdicts = new Set<string>()
  for (const { id, verdictId, position } of loading.checks) {
    const here = `${position.file}:${position.line}`
    const first = places.get(id) ?? here
    places.set(id, first)
    const message =
      first === here
        ? 'two variants of the matrix have this name'
        : `this id is used twice, first at ${first}; add a /variant`
    if (first !== here || verdicts.has(verdictId))
      loading.problems.push(problem(position, first === here ? verdictId : id, message))
    verdicts.add(verdictId)
  }
}
