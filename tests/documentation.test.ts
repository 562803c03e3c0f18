import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { configSchema } from '../cli/config-schema.ts'
import { matchers } from '../harness/matchers/index.ts'
import { operatorNames } from '../harness/matchers/value.ts'
import { verbs } from '../harness/model.ts'
import { editorSchema } from '../harness/scenario/editor-schema.ts'
import { filters } from '../harness/scenario/filters.ts'
import { bundledScenarios, catalogueFile, yamlFiles } from '../harness/scenario/load.ts'
import { formatProblem } from '../harness/scenario/problem.ts'
import { readScenarios } from '../harness/scenario/read.ts'
import { operations } from '../harness/scenario/schema.ts'
import { plantedFaults } from '../cli/faults-page.ts'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const yamlBlocks = (text: string): string[] =>
  [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, block]) => block ?? '')
const reference = read('docs/writing-scenarios.md')
const folder = mkdtempSync(path.join(tmpdir(), 'documentation-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('docs/writing-scenarios.md', () => {
  const examples = yamlBlocks(reference)
  const validate = new Ajv({ strict: false }).compile(editorSchema())

  it('has examples that the loader takes beside the bundled scenarios', async () => {
    const files = examples.map((text, index) => {
      const file = path.join(folder, `example-${index}.yaml`)
      writeFileSync(file, text)
      return file
    })
    const bundled = await yamlFiles(bundledScenarios)
    const { problems } = await readScenarios([...bundled, ...files], catalogueFile)
    expect(problems.map(formatProblem)).toEqual([])
    expect(files.length).toBeGreaterThan(3)
  })
  it('has examples whose faults are planted', async () => {
    const named = examples.flatMap((text) => [...text.matchAll(/^\s*fault: (\S+)/gm)])
    expect(named.length).toBeGreaterThan(3)
    const planted = await plantedFaults()
    for (const [, fault] of named) expect([...planted.keys()]).toContain(fault)
  })
  it.each(examples)('has examples that the published schema takes (%#)', (text) => {
    validate(parse(text))
    expect(validate.errors).toBe(null)
  })
  it.each([
    ...verbs,
    ...operations,
    ...Object.keys(matchers),
    ...Object.keys(filters),
    ...operatorNames,
  ])('tells of %s', (word) => {
    expect(reference).toMatch(new RegExp(`[\`\\s]${word}[\`:,\\s]`))
  })
})

it('shows a configuration in README.md that is accepted', () => {
  const [config] = yamlBlocks(read('README.md'))
  expect(configSchema.safeParse(parse(config ?? '')).error).toBe(undefined)
})

it('links from page to page to files that are there', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`),
  ]
  const broken = pages
    .filter((page) => page.endsWith('.md'))
    .flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) =>
        path.posix.join(path.posix.dirname(page), target ?? ''),
      ),
    )
    .filter((target) => {
      try {
        return read(target) === ''
      } catch {
        return true
      }
    })
  expect(broken).toEqual([])
})

it('gives a reason for each dependency', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >
  const reasons = read('docs/dependencies.md')
  const named = [...reasons.matchAll(/^\|([^|]*`[^|]*)\|/gm)].flatMap(([, cell]) =>
    [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''),
  )
  expect(named.toSorted()).toEqual(
    [...Object.keys(dependencies), ...Object.keys(devDependencies)].toSorted(),
  )
})
