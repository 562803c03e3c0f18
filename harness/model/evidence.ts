import type { JsonObject, JsonValue } from '../protocol/json.ts'
import type { Revision } from './catalogue.ts'
import type { ObservedRequest } from './powers.ts'
import type { Verb } from './scenario.ts'

/** Names and values in the order and case in which they were received. */
export type HeaderList = [name: string, value: string][]

/** One HTTP request and what came back, redacted when it was recorded. */
export interface RoundTrip {
  id: number
  /** Milliseconds since the start of the run. */
  at: number
  /** Milliseconds until the answer, or until it was given up. */
  elapsed: number
  request: { method: string; url: string; headers: HeaderList; body: string }
  response: { status: number; headers: HeaderList; body: string; bytes: number } | null
  /** Why there is no answer: `refused`, `reset`, `timeout`, `tls`, `dns`, `protocol`. */
  failure: { code: string; message: string } | null
  /** The wire of the message inside, which decides how the body is read. */
  revision: Revision
  token?: SentToken
}

/** A token that was sent, without its signature. */
export interface SentToken {
  marker: string
  /** Decoded; null of one that is no JWT. */
  header: JsonValue
  claims: JsonValue
  /** How it deviates from a good one. */
  note?: string
  /** It is the token of the tester, letter by letter. */
  given?: true
}

/** What a verb answered. For HTTP verbs the round trip holds it; `json` is the verb's own record. */
export interface AnswerEvidence {
  roundTrip: number | null
  /** The answer was given to the opening of the session, so the operation was never sent. */
  opening?: true
  json?: JsonValue
  /** Of the access token that a token endpoint gave, where it can be read. */
  claims?: JsonObject
  /** Messages that arrived on an open stream. */
  events?: JsonValue[]
  /** The pages that a real browser showed, oldest first: PNG in base64. */
  screenshots?: string[]
}

export interface StepEvidence {
  name: string
  verb: Verb
  /** One for each repetition; of a poll only the last. */
  answers: AnswerEvidence[]
  /** Every round trip that the step made, openings and retries included. */
  roundTrips: number[]
  requests?: ObservedRequest[]
  /** Seconds from the first try to the last answer. */
  elapsed: number
}

export type Unmet = {
  step: string
  kind:
    | 'require'
    | 'assume'
    | 'control'
    | 'cut-short'
    | 'unheld'
    | 'out-of-reach'
    | 'void'
    | 'broken'
    | 'error'
  reason: string
}

/** Everything that one probe collected. Enough, with `facts`, to judge again without a network. */
export interface Evidence {
  probe: string
  /** The sibling that was asked, an index into `siblings` of the result; absent for the target itself. */
  sibling?: number
  steps: StepEvidence[]
  /** Recipe name → marker of the token that was minted, for templates in expectations. */
  tokens: Record<string, string>
  /** Why the steps after it were not taken. */
  unmet: Unmet | null
  control: ControlEvidence | null
}

export interface ControlEvidence {
  /** What was sent: the plain form in words. */
  what: string
  accepted: boolean
  /** Why it does not confirm, or could not be run. */
  reason: string | null
  /** False when the tester holds no valid token, so that no control can run. */
  ran: boolean
  roundTrips: number[]
}
