import { expect, it } from 'vitest'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { bundledScenarios, catalogueFile } from '../harness/scenario/load.ts'
import { readScenarios } from '../harness/scenario/read.ts'
import { formatProblem, uniqueProblems } from '../harness/scenario/problem.ts'

const files = readdirSync(bundledScenarios)
  .filter((name) => name.endsWith('.yaml') && name !== 'requirements.yaml')
  .map((name) => path.join(bundledScenarios, name))

it('loads every bundled scenario without a problem', async () => {
  const { scenarios, problems } = await readScenarios(files, catalogueFile)
  expect(uniqueProblems(problems).map(formatProblem)).toEqual([])
  expect(scenarios.checks.length).toBeGreaterThan(300)
})
