import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Scenarios } from '../model.ts'
import { readCompiled } from './compiled.ts'
import { ScenarioError } from './problem.ts'

const here = path.dirname(fileURLToPath(import.meta.url))

/** Where the bundled scenarios are, from source and from `dist/` alike. */
export const bundledScenarios: string = await findBundled()
/** The catalogue of requirements. */
export const catalogueFile: string = path.join(bundledScenarios, 'requirements.yaml')
/** What `npm run build` made of the bundled scenarios; beside compiled code only. */
export const compiledFile: string = path.resolve(here, '../../scenarios.json')

async function findBundled(): Promise<string> {
  const candidates = ['../../scenarios', '../../../scenarios'].map((each) => path.join(here, each))
  for (const candidate of candidates) {
    const names: string[] = await readdir(candidate).catch(() => [])
    if (names.includes('requirements.yaml')) return candidate
  }
  return candidates[0] ?? here
}

/** The bundled scenarios do not change while we run: they are read once. */
let bundled: Promise<Scenarios> | null = null

/**
 * Loads topics and vocabularies of the given folders and files, on top of the bundled ones.
 * @throws ScenarioError with all problems of all files
 */
export function loadScenarios(extra: string[] = []): Promise<Scenarios> {
  if (extra.length > 0) return loadFrom([bundledScenarios, ...extra])
  bundled ??= loadBundled()
  return bundled
}

/** Compiled if nothing was edited since, else read from YAML. */
async function loadBundled(): Promise<Scenarios> {
  const files = [catalogueFile, ...(await yamlFiles(bundledScenarios))]
  return (await readCompiled(compiledFile, files, bundledScenarios)) ?? loadFrom([bundledScenarios])
}

async function loadFrom(places: string[]): Promise<Scenarios> {
  const { readScenarios } = await import('./read.ts')
  const files = (await Promise.all(places.map(yamlFiles))).flat()
  const { scenarios, problems } = await readScenarios(files, catalogueFile)
  if (problems.length > 0) throw new ScenarioError(problems)
  return scenarios
}

/** The scenario files of a folder in the order of their names; a file stands for itself. */
export async function yamlFiles(place: string): Promise<string[]> {
  if (/\.ya?ml$/.test(place)) return [place]
  const names = (await readdir(place)).filter((name) => /\.ya?ml$/.test(name))
  return names
    .filter((name) => name !== 'requirements.yaml')
    .toSorted()
    .map((name) => path.join(place, name))
}
