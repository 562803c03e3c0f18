import { conformantRules, type Rules } from './rules.ts'

/** A planted deviation: one sentence, and the rules that it replaces. */
export interface Fault {
  about: string
  plant: (rules: Rules) => Partial<Rules>
}

export const faults: Record<string, Fault> = {}

/** The rules with the faults of a comma-separated list; throws when one of them does not exist. */
export function withFaults(list: string | undefined): Rules {
  const names = (list ?? '').split(',').map((name) => name.trim())
  let rules = conformantRules
  for (const name of names.filter((entry) => entry !== '')) {
    const fault = faults[name]
    if (fault === undefined) throw new Error(`FAULT names "${name}", which is not planted here.`)
    rules = { ...rules, ...fault.plant(rules) }
  }
  return rules
}
