import { setTimeout as delay } from 'node:timers/promises'
import type { EventStream } from '../client/http.ts'
import { CannotMint } from '../client/cannot-mint.ts'
import type { CannotMintKind } from '../client/cannot-mint.ts'
import type { Minted } from '../client/mint.ts'
import type { LoginClient } from '../login/login-client.ts'
import { stepView } from '../matchers/view.ts'
import type { StepView } from '../matchers/view.ts'
import type { AnswerEvidence, Evidence, Probe, StepEvidence } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { fill, FilterUnchanged, MissingValue } from '../scenario/template.ts'
import { lookupIn } from '../scope.ts'
import type { Scope } from '../scope.ts'
import { CannotTake } from './context.ts'
import type { ListenerControl, RunContext, Taken } from './context.ts'

/** How far each ledger had come when a step began, for `since`. */
export interface Mark {
  issuer: number
  secondIssuer: number
  listener: number
  upstream: number
  thirdParty: number
  /** Messages on each open stream. */
  streams: Map<string, number>
}

/** How to take back what a step arranged, and what it does to the issuer meanwhile. */
interface Undo {
  step: string
  disturbs?: boolean
  outage?: boolean
  undo: () => Promise<void>
}

/** What one probe holds while its steps are taken: its tokens, sessions, streams and undoings. */
let states = 0

export class ProbeState {
  readonly id: number = (states += 1)
  readonly run: RunContext
  readonly probe: Probe
  readonly evidence: Evidence
  readonly marks: Map<string, Mark> = new Map()
  readonly sessions: Map<string, string | null> = new Map()
  readonly streams: Map<string, EventStream> = new Map()
  readonly undo: Undo[] = []
  listener: ListenerControl | null = null
  private login: LoginClient | null = null
  timeout: number | null = null
  impatient = false
  /** Every session id that a server gave, oldest first. */
  readonly sessionIds: string[] = []
  private readonly now = Math.floor(Date.now() / 1000)
  private readonly minted: Map<string, Minted> = new Map()
  private readonly rawSteps: Map<string, StepView> = new Map()
  private readonly recordedSteps: Map<string, StepView> = new Map()

  constructor(probe: Probe, run: RunContext) {
    this.run = run
    this.probe = probe
    this.evidence = { probe: probe.key, steps: [], tokens: {}, unmet: null, control: null }
  }

  /** Replaces templates with what was really sent and received. */
  async filled(value: JsonValue): Promise<JsonValue> {
    await this.mintNamed(value)
    if (JSON.stringify(value).includes('{{listener.')) await this.ensureListener()
    const tokens = Object.fromEntries([...this.minted].map(([name, { text }]) => [name, text]))
    return this.fillWith(value, {
      facts: this.facts(),
      steps: this.rawSteps,
      tokens,
      now: this.now,
    })
  }

  /** What expectations are read in: everything redacted, as it will be when judged again. */
  recordedScope(): Scope {
    const { run } = this
    return {
      get facts() {
        return run.recordedFacts()
      },
      steps: this.recordedSteps,
      tokens: this.evidence.tokens,
      now: this.now,
    }
  }

  private facts(): JsonObject {
    return this.listener
      ? { ...this.run.facts, listener: { url: this.listener.url } }
      : this.run.facts
  }

  private fillWith(value: JsonValue, scope: Scope): JsonValue {
    try {
      return fill(value, lookupIn(scope))
    } catch (error) {
      if (error instanceof MissingValue) throw new CannotTake('broken', error.message)
      if (error instanceof FilterUnchanged) throw new CannotTake('assume', error.message)
      throw error
    }
  }

  /** Recipes of the probe are minted once, at their first use. */
  private async mintNamed(value: JsonValue): Promise<void> {
    const names = [...JSON.stringify(value).matchAll(/tokens\.([a-z0-9-]+)/g)].map(
      (match) => match[1] ?? '',
    )
    for (const name of new Set(names)) await this.namedToken(name)
  }

  private async namedToken(name: string): Promise<Minted> {
    const known = this.minted.get(name)
    if (known) return known
    const recipe = name === 'good' ? {} : this.probe.tokens[name]
    if (!isObject(recipe)) throw new CannotTake('broken', `there is no token called ${name}`)
    const minted = await this.mint((await this.filled(recipe)) as JsonObject)
    this.minted.set(name, minted)
    this.evidence.tokens[name] = this.run.register(minted.text, 'access_token')
    return minted
  }

  private async mint(recipe: JsonObject): Promise<Minted> {
    try {
      return await this.run.mint.mint(recipe)
    } catch (error) {
      if (error instanceof CannotMint) throw new CannotTake(kindOf[error.kind], error.message)
      throw error
    }
  }

