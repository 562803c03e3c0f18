import { allowHostOpens } from '../client/may-fetch.ts'
import type { HeaderList, RoundTrip } from '../model.ts'
import { parseChallenges } from '../protocol/challenge.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { differenceOfResource, isAtOwnUrl } from '../protocol/resource-identifier.ts'
import { protectedResourceMetadataUrls } from '../protocol/well-known.ts'
import type { RunContext, Taken } from './context.ts'
import { editHeaders } from './credential.ts'
import { documentOf, fetchSteadily } from './fetch.ts'
import type { ProbeState } from './probe-state.ts'
import { operationOf } from './request.ts'
import { exchangeSteadily } from './send.ts'
import { readSignedMetadata } from './signed-metadata.ts'
import { isVoidFetch } from './steadily.ts'

/** `void`: no answer, 429 or 503, after retries. `not-allowed`: only --allow-host opens its host. */
type PlaceState = 'answered' | 'void' | 'not-allowed' | 'no-url'

interface Tried {
  url: string
  from: 'challenge' | 'path' | 'root'
  state: PlaceState
  status: number | null
  document: JsonObject | null
  content_type: string
  redirect: string | null
  refused: string | null
}

interface Place {
  tried: Tried
  roundTrips: number[]
}

/** Asks where the metadata of RFC 9728 is, tries each place, and takes the first document found. */
export async function discoverResource(
  argument: JsonObject,
  state: ProbeState,
): Promise<{ taken: Taken; document: JsonObject | null }> {
  const { run } = state
  const edits = argument['header'] === undefined ? {} : { header: argument['header'] }
  const asked = await exchangeSteadily(operationOf({}, null, run), edits, null, state)
  const advertised = advertisedMetadata(asked.last.raw)
  const headers = editHeaders([['Accept', 'application/json']], argument['header'])
  const urls: [Tried['from'], string][] = advertised === null ? [] : [['challenge', advertised]]
  const [path, root] = protectedResourceMetadataUrls(run.targetUrl)
  if (path !== undefined) urls.push(['path', path])
  if (root !== undefined && root !== path) urls.push(['root', root])
  const places = await Promise.all(urls.map(([from, url]) => tryUrl(url, from, state, headers)))
  const tried = places.map((place) => place.tried)
  const { found, search } = searchIn(tried)
  const foundAt = places.find((place) => place.tried === found)
  const roundTrips = [...asked.roundTrips, ...places.flatMap((place) => place.roundTrips)]
  const json: JsonObject = {
    search,
    document: found?.document ?? null,
    url: found?.url ?? null,
    status: found?.status ?? tried.find(({ status }) => status !== null)?.status ?? null,
    content_type: found?.content_type ?? null,
    found_by: found?.from ?? null,
    ...compareResource(found, run),
    advertised,
    signed: readSignedMetadata(found?.document?.['signed_metadata']),
    challenge_status: asked.last.raw.response?.status ?? null,
    tried: tried as unknown as JsonValue,
  }
  const answer = foundAt?.roundTrips.at(-1) ?? asked.last.recorded.id
  return {
    taken: { answers: [{ roundTrip: answer, json: run.redact(json) }], roundTrips },
    document: found?.document ?? null,
  }
}

/**
 * The first document. The root, which may describe another server of the host, counts only where
 * every place before it was looked at; where none counts, a place not looked at leaves it open.
 */
function searchIn(tried: Tried[]): {
  found: Tried | undefined
  search: 'settled' | 'void' | 'not-allowed'
} {
  const open = tried.find(({ state }) => state === 'void' || state === 'not-allowed')
  const found = tried.find(({ document, status, from }) => {
    const counts = from !== 'root' || open === undefined
    return counts && status === 200 && document !== null && describesResource(document)
  })
  const unsettled = open?.state === 'not-allowed' ? 'not-allowed' : 'void'
  return { found, search: found || !open ? 'settled' : unsettled }
}

/** RFC 9728 section 3.3, against the identifier that the operator publishes. */
function compareResource(found: Tried | undefined, { facts }: RunContext): JsonObject {
  const target = isObject(facts['target']) ? facts['target'] : {}
  const [published, from, to] = ['resource', 'origin', 'resource_origin'].map((member) =>
    String(target[member]),
  ) as [string, string, string]
  const named = found?.document?.['resource']
  return {
    difference: differenceOfResource(published, named),
    own_url: found !== undefined && isAtOwnUrl(found.url, named, from, to),
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
  state: ProbeState,
  headers: HeaderList,
): Promise<Place> {
  const refused = state.run.mayFetch(url)
  const blank = { url, from, status: null, document: null, content_type: '', redirect: null }
  if (refused !== null) {
    const refusal: PlaceState = allowHostOpens(refused) ? 'not-allowed' : 'no-url'
    return { tried: { ...blank, state: refusal, refused }, roundTrips: [] }
  }
  const { last, roundTrips } = await fetchSteadily(url, state, { method: 'GET', headers })
  const { raw } = last
  const tried: Tried = {
    ...blank,
    state: isVoidFetch(raw) ? 'void' : 'answered',
    status: raw.response?.status ?? null,
    document: documentOf(raw),
    content_type: headerOf(raw, 'content-type') ?? '',
    redirect: redirectOf(raw, url),
    refused,
  }
  return { tried, roundTrips }
}

function headerOf({ response }: RoundTrip, name: string): string | null {
  return response?.headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? null
}

function redirectOf(raw: RoundTrip, url: string): string | null {
  const location = headerOf(raw, 'location')
  const status = raw.response?.status ?? 0
  if (location === null || status < 300 || status > 399) return null
  return URL.canParse(location, url) ? new URL(location, url).href : null
}
