import { unfulfilledSteps } from './expect.ts'
import { evidenceScope } from './judge.ts'
import type { JudgeContext } from './judge.ts'
import type { Condition, Evidence, Outcome } from './model.ts'

/** Why a condition keeps a check from being judged. */
export interface Against {
  outcome: Extract<Outcome, 'not-applicable' | 'untested' | 'inconclusive'>
  reason: string
  probe: string
}

/** Null when the condition is met. A probe that broke is inconclusive, never not-applicable. */
export function judgeCondition(
  condition: Extract<Condition, { kind: 'observed' }>,
  evidence: Evidence,
  context: Pick<JudgeContext, 'facts' | 'roundTrips' | 'now'>,
): Against | null {
  const { probe, unmet } = evidence
  if (unmet?.kind === 'assume') return { outcome: 'not-applicable', reason: unmet.reason, probe }
  if (unmet?.kind === 'out-of-reach') return { outcome: 'untested', reason: unmet.reason, probe }
  if (unmet) {
    const reason = `whether this applies could not be found out: ${unmet.reason}`
    return { outcome: 'inconclusive', reason, probe }
  }
  const scope = evidenceScope(evidence, context)
  if (condition.is.some((map) => unfulfilledSteps(map, scope) === null)) return null
  return { outcome: condition.outcome, reason: condition.else, probe }
}
