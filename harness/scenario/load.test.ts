import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Scenarios } from '../model.ts'
import { compileScenarios, readCompiled } from './compiled.ts'
import { bundledScenarios, catalogueFile, loadScenarios, yamlFiles } from './load.ts'
import { ScenarioError } from './problem.ts'
import { readScenarios } from './read.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'scenarios-'))
afterAll(() => rmSync(folder, { recursive: true }))

const own = `title: T
checks:
  - id: token.expired/own
    title: A
    hint: H
    token: none
    expect: refused
    fault: accept-expired
`

async function readBundled(): Promise<Scenarios> {
  const { scenarios } = await readScenarios(await yamlFiles(bundledScenarios), catalogueFile)
  return scenarios
}

it('gives the same scenarios compiled as read from YAML', async () => {
  const scenarios = await readBundled()
  const compiled = path.join(folder, 'scenarios.json')
  writeFileSync(compiled, compileScenarios(scenarios, bundledScenarios))
  const sources = [catalogueFile, ...(await yamlFiles(bundledScenarios))]
  const read = await readCompiled(compiled, sources, bundledScenarios)
  expect(readFileSync(compiled, 'utf8')).not.toContain(bundledScenarios)
  const plain = ({ requirements, checks, probes, conditions }: Scenarios): unknown =>
    JSON.parse(JSON.stringify([[...requirements], checks, [...probes], [...conditions]]))
  const withoutFolders = (scenario: Scenarios): unknown =>
    JSON.parse(JSON.stringify(plain(scenario)).replaceAll(`${bundledScenarios}/`, ''))
  expect(withoutFolders(read as Scenarios)).toEqual(withoutFolders(scenarios))
  expect(read?.checks[0]?.position.file).toBe(scenarios.checks[0]?.position.file)
})

it('takes no compiled file that is older than a source, missing or broken', async () => {
  const sources = [path.join(folder, 'a.yaml')]
  writeFileSync(sources[0] ?? '', own)
  const compiled = path.join(folder, 'compiled.json')
  expect(await readCompiled(compiled, sources, folder)).toBeNull()
  writeFileSync(compiled, '{"requirements":[],"checks":[],"probes":[],"conditions":[]}')
  expect(await readCompiled(compiled, sources, folder)).toMatchObject({ checks: [] })
  const later = new Date(Date.now() + 60_000)
  utimesSync(sources[0] ?? '', later, later)
  expect(await readCompiled(compiled, sources, folder)).toBeNull()
  writeFileSync(compiled, '{')
  utimesSync(compiled, later, later)
  expect(await readCompiled(compiled, sources, folder)).toBeNull()
})

it('puts own files and folders on top of the bundled scenarios', async () => {
  const extra = path.join(folder, 'extra')
  mkdirSync(extra)
  writeFileSync(path.join(extra, 'b.yml'), own)
  writeFileSync(path.join(extra, 'notes.txt'), 'not read')
  copyFileSync(catalogueFile, path.join(extra, 'requirements.yaml'))
  const bundled = await loadScenarios()
  const both = await loadScenarios([extra])
  expect(both.checks).toHaveLength(bundled.checks.length + 1)
  expect(both.checks.at(-1)).toMatchObject({
    id: 'token.expired/own',
    expect: [{ answer: [{ status: 401 }] }],
  })
  const single = await loadScenarios([path.join(extra, 'b.yml')])
  expect(single.checks).toEqual(both.checks)
})

it('throws all problems of all files as one error', async () => {
  const files = ['c.yaml', 'd.yaml'].map((name) => path.join(folder, name))
  for (const file of files) writeFileSync(file, own.replace('refused', 'refusd'))
  const error = await loadScenarios(files).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ScenarioError)
  expect((error as ScenarioError).problems.map(({ position }) => position.file)).toEqual([
    files[0],
    files[1],
    files[1],
  ])
  expect((error as Error).message).toContain(
    'unknown expectation "refusd"; did you mean "refused"?',
  )
})
