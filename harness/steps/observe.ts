import type { ObservedRequest, RoundTrip } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { seconds } from '../scenario/template.ts'
import { describeSessionIds } from '../protocol/session-ids.ts'
import { observeUpstream } from './observe-upstream.ts'
import { CannotTake } from './context.ts'
import type { Taken } from './context.ts'
import type { ProbeState } from './probe-state.ts'

const ownAgent = /^mcp-auth-conformance\//

/** Reads a ledger: of the issuer, the listener, the upstream, an open stream, or the whole run. */
export async function observe(argument: JsonObject, state: ProbeState): Promise<Taken> {
  const settle = typeof argument['settle'] === 'string' ? seconds(argument['settle']) * 1000 : 0
  await state.pause(settle)
  const where = isObject(argument['where']) ? argument['where'] : {}
  const at = String(argument['at'])
  if (at === 'run') return observeRun(where, state)
  if (at === 'session-ids') {
    const json = describeSessionIds(state.sessionIds)
    return { answers: [{ roundTrip: null, json }], roundTrips: [], requests: [] }
  }
  const stream = state.streams.get(at)
  if (stream) {
    const mark = typeof argument['since'] === 'string' ? state.marks.get(argument['since']) : null
    const events = stream.events().slice(mark?.streams.get(at) ?? 0)
    return {
      answers: [
        {
          roundTrip: null,
          events: state.run.redact(events) as JsonValue[],
          json: { last_event_id: stream.lastEventId() },
        },
      ],
      roundTrips: [],
      requests: [],
    }
  }
  const requests = ledger(at, argument['since'], state)
    .filter(({ header }) => argument['own'] === true || !ownAgent.test(header['user-agent'] ?? ''))
    .filter((request) => matchesWhere(request as unknown as JsonObject, where))
  if (at === 'upstream') return observeUpstream(requests, state.run)
  return {
    answers: [],
    roundTrips: [],
    requests: state.run.redact(requests as unknown as JsonValue) as unknown as ObservedRequest[],
  }
}

function ledger(at: string, since: JsonValue | undefined, state: ProbeState): ObservedRequest[] {
  const mark = typeof since === 'string' ? state.marks.get(since) : undefined
  if (at === 'issuer' && state.run.issuer) return state.run.issuer.requests(mark?.issuer ?? 0)
  if (at === 'second-issuer' && state.run.secondIssuer)
    return state.run.secondIssuer.requests(mark?.secondIssuer ?? 0)
  if (at === 'upstream' && state.run.upstream)
    return state.run.upstream.requests(mark?.upstream ?? 0)
  if (at === 'third-party' && state.run.thirdParty)
    return state.run.thirdParty.requests(mark?.thirdParty ?? 0)
  if (at === 'listener') return state.listener?.requests(mark?.listener ?? 0) ?? []
  throw new CannotTake('broken', `nothing can be observed at ${at}`)
}

function observeRun(where: JsonObject, state: ProbeState): Taken {
  const { targetOrigins } = state.run
  const trips = [...state.run.roundTrips.values()].filter((trip) => {
    const { status, ...request } = observed(trip, targetOrigins)
    return matchesWhere(
      { ...request, status: status === 0 ? 'none' : status } as unknown as JsonObject,
      where,
    )
  })
  const ids = trips.map(({ id }) => id)
  return {
    answers: ids.map((roundTrip) => ({ roundTrip })),
    roundTrips: ids,
    requests: trips.map((trip) => observed(trip, targetOrigins)),
  }
}

function originOf({ request }: RoundTrip): string {
  return URL.canParse(request.url) ? new URL(request.url).origin : ''
}

function pathOf(trip: RoundTrip): string {
  return trip.request.url.replace(/^[a-z]+:\/\/[^/]*/i, '')
}

const observations = new WeakMap<RoundTrip, ObservedRequest>()

/** `target` is whatever stands at the origin of the target or of a sibling; all else is `elsewhere`. */
function observed(trip: RoundTrip, targetOrigins: Set<string>): ObservedRequest {
  const known = observations.get(trip)
  if (known) return known
  const made: ObservedRequest = {
    endpoint: targetOrigins.has(originOf(trip)) ? 'target' : 'elsewhere',
    method: trip.request.method,
    path: pathOf(trip),
    query: {},
    header: Object.fromEntries(
      trip.request.headers.map(([name, value]) => [name.toLowerCase(), value]),
    ),
    status: trip.response?.status ?? 0,
    at: trip.at,
  }
  observations.set(trip, made)
  return made
}

/**
 * Each member of `where` is a value or a list of them; a status may be a class such as `4xx`, and a
 * path is compared without its query.
 */
function matchesWhere(request: JsonObject, where: JsonObject): boolean {
  return Object.entries(where).every(([name, wanted]) => {
    const comparable = (value: JsonValue | undefined): string =>
      name === 'path' ? String(value).replace(/\?.*$/, '') : String(value)
    const found = comparable(request[name])
    const list = Array.isArray(wanted) ? wanted : [wanted]
    return list.some((each) => {
      const text = comparable(each)
      return name === 'status' && /^[1-5]xx$/.test(text)
        ? found.startsWith(text[0] ?? '') && found.length === 3
        : found === text
    })
  })
}
