import type { HeaderList, RoundTrip } from '../model.ts'
import { parseChallenges } from '../protocol/challenge.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { protectedResourceMetadataUrls } from '../protocol/well-known.ts'
import type { RunContext, Taken } from './context.ts'
import { editHeaders } from './credential.ts'
import { documentOf, fetchUrl } from './fetch.ts'
import type { ProbeState } from './probe-state.ts'
import { operationOf } from './request.ts'
import { exchangeSteadily } from './send.ts'
import { readSignedMetadata } from './signed-metadata.ts'

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
    signed: readSignedMetadata(found?.document?.['signed_metadata']),
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
    redirect: redirectOf(raw, url),
    roundTrip: recorded.id,
  }
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
