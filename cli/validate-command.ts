import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { isObject } from '../harness/protocol/json.ts'
import type { Facts } from '../harness/model.ts'
import { bundledScenarios, catalogueFile, loadScenarios } from '../harness/scenario/load.ts'
import { problem, ScenarioError, uniqueProblems } from '../harness/scenario/problem.ts'
import type { Problem } from '../harness/scenario/problem.ts'
import { readScenarios } from '../harness/scenario/read.ts'
import { positionOf, readSource } from '../harness/scenario/source.ts'
import { UsageError } from '../harness/select.ts'
import { unknownFacts } from '../harness/unknown-facts.ts'
import { configName } from './config-file.ts'
import { configSchema } from './config-schema.ts'
import { framed } from './failure.ts'
import { readChecked } from './read-checked.ts'

/** Reads the files as a run would, next to the bundled vocabulary, and prints all that is wrong. */
export async function validateCommand(places: string[]): Promise<number> {
  const files = (await Promise.all(places.map(filesOf))).flat().map((file) => path.resolve(file))
  const configurations: string[] = []
  for (const file of files) if (await isConfiguration(file)) configurations.push(file)
  const topics = files.filter((file) => !configurations.includes(file))
  const { checks, problems } = await readTopics(topics)
  const found = [...(await Promise.all(configurations.map(problemsOf))).flat(), ...problems]
  if (found.length > 0) {
    const relative = found.map((each) => ({
      ...each,
      position: { ...each.position, file: path.relative(process.cwd(), each.position.file) },
    }))
    console.error(await framed(relative))
    return 2
  }
  const valid = files.length === 1 ? '1 file is valid' : `${files.length} files are valid`
  console.log(topics.length === 0 ? valid : `${valid}: ${checks}`)
  return 0
}

async function readTopics(files: string[]): Promise<{ checks: string; problems: Problem[] }> {
  const vocabulary = path.join(bundledScenarios, 'vocabulary.yaml')
  const all = [...new Set([...files, vocabulary])]
  const { scenarios, problems } = await readScenarios(all, catalogueFile)
  const own = new Set(files)
  const checks = scenarios.checks.filter(({ position }) => own.has(position.file))
  return {
    checks: `${new Set(checks.map(({ id }) => id)).size} checks, ${checks.length} verdicts`,
    problems: uniqueProblems(problems).filter(({ position }) => own.has(position.file)),
  }
}

/** By its name, or by what only a configuration has at its top. */
async function isConfiguration(file: string): Promise<boolean> {
  if (path.basename(file) === configName) return true
  const { value } = await readSource(file)
  return isObject(value) && ('target' in value || 'facts' in value) && !('checks' in value)
}

async function problemsOf(configuration: string): Promise<Problem[]> {
  try {
    const { facts, scenarios } = await readChecked(
      configuration,
      configSchema,
      'configuration file',
    )
    if (!isObject(facts)) return []
    const places = [scenarios ?? []]
      .flat()
      .map((place) => path.resolve(path.dirname(configuration), String(place)))
    const unknown = unknownFacts(facts as Facts, await loadScenarios(places))
    const { value } = await readSource(configuration)
    return unknown.map(({ at, message }) => {
      const start = { file: configuration, line: 1, column: 1 }
      return problem(positionOf(value, at, start), at.join('.'), message)
    })
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems
    throw error
  }
}

async function filesOf(place: string): Promise<string[]> {
  const found = await stat(place).catch(() => null)
  if (!found) throw new UsageError(`there is no file or folder "${place}".`)
  if (found.isFile()) return [place]
  const names = await readdir(place)
  return names
    .filter((name) => /\.ya?ml$/.test(name) && name !== 'requirements.yaml')
    .map((name) => path.join(place, name))
}
