import { unfulfilled } from '../expect.ts'
import type {
  AnswerEvidence,
  Evidence,
  Expectation,
  Probe,
  Step,
  StepEvidence,
  Unmet,
  Verb,
} from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { fill, seconds } from '../scenario/template.ts'
import { lookupIn } from '../scope.ts'
import { arrange } from './arrange.ts'
import { authorize } from './authorize.ts'
import { browse } from './browse.ts'
import { connect } from './connect.ts'
import { CannotTake } from './context.ts'
import type { RunContext, Taken } from './context.ts'
import { discover } from './discover.ts'
import { fetch } from './fetch.ts'
import { observe } from './observe.ts'
import { open } from './open.ts'
import { ProbeState } from './probe-state.ts'
import { register } from './register.ts'
import { requestToken } from './request-token.ts'
import { send, sendArgument } from './send.ts'
import { isVoid } from './steadily.ts'

type Take = (argument: JsonObject, state: ProbeState, name: string) => Promise<Taken>

const takers: Record<Exclude<Verb, 'together'>, Take> = {
  send,
  open,
  fetch,
  discover,
  arrange,
  observe,
  register,
  authorize,
  browse,
  'request-token': requestToken,
  connect,
}

/** Takes the steps of a probe and undoes what they arranged, also when one of them breaks. */
export async function runProbe(probe: Probe, run: RunContext): Promise<Evidence> {
  const state = new ProbeState(probe, run)
  try {
    for (const step of probe.steps) {
      state.evidence.unmet = await takeStep(step, state)
      if (state.evidence.unmet) break
    }
  } catch (error) {
    if (run.signal.aborted) throw error
    state.evidence.unmet = {
      step: probe.steps[0]?.name ?? '',
      kind: 'error',
      reason: messageOf(error),
    }
  } finally {
    await state.close()
  }
  return state.evidence
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

async function takeStep(step: Step, state: ProbeState): Promise<Unmet | null> {
  if (step.verb === 'together') return takeTogether(step, state)
  state.marks.set(step.name, state.mark())
  const started = performance.now()
  try {
    const cutShort = step.poll
      ? await takePolled(step, step.poll, state, started)
      : await takeRepeated(step, state, started)
    if (cutShort) return cutShort
  } catch (error) {
    if (!(error instanceof CannotTake)) throw error
    keep(step, { answers: [], roundTrips: [] }, state, started)
    return { step: step.name, kind: error.kind, reason: error.message }
  }
  return unmetOf(step, state)
}

async function takeTogether(step: Step, state: ProbeState): Promise<Unmet | null> {
  const inner = step.argument as unknown as Step[]
  const unmet = await state.run.clock.branch(inner.map((each) => () => takeStep(each, state)))
  return unmet.find((each) => each !== null) ?? null
}

async function takeRepeated(step: Step, state: ProbeState, started: number): Promise<null> {
  const all: Taken = { answers: [], roundTrips: [] }
  let left = step.repeat ?? 1
  const take = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const taken = await takeOnce(step, state)
      all.answers.push(...taken.answers)
      all.roundTrips.push(...taken.roundTrips)
      if (taken.requests) all.requests = taken.requests
      if (taken.rawRequests) all.rawRequests = taken.rawRequests
      if (taken.rawJson) all.rawJson = taken.rawJson
    }
  }
  await state.run.clock.branch(Array.from({ length: step.atOnce ?? 1 }, () => take))
  keep(step, { ...all, answers: telling(step, all.answers, state) }, state, started)
  return null
}

/** The answers that are none of those to be left out. */
function telling({ leaveOut, name }: Step, answers: AnswerEvidence[], state: ProbeState) {
  if (!leaveOut) return answers
  return answers.filter(
    (answer) => unfulfilled(leaveOut, state.viewOf(name, answer), state.recordedScope()) !== null,
  )
}

/** Asks again, ever more slowly, until the expectation holds or the budget ends. */
async function takePolled(
  step: Step,
  poll: { until: Expectation; within: string },
  state: ProbeState,
  started: number,
): Promise<Unmet | null> {
  const written = fill(poll.within, lookupIn(state.recordedScope()))
  const budget = seconds(String(written)) * 1000
  const allowed = Math.min(budget, state.run.maxWait)
  const all: number[] = []
  for (let pause = 100; ; pause = Math.min(pause * 1.5, 5000)) {
    const taken = await takeOnce(step, state)
    all.push(...taken.roundTrips)
    keep(step, { ...taken, roundTrips: all }, state, started)
    if (unfulfilled(poll.until, state.view(step.name), state.recordedScope()) === null) return null
    const left = allowed - (performance.now() - started)
    if (left > 0) {
      await state.pause(Math.min(pause, left))
      continue
    }
    if (allowed >= budget) return null
    return {
      step: step.name,
      kind: 'cut-short',
      reason: `waited ${Math.round(allowed / 1000)} s of the ${Math.round(budget / 1000)} s that this may take; give --max-wait ${Math.ceil(budget / 1000)}`,
    }
  }
}

async function takeOnce(step: Step, state: ProbeState): Promise<Taken> {
  state.timeout = step.timeout ?? null
  state.impatient = step.impatient === true
  const argument = sendArgument(step.argument)
  const { token, ...rest } = argument
  const filled = (await state.filled(rest)) as JsonObject
  const whole = token === undefined ? filled : { ...filled, token }
  return takers[step.verb as Exclude<Verb, 'together'>](whole, state, step.name)
}

function keep(step: Step, taken: Taken, state: ProbeState, started: number): void {
  const evidence: StepEvidence = {
    name: step.name,
    verb: step.verb,
    answers: taken.answers,
    roundTrips: taken.roundTrips,
    elapsed: Math.round(performance.now() - started) / 1000,
    ...(taken.requests ? { requests: taken.requests } : {}),
  }
  state.keep(evidence, taken)
}

/** Why the probe stops here: an answer that is void, `require` unmet, `assume` unmet. */
function unmetOf(step: Step, state: ProbeState): Unmet | null {
  const view = state.view(step.name)
  const last = view?.answers.at(-1) as { roundTrip: number | null } | undefined
  if (
    last &&
    step.impatient !== true &&
    typeof last.roundTrip === 'number' &&
    isVoid(state.run.rawRoundTrips.get(last.roundTrip), state.disturbsIssuer)
  ) {
    return {
      step: step.name,
      kind: 'void',
      reason: `${step.name}: the target answered 429 or 503 with Retry-After to every try`,
    }
  }
  if (step.require) {
    const failure = unfulfilled(step.require, view, state.recordedScope())
    if (failure)
      return {
        step: step.name,
        kind: 'require',
        reason: `${step.name}: needed ${failure.expected}; got ${failure.actual}`,
      }
  }
  if (step.assume) {
    const failure = unfulfilled(step.assume.is, view, state.recordedScope())
    if (failure) {
      const kind = step.assume.outcome === 'untested' ? 'out-of-reach' : 'assume'
      return { step: step.name, kind, reason: step.assume.else }
    }
  }
  return null
}

/** True for the evidence of an answer that was given at the opening of a session. */
export function givenAtOpening(answer: AnswerEvidence | undefined): boolean {
  return answer?.opening === true
}

/** The argument of a step as a map, for readers that only look. */
export function argumentOf(step: Step): Record<string, JsonValue> {
  return isObject(step.argument) ? step.argument : {}
}
