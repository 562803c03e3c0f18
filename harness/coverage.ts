import { isMust } from './conclude.ts'
import { outcomes } from './model.ts'
import type {
  Check,
  Coverage,
  Means,
  Outcome,
  Revision,
  Role,
  Scenarios,
  Verdict,
} from './model.ts'
import { howToGive } from './plan.ts'

/** What a run set out to judge. */
export interface Judged {
  checks: Check[]
  scenarios: Scenarios
  role: Role
  revision: Revision
}

/** How much was judged, and what each missing means would add. */
export function coverageOf(
  verdicts: Verdict[],
  { checks, scenarios, role, revision }: Judged,
): Coverage {
  const counts = Object.fromEntries(
    outcomes.map((outcome) => [
      outcome,
      verdicts.filter((verdict) => verdict.outcome === outcome).length,
    ]),
  ) as Record<Outcome, number>
  const must = new Map<string, Verdict[]>()
  for (const verdict of verdicts) {
    if (isMust(verdict.level))
      must.set(verdict.requirement, [...(must.get(verdict.requirement) ?? []), verdict])
  }
  const known = new Set(checks.map(({ requirement }) => requirement))
  const total = [...scenarios.requirements.values()].filter(
    (requirement) =>
      requirement.role === role &&
      known.has(requirement.id) &&
      isMust(requirement.levels[revision] ?? 'MAY'),
  ).length
  const all = [...must.values()]
  const applicable = all.filter((list) => list.some(({ outcome }) => outcome !== 'not-applicable'))
  const judged = applicable.filter((list) =>
    list.some(({ outcome }) => outcome === 'pass' || outcome === 'violation'),
  )
  return {
    outcomes: counts,
    must: { total, applicable: applicable.length, judged: judged.length },
    unlocks: unlocksOf(verdicts),
  }
}

function unlocksOf(verdicts: Verdict[]): Coverage['unlocks'] {
  const counts = new Map<string, number>()
  for (const { outcome, missing } of verdicts) {
    if (outcome !== 'untested' || missing.length === 0) continue
    const key = missing.join(' and ')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts]
    .map(([means, checks]) => ({ means, checks, how: howTo(means) }))
    .toSorted((one, other) => other.checks - one.checks)
}

const howToGiveOthers: Record<string, string> = {
  time: 'let waits last longer (--max-wait SECONDS)',
  '--allow-writes': 'allow calls that change data (--allow-writes)',
}

function howTo(means: string): string {
  const ways = means.split(' and ').map((each) => {
    if (each.startsWith('facts.')) return `declare ${each}`
    return howToGive[each as Means] ?? howToGiveOthers[each] ?? `give ${each}`
  })
  return ways.join('; ')
}
