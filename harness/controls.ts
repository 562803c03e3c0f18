import { describeContent } from './matchers/describe-answer.ts'
import { readingOf } from './matchers/reading.ts'
import type { ControlEvidence, Probe } from './model.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject } from './protocol/json.ts'
import { deviates, isControlled } from './plain-form.ts'
import { flatSteps } from './scenario/derive.ts'
import type { RunContext } from './steps/context.ts'
import { ProbeState } from './steps/probe-state.ts'
import { isAccepted, send } from './steps/send.ts'

/** The plain forms of a probe's deviating steps: the same operation with the good token, no edits. */
export function plainForms(probe: Probe): JsonObject[] {
  if (!isControlled(probe)) return []
  if (probe.afterRun) return [{}]
  const forms = flatSteps(probe.steps)
    .filter(({ verb, argument }) => (verb === 'send' || verb === 'open') && deviates(argument))
    .map(({ argument }) => plainForm(isObject(argument) ? argument : {}))
  return [...new Map(forms.map((form) => [JSON.stringify(form), form])).values()]
}

/** Messages that have no result of their own, and raw bytes, stand on BASE. */
function plainForm(argument: JsonObject): JsonObject {
  const { call, capabilities } = argument
  const user = argument['user'] === 'b' ? { user: 'b' } : {}
  if (typeof call !== 'string' || call === 'writes') return user
  return { call, ...user, ...(capabilities === undefined ? {} : { capabilities }) }
}

function inWords(form: JsonObject): string {
  const operation =
    typeof form['call'] === 'string' ? `a call of the ${form['call']} tool` : 'the probe request'
  return `${operation} with a valid token${form['user'] === 'b' ? ' of user b' : ''}`
}

/** Sends each distinct control once, when somebody first asks for it. */
export class Controls {
  private readonly sent = new Map<string, Promise<ControlEvidence>>()
  private readonly run: RunContext
  private readonly holdsToken: boolean

  constructor(run: RunContext, holdsToken: boolean) {
    this.run = run
    this.holdsToken = holdsToken
  }

  /** Forgets what was confirmed, so that the next question is asked anew. */
  renew(): void {
    this.sent.clear()
  }

  /** Null when the probe has no deviating step. */
  async confirm(probe: Probe): Promise<ControlEvidence | null> {
    const forms = plainForms(probe)
    if (forms.length === 0) return null
    if (!this.holdsToken) {
      return {
        what: forms.map(inWords).join('; '),
        accepted: false,
        ran: false,
        reason: null,
        roundTrips: [],
      }
    }
    const all = await Promise.all(forms.map((form) => this.confirmForm(form)))
    const failed = all.find(({ accepted }) => !accepted)
    return {
      what: all.map(({ what }) => what).join('; '),
      accepted: failed === undefined,
      ran: true,
      reason: failed?.reason ?? null,
      roundTrips: all.flatMap(({ roundTrips }) => roundTrips),
    }
  }

  private confirmForm(form: JsonObject): Promise<ControlEvidence> {
    const key = JSON.stringify(form)
    const known = this.sent.get(key)
    if (known) return known
    const asked = this.send(form)
    this.sent.set(key, asked)
    return asked
  }

  private async send(form: JsonObject): Promise<ControlEvidence> {
    const what = inWords(form)
    const probe: Probe = {
      key: 'control',
      name: what,
      steps: [],
      tokens: {},
      control: { kind: 'plain' },
      when: [],
      means: [],
      writes: false,
      exclusive: false,
      afterRun: false,
    }
    try {
      const { answers, roundTrips } = await send(form, new ProbeState(probe, this.run))
      const trip = this.run.rawRoundTrips.get(answers[0]?.roundTrip ?? -1)
      const accepted = trip !== undefined && isAccepted(trip)
      const reading = readingOf(this.run.roundTrips.get(answers[0]?.roundTrip ?? -1))
      const got = trip?.response
        ? `${trip.response.status} with ${describeContent(reading)}`
        : (trip?.failure?.message ?? 'no answer')
      return {
        what,
        accepted,
        ran: true,
        reason: accepted
          ? null
          : `the control failed: ${what} was not accepted (${got})${this.expiryHint()}`,
        roundTrips,
      }
    } catch (error) {
      return {
        what,
        accepted: false,
        ran: true,
        reason: `the control could not be sent: ${(error as Error).message}`,
        roundTrips: [],
      }
    }
  }

  /** A token that the tester gave may run out on the way. */
  private expiryHint(): string {
    const expiry = this.run.mint.expiryOfGiven()
    if (expiry === null || expiry * 1000 > Date.now()) return ''
    return `; the token you gave expired at ${new Date(expiry * 1000).toISOString()}`
  }
}

/** Both must have been accepted: before the first step and after the last. */
export function bothControls(
  before: ControlEvidence | null,
  after: ControlEvidence | null,
): ControlEvidence | null {
  if (!before || !after) return before ?? after
  return {
    ...before,
    accepted: before.accepted && after.accepted,
    reason: before.reason ?? after.reason,
    roundTrips: [...new Set([...before.roundTrips, ...after.roundTrips])],
  }
}
