import type { HttpClient, RawAnswer, RawRequest } from '../client/http.ts'
import type { Mint } from '../client/mint.ts'
import type { OpenBrowser } from '../login/user-agent.ts'
import type {
  AnswerEvidence,
  IssuerControl,
  ObservedRequest,
  Revision,
  RoundTrip,
  ThirdPartyControl,
  UpstreamControl,
  Wire,
} from '../model.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import type { WaitClock } from '../wait-clock.ts'

/** A bait server of the tester's, on loopback, with a ledger of what arrived. */
export interface ListenerControl {
  readonly url: string
  requests(since?: number): ObservedRequest[]
  arrange(arrangement: { serve: string }): Promise<{ undo: () => Promise<void> }>
  close(): Promise<void>
}

/** The operation that BASE stands for in this run. */
export type BaseOperation = { method: string; params?: JsonObject }

/** Both sides of one exchange: as it was, for templates; as it was recorded, for judging. */
export interface Exchanged {
  raw: RoundTrip
  recorded: RoundTrip
}

/** What steps need of the run. Clock and network live behind it. */
export interface RunContext {
  targetUrl: string
  /** Of the target and of its siblings. */
  targetOrigins: Set<string>
  revision: Revision
  wire: Wire
  base: BaseOperation
  facts: JsonObject
  http: HttpClient
  mint: Mint
  issuer: IssuerControl | null
  secondIssuer: IssuerControl | null
  upstream: UpstreamControl | null
  thirdParty: ThirdPartyControl | null
  openListener: () => Promise<ListenerControl>
  /** A person at a real browser; null where pages are walked without one. */
  openBrowser: OpenBrowser | null
  restartTarget: (() => Promise<void>) | null
  /** Sends one request and records both sides of it. */
  exchange(request: RawRequest, note?: TokenNote): Promise<Exchanged>
  record(request: RawRequest, answer: RawAnswer, note?: TokenNote): Exchanged
  rawRoundTrips: Map<number, RoundTrip>
  roundTrips: Map<number, RoundTrip>
  /** Facts as evidence names them: without secrets, like the answers that they are compared with. */
  recordedFacts(): JsonObject
  /** Registers a secret; gives the marker that stands for it in evidence. */
  register(secret: string, label: string): string
  /** The marker of a text that the target sent as a secret of its own; it keeps no report from being written. */
  receive(secret: string, label: string): string
  redact(value: JsonValue): JsonValue
  /** Why a URL that the target named may not be fetched; null when it may. */
  mayFetch(url: string): string | null
  extraHeaders: [string, string][]
  timeout: number
  /** Milliseconds of declared waiting that the run may still spend on one poll. */
  maxWait: number
  /** Wraps a declared wait, so that it is shown apart from work. */
  clock: WaitClock
  signal: AbortSignal
  now: number
}

/** The decoded token of a request, for evidence. */
export interface TokenNote {
  text: string
  header: JsonValue
  claims: JsonValue
  note?: string
}

/** What taking a step once gave. */
export interface Taken {
  answers: AnswerEvidence[]
  roundTrips: number[]
  requests?: ObservedRequest[]
  /** The same with their secrets, for templates of later steps. */
  rawRequests?: ObservedRequest[]
  /** The verb's own record with its secrets, for templates of later steps. */
  rawJson?: JsonValue
  /** The session that an `open` or an own opening established. */
  session?: string
}

type CannotTakeKind = 'assume' | 'broken' | 'unheld' | 'out-of-reach' | 'void'

/** A step could not be taken for a reason that says nothing about the target. */
export class CannotTake extends Error {
  readonly kind: CannotTakeKind
  constructor(kind: CannotTakeKind, message: string) {
    super(message)
    this.name = 'CannotTake'
    this.kind = kind
  }
}
