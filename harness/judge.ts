import { unfulfilled, unfulfilledSteps } from './expect.ts'
import type { Unfulfilled } from './expect.ts'
import { factState } from './facts.ts'
import { readingOf } from './matchers/reading.ts'
import { stepView } from './matchers/view.ts'
import type { StepView } from './matchers/view.ts'
import type {
  Allowance,
  Check,
  Evidence,
  Level,
  Outcome,
  Remark,
  Revision,
  RoundTrip,
  Verdict,
} from './model.ts'
import type { JsonObject, JsonValue } from './protocol/json.ts'
import { tokenAccepted } from './saw-protection.ts'
import { fill } from './scenario/template.ts'
import { lookupIn } from './scope.ts'
import type { Scope } from './scope.ts'

/** What judging needs beside the evidence. All of it is saved with a run. */
export interface JudgeContext {
  revision: Revision
  facts: JsonObject
  roundTrips: ReadonlyMap<number, RoundTrip>
  level: Level
  /** The run has seen a Bearer challenge or valid metadata, so the target is a protected MCP server. */
  sawProtection: boolean
  /** The tester gave a token and the server took it nowhere, so it may be no good one. */
  tokenDoubted: boolean
  /** Seconds since the epoch at the start of the run. */
  now: number
}

/** A verdict with nothing in it yet. */
export function blankVerdict(
  check: Check,
  level: Level,
  outcome: Outcome,
  reason: string,
): Verdict {
  return {
    id: check.verdictId,
    check: check.id,
    requirement: check.requirement,
    variant: check.variant,
    level,
    outcome,
    reason,
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

/** Judges one check on recorded evidence. Pure: the same evidence gives the same verdict offline. */
export function judge(check: Check, evidence: Evidence, context: JudgeContext): Verdict {
  const scope = evidenceScope(evidence, context)
  const verdict = { ...blankVerdict(check, context.level, 'pass', ''), probe: evidence.probe }
  const stopped = judgeUnmet(verdict, evidence)
  if (stopped) return stopped
  const { control } = evidence
  if (control?.ran === true && !control.accepted) {
    return {
      ...verdict,
      outcome: 'inconclusive',
      reason: control.reason ?? `the control failed: ${control.what}`,
      roundTrip: control.roundTrips.at(-1) ?? null,
    }
  }
  const recorded = recordedValues(check, scope)
  const failure = closest(check.expect.map((map) => unfulfilledSteps(map, scope)))
  if (failure === null)
    return { ...confirm(verdict, evidence, context), recorded, roundTrip: lastRoundTrip(evidence) }
  const allowance = check.allow.find((entry) => tolerates(entry, check, scope, context.revision))
  if (allowance) {
    const remark: Remark = { text: allowance.because, faults: allowance.faults }
    const confirmed = confirm(verdict, evidence, context)
    return {
      ...confirmed,
      recorded,
      remarks: [remark, ...confirmed.remarks],
      step: failure.step,
      roundTrip: failure.roundTrip ?? lastRoundTrip(evidence),
      expected: failure.expected,
      actual: failure.actual,
    }
  }
  const roundTrip = failure.roundTrip ?? lastRoundTrip(evidence)
  const doubt = doubtOfToken(context.roundTrips.get(roundTrip ?? -1), context)
  if (doubt !== null) {
    return {
      ...verdict,
      outcome: 'inconclusive',
      reason: doubt,
      step: failure.step,
      roundTrip,
      recorded,
    }
  }
  return {
    ...verdict,
    outcome: 'violation',
    reason: diagnosis(check, scope) ?? `expected ${failure.expected}; got ${failure.actual}`,
    expected: failure.expected,
    actual: failure.actual,
    step: failure.step,
    roundTrip,
    recorded,
  }
}

/** Why the token of the failing answer may be no good one, so that nobody can be blamed; null when it is. */
function doubtOfToken(
  trip: RoundTrip | undefined,
  { tokenDoubted, facts, roundTrips }: JudgeContext,
): string | null {
  if (!trip?.token) return null
  if (tokenDoubted && trip.token.given === true)
    return 'the server took the token that you gave nowhere: it may be no good one'
  const undeclared = factState(facts, ['target', 'scopes']).kind === 'absent'
  const { status, challenge } = readingOf(trip)
  const asked = challenge.challenges.find(
    ({ parameters }) => parameters['error'] === 'insufficient_scope',
  )
  if (!undeclared || status !== 403 || !asked || tokenAccepted({ roundTrips })) return null
  const scope = asked.parameters['scope'] ?? ''
  return `the server asks for a scope that the good token lacks: declare it (--scope "${scope}", or facts.target.scopes.required)`
}

/** The scope in which expectations are read: everything in it is redacted. */
export function evidenceScope(
  evidence: Evidence,
  context: Pick<JudgeContext, 'facts' | 'roundTrips' | 'now'>,
): Scope {
  const steps = new Map<string, StepView>()
  for (const step of evidence.steps) steps.set(step.name, stepView(step, context.roundTrips))
  return { facts: context.facts, steps, tokens: evidence.tokens, now: context.now }
}

/** A broken prerequisite never shows as a violation: require, assume, then expect. */
function judgeUnmet(verdict: Verdict, evidence: Evidence): Verdict | null {
  const { unmet } = evidence
  if (!unmet) return null
  const outcome: Outcome = outcomeOfUnmet[unmet.kind]
  const step = evidence.steps.find(({ name }) => name === unmet.step)
  return {
    ...verdict,
    outcome,
    reason: unmet.reason,
    step: unmet.step,
    roundTrip: step?.roundTrips.at(-1) ?? null,
    missing: unmet.kind === 'cut-short' ? ['time'] : unmet.kind === 'unheld' ? ['issuer'] : [],
  }
}

const outcomeOfUnmet = {
  require: 'inconclusive',
  assume: 'not-applicable',
  control: 'inconclusive',
  void: 'inconclusive',
  broken: 'inconclusive',
  'cut-short': 'untested',
  unheld: 'untested',
  'out-of-reach': 'untested',
  error: 'error',
} as const satisfies Record<NonNullable<Evidence['unmet']>['kind'], Outcome>

function confirm(verdict: Verdict, evidence: Evidence, context: JudgeContext): Verdict {
  const { control } = evidence
  if (!control || control.ran) return verdict
  if (!context.sawProtection) {
    return {
      ...verdict,
      outcome: 'inconclusive',
      reason:
        'nothing has shown that this is a protected MCP server: no Bearer challenge and no valid metadata was seen',
    }
  }
  return { ...verdict, remarks: [{ text: 'not confirmed with a valid token', faults: [] }] }
}

function closest(failures: (Unfulfilled | null)[]): Unfulfilled | null {
  if (failures.includes(null)) return null
  const found = failures.filter((failure) => failure !== null)
  const [first] = found
  if (!first) return null
  const sameStep = found.filter(({ step }) => step === first.step)
  return {
    ...first,
    expected: [...new Set(sameStep.map(({ expected }) => expected))].join(', or '),
  }
}

/** The steps that the entry names meet it, and every other step still meets what is expected. */
function tolerates(entry: Allowance, check: Check, scope: Scope, revision: Revision): boolean {
  if (entry.revisions && !entry.revisions.includes(revision)) return false
  if (unfulfilledSteps(entry.is, scope) !== null) return false
  return check.expect.some((map) =>
    Object.entries(map).every(
      ([step, expectation]) =>
        step in entry.is || unfulfilled(expectation, scope.steps.get(step), scope) === null,
    ),
  )
}

function diagnosis(check: Check, scope: Scope): string | null {
  const entry = check.diagnose.find(({ is }) => unfulfilledSteps(is, scope) === null)
  const said = entry && filled(entry.say, scope)
  return typeof said === 'string' ? said : null
}

function recordedValues(check: Check, scope: Scope): Record<string, JsonValue> {
  const entries = Object.entries(check.record)
  return Object.fromEntries(entries.map(([name, template]) => [name, filled(template, scope)]))
}

/** Null where a template names what this run did not see. */
function filled(template: JsonValue, scope: Scope): JsonValue {
  try {
    return fill(template, lookupIn(scope))
  } catch {
    return null
  }
}

function lastRoundTrip(evidence: Evidence): number | null {
  return evidence.steps.flatMap(({ roundTrips }) => roundTrips).at(-1) ?? null
}
