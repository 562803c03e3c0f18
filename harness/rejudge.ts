import { blankVerdict, judge } from './judge.ts'
import type { JudgeContext } from './judge.ts'
import { judgeCondition } from './judge-condition.ts'
import type { Against } from './judge-condition.ts'
import { levelIn } from './level.ts'
import type { Check, Evidence, RunResult, Scenarios, Verdict } from './model.ts'
import { sawProtection, tokenDoubted } from './saw-protection.ts'

/**
 * Judges the evidence of a saved run again, without a network: by the scenarios that the run used it
 * gives the verdicts of the run. What was decided before anything was sent is kept. Evidence that
 * the scenarios no longer ask for leaves a check `untested`, and the reason says so.
 */
export function rejudge(result: RunResult, scenarios: Scenarios): Verdict[] {
  const saved = new SavedRun(result, scenarios)
  const checks = new Map(scenarios.checks.map((check) => [check.verdictId, check]))
  return result.verdicts.map((recorded) => {
    if (recorded.probe === null) return recorded
    const check = checks.get(recorded.id)
    return check ? saved.judge(check) : withoutCheck(recorded)
  })
}

class SavedRun {
  private readonly result: RunResult
  private readonly scenarios: Scenarios
  private readonly evidence: ReadonlyMap<string, Evidence>
  private readonly shared: Omit<JudgeContext, 'facts' | 'level'>

  constructor(result: RunResult, scenarios: Scenarios) {
    this.result = result
    this.scenarios = scenarios
    this.evidence = new Map(result.evidence.map((each) => [each.probe, each]))
    const roundTrips = new Map(result.roundTrips.map((trip) => [trip.id, trip]))
    this.shared = {
      revision: result.revision,
      roundTrips,
      sawProtection: sawProtection({ roundTrips }),
      tokenDoubted: tokenDoubted({ roundTrips }, result.means),
      now: Math.floor(Date.parse(result.started) / 1000),
    }
  }

  judge(check: Check): Verdict {
    const level = levelIn(this.scenarios.requirements.get(check.requirement), this.result.revision)
    const against = this.againstConditions(check)
    if (against) {
      const { outcome, reason, probe } = against
      return { ...blankVerdict(check, level, outcome, reason), probe }
    }
    const evidence = this.evidence.get(check.probe)
    if (!evidence) {
      const reason = 'the report holds no evidence for it: its steps have changed since the run'
      return blankVerdict(check, level, 'untested', reason)
    }
    return judge(check, evidence, { ...this.shared, facts: this.factsOf(evidence), level })
  }

  private againstConditions(check: Check): Against | null {
    for (const key of check.when) {
      const condition = this.scenarios.conditions.get(key)
      if (condition?.kind !== 'observed') continue
      const evidence = this.evidence.get(condition.probe)
      const context = { ...this.shared, facts: this.result.facts }
      const against = evidence ? judgeCondition(condition, evidence, context) : null
      if (against) return against
    }
    return null
  }

  /** Those of the instance that gave the evidence. */
  private factsOf({ sibling }: Evidence): RunResult['facts'] {
    return (
      (sibling === undefined ? undefined : this.result.siblings[sibling]?.facts) ??
      this.result.facts
    )
  }
}

function withoutCheck(recorded: Verdict): Verdict {
  return {
    ...recorded,
    outcome: 'untested',
    reason: 'the scenarios have no such check any more',
    remarks: [],
    expected: null,
    actual: null,
    step: null,
    roundTrip: null,
    missing: [],
    recorded: {},
    probe: null,
  }
}
