import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Check, Condition, Probe, Requirement, Scenarios } from '../model.ts'

/** Scenarios as one JSON text, so that a run need not parse YAML and expand matrices again. */
interface Compiled {
  requirements: [string, Requirement][]
  checks: Check[]
  probes: [string, Probe][]
  conditions: [string, Condition][]
}

/** Files are named within the folder of the scenarios: where the package lies is known when it is read. */
export function compileScenarios(scenarios: Scenarios, folder: string): string {
  const { requirements, checks, probes, conditions } = scenarios
  const compiled: Compiled = {
    requirements: [...requirements],
    checks,
    probes: [...probes],
    conditions: [...conditions],
  }
  const inFolder = folder + path.sep
  return JSON.stringify(compiled, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(inFolder) ? value.slice(inFolder.length) : value,
  )
}

/** Null when there is no compiled file, or a source was edited after it was made. */
export async function readCompiled(
  file: string,
  sources: string[],
  folder: string,
): Promise<Scenarios | null> {
  try {
    const [made, ...edited] = await Promise.all([file, ...sources].map((each) => stat(each)))
    if (!made || edited.some(({ mtimeMs }) => mtimeMs > made.mtimeMs)) return null
    const compiled = JSON.parse(await readFile(file, 'utf8')) as Compiled
    for (const { position } of compiled.checks) position.file = path.join(folder, position.file)
    return {
      requirements: new Map(compiled.requirements),
      checks: compiled.checks,
      probes: new Map(compiled.probes),
      conditions: new Map(compiled.conditions),
    }
  } catch {
    return null
  }
}
