import { isLoopback } from '../client/loopback.ts'
import { isObject, parseJson } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import type { RoundTrip } from '../model.ts'
import type { Taken } from './context.ts'
import { documentOf, fetchSteadily } from './fetch.ts'
import type { ProbeState } from './probe-state.ts'

const word = (words: string): RegExp => new RegExp(`(?:^|[^a-z])(?:${words})(?:[^a-z]|$)`, 'i')
const ofTokens = word('tokens?|jwts?')
const ofDevelopment = word(
  'dev|develop|development|demo|debug|tests?|testing|samples?|examples?|mocks?|fake|sandbox|playground',
)
const otherwise = word(
  'revoke|reset|clear|delete|purge|invalidate|expire|introspect|verify|validate|info|usage',
)
/** Members of an answer in which a token may stand. */
const members = ['access_token', 'accessToken', 'token', 'jwt', 'id_token']
const most = 5

/**
 * Asks, without credentials, the routes of the target's own `openapi.json` that hand out tokens for
 * development, by their names. `json` of the step: `documented` (there is such a document), `routes[]`
 * (`url`, `method`, `status`) and `token`, the first that was given, else the text `none`. What
 * changes something on a server elsewhere is not asked: there only routes by GET are.
 */
export async function discoverTokenRoutes(state: ProbeState): Promise<Taken> {
  const { origin, hostname } = new URL(state.run.targetUrl)
  const { last, roundTrips } = await ask(`${origin}/openapi.json`, 'GET', state)
  const document = last.raw.response?.status === 200 ? documentOf(last.raw) : null
  const routes: JsonObject[] = []
  let token = 'none'
  for (const { path, method } of tokenRoutes(document, isLoopback(hostname)).slice(0, most)) {
    const url = origin + path
    const asked = await ask(url, method, state)
    roundTrips.push(...asked.roundTrips)
    routes.push({ url, method, status: asked.last.raw.response?.status ?? null })
    if (token === 'none') token = tokenIn(asked.last.raw) ?? 'none'
  }
  if (token !== 'none') state.run.register(token, 'access_token')
  const json: JsonObject = { documented: document !== null, routes, token }
  return {
    answers: [{ roundTrip: roundTrips.at(-1) ?? null, json: state.run.redact(json) }],
    roundTrips,
    rawJson: json,
  }
}

function ask(url: string, method: string, state: ProbeState): ReturnType<typeof fetchSteadily> {
  const body = method === 'POST' ? { body: '{}' } : {}
  const type: [string, string][] = method === 'POST' ? [['Content-Type', 'application/json']] : []
  return fetchSteadily(url, state, {
    method,
    headers: [['Accept', 'application/json'], ...type],
    ...body,
  })
}

/** Those that can be asked without more than their path. */
function tokenRoutes(
  document: JsonObject | null,
  mayChange: boolean,
): { path: string; method: string }[] {
  const paths = isObject(document?.['paths']) ? document['paths'] : {}
  return Object.entries(paths).flatMap(([path, operations]) => {
    const isRoute = /^\/[^{}\s]*$/.test(path) && !otherwise.test(path)
    if (!isRoute || !ofTokens.test(path) || !ofDevelopment.test(path)) return []
    const methods = mayChange ? ['get', 'post'] : ['get']
    return isObject(operations)
      ? methods
          .filter((method) => method in operations)
          .map((method) => ({ path, method: method.toUpperCase() }))
      : []
  })
}

/** In the members of a JSON object, or of its `data`, or a JWT that is all of the text. */
function tokenIn({ response }: RoundTrip): string | null {
  if (response === null || response.status < 200 || response.status > 299) return null
  const json: JsonValue | undefined = parseJson(response.body)
  const places = isObject(json) ? [json, json['data']] : []
  const found = places
    .filter((place): place is JsonObject => isObject(place))
    .flatMap((place) => members.map((name) => place[name]))
    .find((value) => typeof value === 'string' && value !== '')
  if (typeof found === 'string') return found
  const text = typeof json === 'string' ? json : response.body.trim()
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text) ? text : null
}
