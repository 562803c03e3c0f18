import { writeFile } from 'node:fs/promises'
import { compileScenarios } from '../harness/scenario/compiled.ts'
import {
  bundledScenarios,
  catalogueFile,
  compiledFile,
  yamlFiles,
} from '../harness/scenario/load.ts'
import { formatProblem, uniqueProblems } from '../harness/scenario/problem.ts'
import { readScenarios } from '../harness/scenario/read.ts'

/* Part of the build: reads the bundled scenarios once, so that a run need not. */
const { scenarios, problems } = await readScenarios(
  await yamlFiles(bundledScenarios),
  catalogueFile,
)
if (problems.length > 0) {
  console.error(uniqueProblems(problems).map(formatProblem).join('\n'))
  process.exitCode = 1
} else {
  await writeFile(compiledFile, compileScenarios(scenarios, bundledScenarios))
}
