import { allowHostOpens } from '../client/may-fetch.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { authorizationServerMetadataUrls } from '../protocol/well-known.ts'
import { compareKeys } from './compare-keys.ts'
import type { RunContext, Taken } from './context.ts'
import { discoverResource } from './discover-resource.ts'
import { documentOf, fetchSteadily } from './fetch.ts'
import type { ProbeState } from './probe-state.ts'
import { isVoidFetch } from './steadily.ts'

/** The metadata of every issuer that the resource lists, and whose keys the resource shares. */
export async function discoverServers(argument: JsonObject, state: ProbeState): Promise<Taken> {
  const { taken, document } = await discoverResource(argument, state)
  const listed = document?.['authorization_servers']
  const issuers = Array.isArray(listed) ? listed.filter((issuer) => typeof issuer === 'string') : []
  const servers = await Promise.all(issuers.map((issuer) => discoverIssuer(issuer, state)))
  const issued = servers.map(({ json: { document: metadata } }) => metadata ?? null)
  const keys = await compareKeys(document, issued, state)
  const roundTrips = [
    ...taken.roundTrips,
    ...servers.flatMap((server) => server.roundTrips),
    ...keys.roundTrips,
  ]
  const json: JsonObject = {
    servers: servers.map((server, index) => ({
      ...server.json,
      same_origin: isOwnOrigin(issuers[index] ?? '', state.run),
      shared_keys: keys.ofIssuer[index] ?? [],
    })),
    document,
    resource_keys: { state: keys.state, shared: keys.shared },
  }
  return {
    answers: [{ roundTrip: roundTrips.at(-1) ?? null, json: state.run.redact(json) }],
    roundTrips,
  }
}

/** Server and issuer stand on one origin: that which we connect to, or that which is published. */
function isOwnOrigin(issuer: string, { targetUrl, facts }: RunContext): boolean {
  const target = isObject(facts['target']) ? facts['target'] : {}
  const origin = (url: string): string | null => (URL.canParse(url) ? new URL(url).origin : null)
  return [targetUrl, String(target['resource_origin'])].some(
    (url) => origin(url) !== null && origin(url) === origin(issuer),
  )
}

/**
 * The first metadata document that answers for an issuer, and how its issuer differs. Where none is
 * the same and a place did not answer, or with 429 or 503, the issuer is `unreachable`.
 */
export async function discoverIssuer(
  issuer: string,
  state: ProbeState,
): Promise<{ json: JsonObject; roundTrips: number[] }> {
  const roundTrips: number[] = []
  let best: JsonObject | null = null
  let isOpen = false
  let earlierMismatch = false
  const refusal = state.run.mayFetch(issuer)
  const urls = refusal === null ? authorizationServerMetadataUrls(issuer) : []
  for (const url of urls) {
    const fetched = await fetchSteadily(url, state, {
      method: 'GET',
      headers: [['Accept', 'application/json']],
    })
    const { raw } = fetched.last
    roundTrips.push(...fetched.roundTrips)
    isOpen ||= isVoidFetch(raw)
    const document = raw.response?.status === 200 ? documentOf(raw) : null
    if (document === null || typeof document['issuer'] !== 'string') continue
    const difference = differenceOf(issuer, document['issuer'])
    best ??= { url, document, difference, same: difference === 'none' }
    if (difference !== 'none') earlierMismatch = true
    else {
      best = { url, document, difference, same: true }
      break
    }
  }
  const status =
    refusal === null ? statusOf(best, isOpen) : allowHostOpens(refusal) ? 'refused' : 'no-url'
  const json: JsonObject = {
    issuer,
    status,
    same: best?.['same'] ?? false,
    difference: best?.['difference'] ?? null,
    document: best?.['document'] ?? null,
    url: best?.['url'] ?? null,
    earlier_mismatch: earlierMismatch && best?.['same'] === true,
    refused: refusal,
    tried: urls,
  }
  return { json, roundTrips }
}

function statusOf(best: JsonObject | null, isOpen: boolean): JsonValue {
  if (isOpen && best?.['same'] !== true) return 'unreachable'
  return best ? 200 : 404
}

/** RFC 8414 section 3.3: the issuer must be identical; which difference matters to the reader. */
function differenceOf(expected: string, found: string): 'none' | 'trailing-slash' | 'other' {
  if (expected === found) return 'none'
  return expected.replace(/\/$/, '') === found.replace(/\/$/, '') ? 'trailing-slash' : 'other'
}
