import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { bundledScenarios, catalogueFile } from '../harness/scenario/load.ts'
import { readScenarios } from '../harness/scenario/read.ts'
import { uniqueProblems } from '../harness/scenario/problem.ts'
import { UsageError } from '../harness/select.ts'
import { framed } from './failure.ts'

/** Reads the files as a run would, next to the bundled vocabulary, and prints all that is wrong. */
export async function validateCommand(places: string[]): Promise<number> {
  const files = (await Promise.all(places.map(filesOf))).flat()
  const vocabulary = path.join(bundledScenarios, 'vocabulary.yaml')
  const all = [...new Set([...files, vocabulary].map((file) => path.resolve(file)))]
  const { scenarios, problems } = await readScenarios(all, catalogueFile)
  const own = new Set(files.map((file) => path.resolve(file)))
  const found = uniqueProblems(problems).filter(({ position }) => own.has(position.file))
  if (found.length > 0) {
    const relative = found.map((each) => ({
      ...each,
      position: { ...each.position, file: path.relative(process.cwd(), each.position.file) },
    }))
    console.error(await framed(relative))
    return 2
  }
  const checks = scenarios.checks.filter(({ position }) => own.has(position.file))
  console.log(
    `${files.length === 1 ? '1 file is' : `${files.length} files are`} valid: ${new Set(checks.map(({ id }) => id)).size} checks, ${checks.length} verdicts`,
  )
  return 0
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
