import type { HeaderList, RoundTrip } from '../model.ts'
import { parseChallenges } from '../protocol/challenge.ts'
import { isObject, parseJson } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import {
  authorizationServerMetadataUrls,
  protectedResourceMetadataUrls,
} from '../protocol/well-known.ts'
import type { RunContext, Taken } from './context.ts'
import { fetchUrl } from './fetch.ts'
import type { ProbeState } from './probe-state.ts'
import { editHeaders } from './credential.ts'
import { exchangeSteadily } from './send.ts'
import { operationOf } from './request.ts'

interface Tried {
  url: string
  from: 'challenge' | 'path' | 'root'
  status: number | null
  document: JsonObject | null
  contentType: string
  redirect: string | null
  roundTrip: number | null
  refused: string | null
}

/** Walks the lists and orders of discovery as an MCP client does, and records each URL tried. */
export async function discover(argument: JsonObject, state: ProbeState): Promise<Taken> {
  if (argument['what'] === 'resource-metadata') {
    const found = await discoverResource(argument, state)
    return found.taken
  }
  if (argument['what'] === 'issuer-metadata') {
    const server = await discoverIssuer(String(argument['at']), state.run)
    return {
      answers: [{ roundTrip: server.roundTrips.at(-1) ?? null, json: server.json }],
      roundTrips: server.roundTrips,
    }
  }
  return discoverServers(argument, state)
}

async function discoverResource(
  argument: JsonObject,
  state: ProbeState,
): Promise<{ taken: Taken; document: JsonObject | null }> {
  const { run } = state
  const edits = argument['header'] === undefined ? {} : { header: argument['header'] }
  const asked = await exchangeSteadily(operationOf({}, null, run), edits, null, state)
  const advertised = advertisedMetadata(asked.last.raw)
  const headers = editHeaders([['Accept', 'application/json']], argument['header'])
  const places: [Tried['from'], string][] = advertised === null ? [] : [['challenge', advertised]]
  const [path, root] = protectedResourceMetadataUrls(run.targetUrl)
  if (path !== undefined) places.push(['path', path])
  if (root !== undefined && root !== path) places.push(['root', root])
  const tried = await Promise.all(places.map(([from, url]) => tryUrl(url, from, run, headers)))
  const found = tried.find(
    ({ document, status }) => status === 200 && document !== null && describesResource(document),
  )
  const roundTrips = [...asked.roundTrips, ...tried.flatMap(({ roundTrip }) => roundTrip ?? [])]
  const json: JsonObject = {
    document: found?.document ?? null,
    url: found?.url ?? null,
    status: found?.status ?? tried.find(({ status }) => status !== null)?.status ?? null,
    content_type: found?.contentType ?? null,
    found_by: found?.from ?? null,
    advertised,
    challenge_status: asked.last.raw.response?.status ?? null,
    tried: tried.map((each) => ({
      ...each,
      content_type: each.contentType,
    })) as unknown as JsonValue,
  }
  const answer = found?.roundTrip ?? roundTrips.at(-1) ?? null
  return {
    taken: { answers: [{ roundTrip: answer, json: run.redact(json) }], roundTrips },
    document: found?.document ?? null,
  }
}

/** An object with a member of RFC 9728 is a document about a resource; an error object is not. */
function describesResource(document: JsonObject): boolean {
  return 'resource' in document || 'authorization_servers' in document
}

function advertisedMetadata({ response }: RoundTrip): string | null {
  const lines = (response?.headers ?? []).filter(
    ([name]) => name.toLowerCase() === 'www-authenticate',
  )
  const { challenges } = parseChallenges(lines.map(([, value]) => value))
  return challenges.flatMap(({ parameters }) => parameters['resource_metadata'] ?? [])[0] ?? null
}

async function tryUrl(
  url: string,
  from: Tried['from'],
  run: RunContext,
  headers: HeaderList,
): Promise<Tried> {
  const refused = URL.canParse(url) ? run.mayFetch(url) : 'it is not an absolute URL'
  const blank = {
    url,
    from,
    status: null,
    document: null,
    contentType: '',
    redirect: null,
    roundTrip: null,
    refused,
  }
  if (refused !== null) return blank
  const { raw, recorded } = await fetchUrl(url, run, {
    method: 'GET',
    headers,
    timeout: run.timeout,
  })
  return {
    ...blank,
    status: raw.response?.status ?? null,
    document: documentOf(raw),
    contentType: headerOf(raw, 'content-type') ?? '',
    redirect: headerOf(raw, 'location'),
    roundTrip: recorded.id,
  }
}

function headerOf({ response }: RoundTrip, name: string): string | null {
  return response?.headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? null
}

function documentOf({ response }: RoundTrip): JsonObject | null {
  const json = parseJson(response?.body ?? '')
  return isObject(json) ? json : null
}

async function discoverServers(argument: JsonObject, state: ProbeState): Promise<Taken> {
  const { taken, document } = await discoverResource(argument, state)
  const listed = document?.['authorization_servers']
  const issuers = Array.isArray(listed) ? listed.filter((issuer) => typeof issuer === 'string') : []
  const servers = await Promise.all(issuers.map((issuer) => discoverIssuer(issuer, state.run)))
  const roundTrips = [...taken.roundTrips, ...servers.flatMap((server) => server.roundTrips)]
  const json: JsonObject = { servers: servers.map((server) => server.json), document }
  return {
    answers: [{ roundTrip: roundTrips.at(-1) ?? null, json: state.run.redact(json) }],
    roundTrips,
  }
}

/** The first metadata document that answers for an issuer, and how its issuer differs. */
async function discoverIssuer(
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
