import type { Minted } from '../client/mint.ts'
import { readingOf } from '../matchers/reading.ts'
import type { AnswerEvidence, RoundTrip } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'
import type { Exchanged, Taken, TokenNote } from './context.ts'
import type { ProbeState } from './probe-state.ts'
import { requestFor } from './credential.ts'
import { operationOf } from './request.ts'
import type { Operation } from './request.ts'
import { pauseBeforeRetry, steadily } from './steadily.ts'
import type { Steadied } from './steadily.ts'

/** Sends one MCP message with the credential that the step asks for. */
export async function send(argument: JsonObject, state: ProbeState): Promise<Taken> {
  const { run } = state
  const token = await state.tokenOf(argument)
  const named = typeof argument['in'] === 'string' && !['own', 'none'].includes(argument['in'])
  if (named) return sendWithin(argument, token, state.sessionOf(String(argument['in'])), state)
  if (argument['in'] === 'none' || run.wire === 'stateless')
    return sendWithin(argument, token, null, state)
  if (!operationOf(argument, null, run).needsSession)
    return sendWithin(argument, token, null, state)
  const opening = await openSession(argument, token, state)
  if (!opening.accepted) {
    return {
      answers: [{ roundTrip: opening.answer, opening: true }],
      roundTrips: opening.roundTrips,
    }
  }
  const sent = await sendWithin(argument, token, opening.session, state)
  return { ...sent, roundTrips: [...opening.roundTrips, ...sent.roundTrips] }
}

async function sendWithin(
  argument: JsonObject,
  token: Minted | null,
  session: string | null,
  state: ProbeState,
): Promise<Taken> {
  const operation = operationOf(argument, session, state.run)
  const { last, roundTrips } = await exchangeSteadily(operation, argument, token, state)
  const answer: AnswerEvidence = { roundTrip: last.recorded.id }
  return { answers: [answer], roundTrips }
}

/** What an opening of a session gave. */
export interface Opening {
  accepted: boolean
  session: string | null
  answer: number
  roundTrips: number[]
}

/** `initialize` with the step's own credential, then the notification that ends the handshake. */
export async function openSession(
  argument: JsonObject,
  token: Minted | null,
  state: ProbeState,
): Promise<Opening> {
  const { run } = state
  const handshake = pick(argument, ['authorization', 'carry', 'header', 'query', 'connection'])
  const able = pick(argument, ['capabilities'])
  const initialize = operationOf({ request: { method: 'initialize' }, ...able }, null, run)
  const { last, roundTrips } = await exchangeSteadily(initialize, handshake, token, state)
  const session = sessionHeader(last.raw)
  if (session !== null) state.sessionIds.push(session)
  const accepted = isAccepted(last.raw)
  if (!accepted) return { accepted, session, answer: last.recorded.id, roundTrips }
  const initialized = operationOf({ notify: 'notifications/initialized' }, session, run)
  const done = await exchangeSteadily(initialized, handshake, token, state)
  return {
    accepted,
    session,
    answer: last.recorded.id,
    roundTrips: [...roundTrips, ...done.roundTrips],
  }
}

function pick(argument: JsonObject, names: string[]): JsonObject {
  return Object.fromEntries(Object.entries(argument).filter(([name]) => names.includes(name)))
}

export function sessionHeader(roundTrip: RoundTrip): string | null {
  const headers = roundTrip.response?.headers ?? []
  return headers.find(([name]) => name.toLowerCase() === 'mcp-session-id')?.[1] ?? null
}

/** A 2xx whose body holds a JSON-RPC result. */
export function isAccepted(roundTrip: RoundTrip): boolean {
  const { response } = roundTrip
  if (!response || response.status < 200 || response.status > 299) return false
  return readingOf(roundTrip).mcp.kinds.includes('result')
}

/** One exchange of MCP, asked again where the catalogue calls its answer void. */
export async function exchangeSteadily(
  operation: Operation,
  argument: JsonObject,
  token: Minted | null,
  state: ProbeState,
): Promise<Steadied> {
  const { run } = state
  const request = {
    ...requestFor(operation, argument, token?.text ?? null, run),
    timeout: state.timeout ?? run.timeout,
    ...connectionOf(argument, state),
    ...(operation.answerId === null ? {} : { until: answersId(operation.answerId) }),
  }
  const exchange = (): Promise<Exchanged> =>
    run.exchange(request, token ? noteOf(token) : undefined)
  const patiently = state.inOutage ? () => run.clock.asWait(exchange) : exchange
  return steadily(patiently, state, (raw, attempt) =>
    state.impatient ? null : pauseBeforeRetry(raw, attempt, state.disturbsIssuer),
  )
}

/** A connection belongs to its probe alone. */
function connectionOf({ connection }: JsonObject, { id }: ProbeState): { connection?: string } {
  return typeof connection === 'string' ? { connection: `${connection} of probe ${id}` } : {}
}

/** The answer is there, or a question for the user without which there will be none. */
function answersId(id: string | number): (body: string) => boolean {
  const told = new RegExp(
    `"id"\\s*:\\s*${JSON.stringify(id)}(?![\\d.eE])|"method"\\s*:\\s*"elicitation/create"`,
  )
  return (body) => {
    const at = body.search(told)
    return at !== -1 && /\n\r?\n/.test(body.slice(at))
  }
}

export function noteOf(token: Minted): TokenNote {
  return {
    text: token.text,
    header: token.header,
    claims: token.claims,
    ...(token.note ? { note: token.note } : {}),
  }
}

/** The argument of a `send` as a map: `base` is the empty one. */
export function sendArgument(argument: unknown): JsonObject {
  return isObject(argument) ? argument : {}
}
