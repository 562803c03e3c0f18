import { loadScenarios } from '../harness/scenario/load.ts'
import { selectChecks } from '../harness/select.ts'
import type { Check } from '../harness/model.ts'

/** Prints the checks, or the planted faults with the checks that catch them. */
export async function listCommand(flags: {
  only?: string[]
  faults?: boolean
  scenarios?: string[]
}): Promise<number> {
  const { checks, requirements } = await loadScenarios(flags.scenarios ?? [])
  const selected = selectChecks(checks, flags.only ?? [], [])
  if (flags.faults === true) {
    for (const [fault, ids] of faultsOf(selected)) console.log(`${fault}  ${[...ids].join(' ')}`)
    return 0
  }
  const byId = new Map<string, Check[]>()
  for (const check of selected) byId.set(check.id, [...(byId.get(check.id) ?? []), check])
  for (const [id, variants] of byId) {
    const [first] = variants
    const levels = Object.values(requirements.get(first?.requirement ?? '')?.levels ?? {})
    const count = variants.length > 1 ? ` (${variants.length} variants)` : ''
    console.log(
      `${id.padEnd(52)} ${(levels.at(-1) ?? '').padEnd(10)} ${first?.title ?? ''}${count}`,
    )
  }
  console.error(
    `${byId.size} checks, ${selected.length} verdicts, ${new Set(selected.map(({ requirement }) => requirement)).size} requirements`,
  )
  return 0
}

/** Fault → the checks that it turns red or whose remark it turns on. */
export function faultsOf(checks: Check[]): Map<string, Set<string>> {
  const faults = new Map<string, Set<string>>()
  for (const check of checks) {
    for (const fault of [...check.faults, ...check.allow.flatMap((entry) => entry.faults)]) {
      faults.set(fault, (faults.get(fault) ?? new Set()).add(check.id))
    }
  }
  return new Map([...faults].toSorted(([one], [other]) => one.localeCompare(other)))
}
