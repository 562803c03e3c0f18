import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { compileScenarios, readCompiled } from '../harness/scenario/compiled.ts'
import {
  bundledScenarios,
  catalogueFile,
  compiledFile,
  yamlFiles,
} from '../harness/scenario/load.ts'
import { formatProblem, uniqueProblems } from '../harness/scenario/problem.ts'
import { compileFacts } from '../harness/target/bundled-facts.ts'
import { bundledServers } from '../harness/target/bundled.ts'

/* Part of the build: reads the bundled scenarios and facts once, so that a run need not. */
const files = await yamlFiles(bundledScenarios)
const code = (await Promise.all(['scenario', 'matchers', 'protocol', 'model'].map(codeOf))).flat()
// the folder changes when a file is taken away
const sources = [bundledScenarios, catalogueFile, ...files, ...code]
if ((await readCompiled(compiledFile, sources, bundledScenarios)) === null) await compile()
await Promise.all(Object.keys(bundledServers).map(compileFacts))

async function codeOf(name: string): Promise<string[]> {
  const folder = path.resolve(import.meta.dirname, '../harness', name)
  return (await readdir(folder)).map((file) => path.join(folder, file))
}

async function compile(): Promise<void> {
  const { readScenarios } = await import('../harness/scenario/read.ts')
  const { scenarios, problems } = await readScenarios(files, catalogueFile)
  if (problems.length > 0) {
    console.error(uniqueProblems(problems).map(formatProblem).join('\n'))
    process.exitCode = 1
  } else {
    await writeFile(compiledFile, compileScenarios(scenarios, bundledScenarios))
  }
}
