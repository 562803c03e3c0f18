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

/**
 * Asks each condition of the checks once per run, and several that look at one probe together. Returns
 * when those whose probe is exclusive are settled, while nothing else is under way.
 */
export async function askConditions(
  checks: Check[],
  asking: Asking,
): Promise<Map<string, AskedCondition>> {
  const { run, scenarios } = asking
  const observed = [...new Set(checks.flatMap(({ when }) => when))].flatMap((key) => {
    const condition = scenarios.conditions.get(key)
    const probe = condition?.kind === 'observed' ? scenarios.probes.get(condition.probe) : undefined
    return condition?.kind === 'observed' && probe ? [{ key, condition, probe }] : []
  })
  const probes = [...new Set(observed.map(({ probe }) => probe))]
  for (const probe of probes.filter(({ exclusive }) => exclusive)) await ask(probe, asking)
  const sent = new Map(probes.map((probe) => [probe, ask(probe, asking)]))
  return new Map(
    observed.map(({ key, condition, probe }) => {
      const against = sent
        .get(probe)
        ?.then(
          (evidence) =>
            evidence && judgeCondition(condition, evidence, { ...run, facts: run.recordedFacts() }),
        )
      return [key, { probe, against: against ?? Promise.resolve(null) }]
    }),
  )
}

async function ask(probe: Probe, { run, evidence }: Asking): Promise<Evidence | null> {
  const known = evidence.get(probe.key)
  if (known) return known
  try {
    const collected = await run.clock.work(() => runProbe(probe, run))
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