  /** The token of a `send` or `open`: its own, `good` unless it says otherwise, or none. */
  async tokenOf(argument: JsonObject): Promise<Minted | null> {
    const { token = 'good', user, authorization } = argument
    if (token === 'none' || (authorization !== undefined && argument['token'] === undefined))
      return null
    const owner: JsonObject = user === 'b' ? { user: 'b' } : {}
    if (token === 'good') return this.mint(owner)
    if (typeof token === 'string') return this.namedToken(token)
    return this.mint({ ...owner, ...((await this.filled(token)) as JsonObject) })
  }

  sessionOf(name: string): string | null {
    const session = this.sessions.get(name)
    if (session === undefined)
      throw new CannotTake('broken', `no session was opened by the step ${name}`)
    return session
  }

  /** The OAuth client of this probe, loaded when a step first needs one. */
  async ensureLogin(): Promise<LoginClient> {
    if (!this.login) {
      const { LoginClient: Client } = await import('../login/login-client.ts')
      this.login = new Client(this)
    }
    return this.login
  }

  async ensureListener(): Promise<ListenerControl> {
    this.listener ??= await this.run.openListener()
    return this.listener
  }

  mark(): Mark {
    const { issuer, secondIssuer, upstream, thirdParty } = this.run
    return {
      issuer: issuer?.requests().length ?? 0,
      secondIssuer: secondIssuer?.requests().length ?? 0,
      listener: this.listener?.requests().length ?? 0,
      upstream: upstream?.requests().length ?? 0,
      thirdParty: thirdParty?.requests().length ?? 0,
      streams: new Map([...this.streams].map(([name, stream]) => [name, stream.events().length])),
    }
  }

  /** Adds what a step gave, or replaces it while the step is polled. */
  keep(
    step: StepEvidence,
    { rawRequests, rawJson }: Pick<Taken, 'rawRequests' | 'rawJson'> = {},
  ): void {
    const index = this.evidence.steps.findIndex(({ name }) => name === step.name)
    if (index === -1) this.evidence.steps.push(step)
    else this.evidence.steps[index] = step
    const answers = step.answers.map((each) => (rawJson ? { ...each, json: rawJson } : each))
    const raw = stepView({ ...step, answers }, this.run.rawRoundTrips)
    const events = this.streams.get(step.name)?.events() ?? raw.events
    const requests = rawRequests ?? raw.requests
    this.rawSteps.set(step.name, { ...raw, events, requests })
    this.recordedSteps.set(step.name, stepView(step, this.run.roundTrips))
  }

  view(name: string): StepView | undefined {
    return this.recordedSteps.get(name)
  }

  /** As it was really received. */
  rawView(name: string): StepView | undefined {
    return this.rawSteps.get(name)
  }

  /** One answer as a step of its own. */
  viewOf(name: string, answer: AnswerEvidence): StepView {
    const step: StepEvidence = { name, verb: 'send', answers: [answer], roundTrips: [], elapsed: 0 }
    return stepView(step, this.run.roundTrips)
  }

  async pause(milliseconds: number): Promise<void> {
    const { clock, signal } = this.run
    if (milliseconds > 0) await clock.wait(() => delay(milliseconds, undefined, { signal }))
  }

  /** True while we keep the server from its issuer: then a 503 is its answer, and no accident. */
  get disturbsIssuer(): boolean {
    return this.undo.some(({ disturbs }) => disturbs === true)
  }

  /** True while an issuer is down: an exchange takes as long as the target waits for it. */
  get inOutage(): boolean {
    return this.undo.some(({ outage }) => outage === true)
  }

  /** Undoes what one earlier step arranged. */
  async undoStep(name: string): Promise<void> {
    for (const entry of this.undo.filter(({ step }) => step === name).toReversed()) {
      this.undo.splice(this.undo.indexOf(entry), 1)
      await entry.undo()
    }
  }

  /** Undoes arrangements, last first, and closes what the probe opened. */
  async close(): Promise<void> {
    for (const { undo } of this.undo.splice(0).toReversed()) await undo()
    for (const stream of this.streams.values()) stream.close()
    await this.listener?.close()
    await this.login?.close()
  }
}

/** A token of another form makes no sense for this server; one that the tester cannot make is a matter of means. */
const kindOf = {
  'not-a-jwt': 'assume',
  'no-such-form': 'assume',
  'no-token': 'unheld',
  'no-issuer': 'unheld',
  'no-public-key': 'unheld',
} as const satisfies Record<CannotMintKind, CannotTake['kind']>
