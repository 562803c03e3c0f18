import { expect, it } from 'vitest'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { bundledScenarios, catalogueFile } from '../harness/scenario/load.ts'
import { readScenarios } from '../harness/scenario/read.ts'
import { formatProblem, uniqueProblems } from '../harness/scenario/problem.ts'
import { withoutFault } from '../cli/without-fault.ts'

const files = readdirSync(bundledScenarios)
  .filter((name) => name.endsWith('.yaml') && name !== 'requirements.yaml')
  .map((name) => path.join(bundledScenarios, name))

it('loads every bundled scenario without a problem', async () => {
  const { scenarios, problems } = await readScenarios(files, catalogueFile)
  expect(uniqueProblems(problems).map(formatProblem)).toEqual([])
  expect(scenarios.checks.length).toBeGreaterThan(300)
})

it('has a check, or a written reason, for every requirement of the areas that are judged', async () => {
  const { scenarios } = await readScenarios(files, catalogueFile)
  const areas = new Set(scenarios.checks.map(({ requirement }) => requirement.split('.')[0]))
  const checked = new Set(scenarios.checks.map(({ requirement }) => requirement))
  const without = [...scenarios.requirements.values()]
    .filter(({ role, id }) => role === 'resource-server' && areas.has(id.split('.')[0]))
    .filter(({ id, untestable }) => !checked.has(id) && untestable === null)
    .filter(({ id }) => withoutFault[id] === undefined)
  expect(areas.size).toBeGreaterThan(8)
  expect(without.map(({ id }) => id)).toEqual([])
})

/** Every text of a file, keys left out, and the recipes that its templates name. */
function wordsOf(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(wordsOf)
  const text = String(value)
  return [text, ...[...text.matchAll(/tokens\.([a-z0-9-]+)/g)].map(([, name]) => name ?? '')]
}

it('has no word in the vocabulary that no scenario uses', () => {
  const documents = files.map((file) => parse(readFileSync(file, 'utf8')) as object)
  const used = new Set(documents.flatMap(wordsOf))
  const words = documents
    .filter((document) => 'vocabulary' in document)
    .flatMap((document) => Object.values(document) as unknown[])
    .flatMap((kind) => (typeof kind === 'object' && kind !== null ? Object.keys(kind) : []))
  expect(words.length).toBeGreaterThan(15)
  expect(words.filter((word) => !used.has(word))).toEqual([])
})
