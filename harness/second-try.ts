import { readingOf } from './matchers/reading.ts'
import type { Evidence, Probe, RoundTrip, Step, Verdict } from './model.ts'
import { waitsOf } from './probe-order.ts'
import { flatSteps } from './scenario/derive.ts'

/** Beyond these, probes against the clock did not fail for want of time. */
const mostLate = 3
/** Beyond these, which is how many are under way at a time, the server leaves more than a moment unanswered. */
const mostUnanswered = 32

/** What decides whether a probe is sent once more. */
export interface FirstTry {
  probe: Probe
  evidence: Evidence
  /** Of the checks that share the probe. */
  verdicts: Verdict[]
}

/**
 * The probes that may owe their evidence to the crowd of the first try, and not to the server: what had
 * to work first came too late for a token of few seconds, or the very answer that would accuse, or that
 * nothing could be judged without, was never given or broke off.
 */
export function forSecondTry(
  tries: FirstTry[],
  roundTrips: ReadonlyMap<number, RoundTrip>,
): Probe[] {
  const late = tries.filter(
    ({ probe, evidence }) => waitsOf(probe) > 0 && evidence.unmet?.kind === 'require',
  )
  const unanswered = tries.filter(({ probe, evidence, verdicts }) => {
    const silent = new Set(
      patient(probe, evidence).filter((id) => isUnanswered(roundTrips.get(id))),
    )
    return verdicts.some(
      ({ outcome, roundTrip }) =>
        (outcome === 'inconclusive' && silent.size > 0) ||
        (outcome === 'violation' && roundTrip !== null && silent.has(roundTrip)),
    )
  })
  const again = [
    ...(late.length > mostLate ? [] : late),
    ...(unanswered.length > mostUnanswered ? [] : unanswered),
  ]
  return [...new Set(again.map(({ probe }) => probe))]
}

/** The round trips of the control, and of steps that set no patience of their own: theirs is part of what they ask. */
function patient(probe: Probe, evidence: Evidence): number[] {
  const names = new Set(
    flatSteps(probe.steps)
      .filter((step: Step) => step.timeout === undefined && step.impatient !== true)
      .map(({ name }) => name),
  )
  const asked = evidence.steps.filter(({ name }) => names.has(name))
  return [...asked, ...(evidence.control ? [evidence.control] : [])].flatMap(
    (each) => each.roundTrips,
  )
}

function isUnanswered(trip: RoundTrip | undefined): boolean {
  if (!trip) return false
  if (trip.response === null)
    return trip.failure?.code === 'timeout' || trip.failure?.code === 'reset'
  const { status, eventStream, mcp } = readingOf(trip)
  const calls = trip.request.method === 'POST' && trip.request.body.includes('"id"')
  return calls && status === 200 && eventStream && mcp.kinds.includes('none')
}
