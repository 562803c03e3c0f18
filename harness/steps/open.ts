import { setTimeout as delay } from 'node:timers/promises'
import type { EventStream } from '../client/http.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { CannotTake } from './context.ts'
import type { RunContext, Taken } from './context.ts'
import type { ProbeState } from './probe-state.ts'
import { editHeaders, requestFor } from './credential.ts'
import { operationOf } from './request.ts'
import type { Operation } from './request.ts'
import { noteOf, openSession, send, sessionHeader } from './send.ts'

/**
 * Opens a session, or a server-to-client stream that stays open to the end of the probe. On the
 * stateless wire a session is BASE, and a stream is `subscriptions/listen`.
 */
export async function open(argument: JsonObject, state: ProbeState, name: string): Promise<Taken> {
  if (argument['what'] === 'stream') return openStream(argument, state, name)
  if (state.run.wire === 'stateless') {
    state.sessions.set(name, null)
    return send({ ...argument, what: null }, state)
  }
  const token = await state.tokenOf(argument)
  const opening = await openSession(argument, token, state)
  state.sessions.set(name, opening.session)
  if (opening.session !== null) state.run.register(opening.session, 'session_id')
  return { answers: [{ roundTrip: opening.answer }], roundTrips: opening.roundTrips }
}

async function openStream(argument: JsonObject, state: ProbeState, name: string): Promise<Taken> {
  const { run } = state
  const token = await state.tokenOf(argument)
  const within = typeof argument['in'] === 'string' ? state.sessionOf(argument['in']) : null
  const operation = streamOperation(argument, within, run)
  const request = requestFor(operation, argument, token?.text ?? null, run)
  const stream = await run.http.openStream({ ...request, timeout: state.timeout ?? run.timeout })
  state.streams.set(name, stream)
  if (typeof argument['path'] === 'string') await firstEvent(stream, run)
  const { recorded, raw } = run.record(request, stream.answer, token ? noteOf(token) : undefined)
  if (raw.response === null && raw.failure === null)
    throw new CannotTake('broken', 'the stream gave neither an answer nor a failure')
  const session = sessionHeader(raw)
  return {
    answers: [{ roundTrip: recorded.id, events: run.redact(stream.events()) as JsonValue[] }],
    roundTrips: [recorded.id],
    ...(session === null ? {} : { session }),
  }
}

/** The stream of the run's wire; with a path, a plain GET as the older transport has it. */
function streamOperation(argument: JsonObject, within: string | null, run: RunContext): Operation {
  const accept: JsonObject = { Accept: 'text/event-stream' }
  if (typeof argument['path'] === 'string') {
    const headers = editHeaders([], accept)
    return { httpMethod: 'GET', headers, body: undefined, needsSession: false, answerId: null }
  }
  if (run.wire === 'stateless') {
    const notifications = { toolsListChanged: true, ...subscriptionTo(argument, run) }
    const params = { notifications }
    return operationOf({ request: { method: 'subscriptions/listen', params } }, within, run)
  }
  const operation = operationOf({ raw: { method: 'GET' } }, within, run)
  return { ...operation, headers: editHeaders(operation.headers, accept) }
}

/** The resource of a role whose changes are asked for. */
function subscriptionTo({ subscribe }: JsonObject, { facts }: RunContext): JsonObject {
  const resources = isObject(facts['resource']) ? facts['resource'] : {}
  const resource = typeof subscribe === 'string' ? resources[subscribe] : undefined
  return isObject(resource) ? { resourceSubscriptions: [resource['uri'] ?? ''] } : {}
}

const longestWait = 2000

/** Waits until a stream that opened has said something, at most two seconds. */
async function firstEvent(stream: EventStream, run: RunContext): Promise<void> {
  const { answer } = stream
  const opened =
    'headers' in answer &&
    answer.status >= 200 &&
    answer.status <= 299 &&
    answer.headers.some(
      ([name, value]) => /^content-type$/i.test(name) && /^text\/event-stream\b/i.test(value),
    )
  if (!opened) return
  const until = performance.now() + longestWait
  while (stream.events().length === 0 && performance.now() < until)
    await run.clock.wait(() => delay(20, undefined, { signal: run.signal }))
}
