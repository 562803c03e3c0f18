import type { JsonObject } from '../protocol/json.ts'
import { CannotTake } from './context.ts'
import type { Taken } from './context.ts'
import type { ProbeState } from './probe-state.ts'
import { editHeaders, requestFor } from './credential.ts'
import { operationOf } from './request.ts'
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
  const stateless = run.wire === 'stateless'
  const message = stateless
    ? {
        request: {
          method: 'subscriptions/listen',
          params: { notifications: { toolsListChanged: true } },
        },
      }
    : { raw: { method: 'GET' } }
  const operation = operationOf(message, within, run)
  const headers = editHeaders(operation.headers, stateless ? {} : { Accept: 'text/event-stream' })
  const request = requestFor({ ...operation, headers }, argument, token?.text ?? null, run)
  const stream = await run.http.openStream({ ...request, timeout: state.timeout ?? run.timeout })
  state.streams.set(name, stream)
  const { recorded, raw } = run.record(request, stream.answer, token ? noteOf(token) : undefined)
  if (raw.response === null && raw.failure === null)
    throw new CannotTake('broken', 'the stream gave neither an answer nor a failure')
  const session = sessionHeader(raw)
  return {
    answers: [{ roundTrip: recorded.id }],
    roundTrips: [recorded.id],
    ...(session === null ? {} : { session }),
  }
}
