import type { JsonObject } from '../protocol/json.ts'
import { authorizationServerMetadataUrls } from '../protocol/well-known.ts'
import { compareKeys } from './compare-keys.ts'
import type { RunContext, Taken } from './context.ts'
import { discoverResource } from './discover-resource.ts'
import { documentOf, fetchUrl } from './fetch.ts'
import type { ProbeState } from './probe-state.ts'

/** The metadata of every issuer that the resource lists, and whose keys the resource shares. */
export async function discoverServers(argument: JsonObject, state: ProbeState): Promise<Taken> {
  const { taken, document } = await discoverResource(argument, state)
  const listed = document?.['authorization_servers']
  const issuers = Array.isArray(listed) ? listed.filter((issuer) => typeof issuer === 'string') : []
  const servers = await Promise.all(issuers.map((issuer) => discoverIssuer(issuer, state.run)))
  const issued = servers.map(({ json: { document: metadata } }) => metadata ?? null)
  const keys = await compareKeys(document, issued, state.run)
  const roundTrips = [
    ...taken.roundTrips,
    ...servers.flatMap((server) => server.roundTrips),
    ...keys.roundTrips,
  ]
  const json: JsonObject = {
    servers: servers.map((server) => server.json),
    document,
    resource_keys: { state: keys.state, shared: keys.shared },
  }
  return {
    answers: [{ roundTrip: roundTrips.at(-1) ?? null, json: state.run.redact(json) }],
    roundTrips,
  }
}

/** The first metadata document that answers for an issuer, and how its issuer differs. */
export async function discoverIssuer(
  issuer: string,
  run: RunContext,
): Promise<{ json: JsonObject; roundTrips: number[] }> {
  const roundTrips: number[] = []
  let best: JsonObject | null = null
  let answered = false
  let earlierMismatch = false
  const refusal = URL.canParse(issuer) ? run.mayFetch(issuer) : 'it is not an absolute URL'
  const urls = refusal === null ? authorizationServerMetadataUrls(issuer) : []
  for (const url of urls) {
    const { raw, recorded } = await fetchUrl(url, run, {
      method: 'GET',
      headers: [['Accept', 'application/json']],
      timeout: run.timeout,
    })
    roundTrips.push(recorded.id)
    answered ||= raw.response !== null
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
  const json: JsonObject = {
    issuer,
    status: best ? 200 : refusal !== null ? 'refused' : answered ? 404 : 'unreachable',
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

/** RFC 8414 section 3.3: the issuer must be identical; which difference matters to the reader. */
function differenceOf(expected: string, found: string): 'none' | 'trailing-slash' | 'other' {
  if (expected === found) return 'none'
  return expected.replace(/\/$/, '') === found.replace(/\/$/, '') ? 'trailing-slash' : 'other'
}
