import type { RawRequest } from '../client/http.ts'
import { allowHostOpens } from '../client/may-fetch.ts'
import type { HeaderList, RoundTrip } from '../model.ts'
import { isObject, parseJson } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { CannotTake } from './context.ts'
import type { Exchanged, RunContext, Taken } from './context.ts'
import type { ProbeState } from './probe-state.ts'
import { editHeaders } from './credential.ts'
import { splitUrl } from './split-url.ts'
import { pauseBeforeRefetch, steadily } from './steadily.ts'
import type { Steadied } from './steadily.ts'

/** One plain HTTP request: no credential, no redirect followed. */
export async function fetch(argument: JsonObject, state: ProbeState): Promise<Taken> {
  const url = String(argument['url'])
  const refusal = state.run.mayFetch(url)
  if (refusal !== null)
    throw new CannotTake(allowHostOpens(refusal) ? 'out-of-reach' : 'assume', refusal)
  const body = bodyOf(argument)
  const method = typeof argument['method'] === 'string' ? argument['method'] : body ? 'POST' : 'GET'
  const { last, roundTrips } = await fetchSteadily(url, state, {
    method,
    headers: editHeaders(
      [['Accept', 'application/json'], ...(body?.headers ?? [])],
      argument['header'],
    ),
    ...(body ? { body: body.text } : {}),
  })
  return { answers: [{ roundTrip: last.recorded.id }], roundTrips }
}

/** A fetch that is repeated a little where its answer says nothing about the document. */
export function fetchSteadily(
  url: string,
  state: ProbeState,
  request: Omit<RawRequest, 'url' | 'path' | 'timeout'>,
): Promise<Steadied> {
  const { run } = state
  const timeout = state.timeout ?? run.timeout
  return steadily(() => fetchUrl(url, run, { ...request, timeout }), state, pauseBeforeRefetch)
}

export async function fetchUrl(
  url: string,
  run: RunContext,
  request: Omit<RawRequest, 'url' | 'path'>,
): Promise<Exchanged> {
  const { origin, path } = splitUrl(url)
  return run.exchange({ ...request, url: origin, path })
}

/** The JSON object in a body; null where there is none. */
export function documentOf({ response }: RoundTrip): JsonObject | null {
  const json = parseJson(response?.body ?? '')
  return isObject(json) ? json : null
}

function bodyOf(argument: JsonObject): { text: string; headers: HeaderList } | null {
  const { form } = argument
  const json: JsonValue | undefined = argument['json']
  if (isObject(form)) {
    const text = new URLSearchParams(form as Record<string, string>).toString()
    return { text, headers: [['Content-Type', 'application/x-www-form-urlencoded']] }
  }
  if (json === undefined) return null
  return { text: JSON.stringify(json), headers: [['Content-Type', 'application/json']] }
}
