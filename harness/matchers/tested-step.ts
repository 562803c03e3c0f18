import type { HeaderList, ObservedRequest, RoundTrip, StepEvidence } from '../model.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { stepView } from './view.ts'
import type { StepView } from './view.ts'

// For tests alone: steps as evidence would give them.

export interface TestedAnswer {
  status?: number | null
  headers?: HeaderList
  body?: string | JsonValue
  /** The verb's own record. */
  json?: JsonValue
  claims?: JsonObject
  events?: JsonValue[]
  opening?: true
  url?: string
  requestBody?: string
}

export interface TestedStep {
  requests?: Partial<ObservedRequest>[]
  elapsed?: number
}

/** A step with one answer for each description. */
export function stepOf(answers: TestedAnswer[], step: TestedStep = {}): StepView {
  const trips = answers.map(roundTripOf)
  const { requests, elapsed = 0 } = step
  const evidence: StepEvidence = {
    name: 'tested',
    verb: 'send',
    answers: answers.map(({ json, claims, events, opening }, id) => ({
      roundTrip: id,
      ...(json === undefined ? {} : { json }),
      ...(claims === undefined ? {} : { claims }),
      ...(events === undefined ? {} : { events }),
      ...(opening === undefined ? {} : { opening }),
    })),
    roundTrips: trips.map(({ id }) => id),
    ...(requests === undefined ? {} : { requests: requests.map(requestOf) }),
    elapsed,
  }
  return stepView(evidence, new Map(trips.map((trip) => [trip.id, trip])))
}

/** A 401 with these WWW-Authenticate lines. */
export function challengedBy(...lines: string[]): StepView {
  const headers = lines.map((line): [string, string] => ['WWW-Authenticate', line])
  return stepOf([{ status: 401, headers }])
}

function roundTripOf(answer: TestedAnswer, id: number): RoundTrip {
  const { status = 200, headers = [], body = '', requestBody = '' } = answer
  const { url = 'https://h.example/a/mcp?q=1' } = answer
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    id,
    at: 0,
    elapsed: 5,
    request: { method: 'POST', url, headers: [], body: requestBody },
    response: status === null ? null : { status, headers, body: text, bytes: text.length },
    failure: status === null ? { code: 'timeout', message: 'no answer in time' } : null,
    revision: '2025-11-25',
  }
}

function requestOf(request: Partial<ObservedRequest>): ObservedRequest {
  const blank = { endpoint: 'jwks', method: 'GET', path: '/', query: {}, header: {} }
  return { ...blank, status: 200, at: 0, ...request }
}
