import { judgeCondition } from './judge-condition.ts'
import type { Against } from './judge-condition.ts'
import type { Check, Evidence, Probe, Scenarios } from './model.ts'
import type { RunContext } from './steps/context.ts'
import { runProbe } from './steps/run-probe.ts'

/** A condition that only answers of the target settle. An interrupted one is against nothing. */
export interface AskedCondition {
  probe: Probe
  against: Promise<Against | null>
}

interface Asking {
  run: RunContext
  scenarios: Scenarios
  evidence: Map<string, Evidence>
}

/** Asks each condition of the checks once per run, and several that look at one probe together. */
export function askConditions(checks: Check[], asking: Asking): Map<string, AskedCondition> {
  const { run, scenarios } = asking
  const sent = new Map<Probe, Promise<Evidence | null>>()
  const asked = new Map<string, AskedCondition>()
  for (const key of new Set(checks.flatMap(({ when }) => when))) {
    const condition = scenarios.conditions.get(key)
    if (condition?.kind !== 'observed') continue
    const probe = scenarios.probes.get(condition.probe)
    if (!probe) continue
    const sending = sent.get(probe) ?? ask(probe, asking)
    sent.set(probe, sending)
    const judged = sending.then(
      (evidence) =>
        evidence && judgeCondition(condition, evidence, { ...run, facts: run.recordedFacts() }),
    )
    asked.set(key, { probe, against: judged })
  }
  return asked
}

async function ask(probe: Probe, { run, evidence }: Asking): Promise<Evidence | null> {
  try {
    const collected = await runProbe(probe, run)
    if (run.signal.aborted) return null
    evidence.set(probe.key, collected)
    return collected
  } catch (error) {
    if (run.signal.aborted) return null
    throw error
  }
}

/** Those conditions that are not met, once all are settled. */
export async function settle(
  conditions: Map<string, AskedCondition>,
): Promise<Map<string, Against>> {
  const settled = [...conditions].map(async ([key, asked]) => [key, await asked.against] as const)
  const found = new Map<string, Against>()
  for (const [key, against] of await Promise.all(settled)) if (against) found.set(key, against)
  return found
}
