import type {
  AnswerEvidence,
  HeaderList,
  ObservedRequest,
  RoundTrip,
  StepEvidence,
  Verb,
} from '../model.ts'
import type { ChallengeReading } from '../protocol/challenge.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { elicitedPages } from '../protocol/elicitation.ts'
import type { McpAnswer } from '../protocol/mcp-answer.ts'
import { readingOf } from './reading.ts'
import type { Reading } from './reading.ts'

/** What matchers see of one answer. Derived from redacted evidence alone. */
export interface AnswerView {
  /** Null when no answer came. */
  status: number | null
  headers: HeaderList
  /** All lines of a name, joined as one; `undefined` without any. */
  header(name: string): string | undefined
  body: string
  /** Of the request that it answers. */
  requestBody: string
  /** The verb's own record; else the body as JSON; for an event stream the message inside. */
  json: JsonValue | undefined
  /** Of the access token in it; null where none can be read. */
  claims: JsonObject | null
  mcp: McpAnswer
  challenge: ChallengeReading
  /** Where a 3xx sends the client, as an absolute URL. */
  redirect: string | null
  /** The first page to which it sends its user (MCP elicitation, URL mode). */
  page: string | null
  url: string
  /** Milliseconds. */
  elapsed: number
  roundTrip: number | null
  /** In words, for `record`. */
  decision: Decision
  session: string | null
  eventStream: boolean
  /** The answer was given to the opening of the session, so the operation was never sent. */
  opening: boolean
  /** Why there is no answer. */
  failure: string | null
  /** Messages that arrived on an open stream; null when no stream was read. */
  events: JsonValue[] | null
}

export type Decision = 'accepted' | 'refused' | 'no answer' | `status ${number}`

/** What matchers see of a step. */
export interface StepView {
  name: string
  verb: Verb
  answers: AnswerView[]
  requests: ObservedRequest[] | null
  events: JsonValue[] | null
  /** Seconds. */
  elapsed: number
}

/** Derives everything from recorded evidence, so that a saved run can be judged offline. */
export function stepView(step: StepEvidence, roundTrips: ReadonlyMap<number, RoundTrip>): StepView {
  const answers = step.answers.map((answer) => answerView(answer, roundTrips))
  const streams = answers.flatMap(({ events }) => (events ? [events] : []))
  return {
    name: step.name,
    verb: step.verb,
    answers,
    requests: step.requests ?? null,
    events: streams.length === 0 ? null : streams.flat(),
    elapsed: step.elapsed,
  }
}

function answerView(
  answer: AnswerEvidence,
  roundTrips: ReadonlyMap<number, RoundTrip>,
): AnswerView {
  const trip = answer.roundTrip === null ? undefined : roundTrips.get(answer.roundTrip)
  const reading = readingOf(trip)
  const header = (name: string): string | undefined => reading.header(name)
  return {
    status: reading.status,
    headers: reading.headers,
    header,
    body: reading.body,
    requestBody: trip?.request.body ?? '',
    get json() {
      return answer.json === undefined ? reading.json : answer.json
    },
    claims: answer.claims ?? null,
    get mcp() {
      return reading.mcp
    },
    get challenge() {
      return reading.challenge
    },
    redirect: redirectOf(reading.status, header('location'), trip?.request.url ?? ''),
    get page() {
      return elicitedPages(reading.mcp)[0] ?? null
    },
    url: trip?.request.url ?? '',
    elapsed: trip?.elapsed ?? 0,
    roundTrip: answer.roundTrip,
    get decision() {
      return decisionOf(reading)
    },
    session: header('mcp-session-id') ?? null,
    eventStream: reading.eventStream,
    opening: answer.opening ?? false,
    failure: trip?.failure?.code ?? null,
    events: answer.events ?? null,
  }
}

const redirects = [301, 302, 303, 307, 308]

/** Resolved as text: a URL parser would percent-encode the marks of the recorder. */
function redirectOf(
  status: number | null,
  location: string | undefined,
  url: string,
): string | null {
  if (status === null || !redirects.includes(status) || location === undefined) return null
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return location
  const [origin = '', scheme = ''] = /^([a-z][a-z0-9+.-]*:)\/\/[^/?#]*/i.exec(url) ?? []
  if (location.startsWith('//')) return `${scheme}${location}`
  if (location.startsWith('/')) return `${origin}${location}`
  const path = url.slice(origin.length).replace(/[?#].*$/, '')
  if (location === '' || /^[?#]/.test(location)) return `${origin}${path}${location}`
  return `${origin}${path.replace(/[^/]*$/, '') || '/'}${location}`
}

function decisionOf({ status, mcp }: Reading): Decision {
  if (status === null) return 'no answer'
  if (status >= 200 && status < 300 && mcp.kinds.includes('result')) return 'accepted'
  if (status === 401 && mcp.kinds.includes('none')) return 'refused'
  return `status ${status}`
}
