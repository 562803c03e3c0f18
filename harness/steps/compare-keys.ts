import type { JWK } from 'jose'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { documentOf, fetchSteadily } from './fetch.ts'
import type { ProbeState } from './probe-state.ts'

/** `shared` are RFC 7638 thumbprints; they say something only where the state is `compared`. */
export interface ComparedKeys {
  state: 'absent' | 'unreadable' | 'compared'
  shared: string[]
  /** What of it is in the set of each issuer, in the order of the issuers. */
  ofIssuer: string[][]
  roundTrips: number[]
}

/**
 * Compares the key set of a resource (RFC 9728 `jwks_uri`) with those of its issuers. A set that
 * cannot be read leaves the answer open, unless another one already shares a key.
 */
export async function compareKeys(
  resource: JsonObject | null,
  issuers: JsonValue[],
  state: ProbeState,
): Promise<ComparedKeys> {
  const own = keySetUrl(resource)
  if (own === null) return { state: 'absent', shared: [], ofIssuer: [], roundTrips: [] }
  const theirs = issuers.map(keySetUrl)
  const urls = [...new Set([own, ...theirs.flatMap((url) => url ?? [])])]
  const read = await Promise.all(urls.map((url) => readKeySet(url, state)))
  const setAt = (url: string | null): string[] => read[urls.indexOf(url ?? '')]?.thumbprints ?? []
  const ofIssuer = theirs.map((url) => setAt(own).filter((each) => setAt(url).includes(each)))
  const shared = [...new Set(ofIssuer.flat())]
  const readable = read.every(({ thumbprints }) => thumbprints !== null)
  return {
    state: readable || shared.length > 0 ? 'compared' : 'unreadable',
    shared,
    ofIssuer,
    roundTrips: read.flatMap((set) => set.roundTrips),
  }
}

function keySetUrl(document: JsonValue): string | null {
  const url = isObject(document) ? document['jwks_uri'] : null
  return url === undefined || url === null ? null : String(url)
}

interface KeySet {
  /** Null where no key set could be read. */
  thumbprints: string[] | null
  roundTrips: number[]
}

async function readKeySet(url: string, state: ProbeState): Promise<KeySet> {
  if (state.run.mayFetch(url) !== null) return { thumbprints: null, roundTrips: [] }
  const { last, roundTrips } = await fetchSteadily(url, state, {
    method: 'GET',
    headers: [['Accept', 'application/jwk-set+json, application/json']],
  })
  const keys = last.raw.response?.status === 200 ? documentOf(last.raw)?.['keys'] : null
  if (!Array.isArray(keys)) return { thumbprints: null, roundTrips }
  const found = await Promise.all(keys.filter(isObject).map(thumbprintOf))
  return { thumbprints: found.flatMap((each) => each ?? []), roundTrips }
}

/** Null for a key of a type that has no thumbprint. */
async function thumbprintOf(key: JsonObject): Promise<string | null> {
  const { calculateJwkThumbprint } = await import('jose')
  return calculateJwkThumbprint(key as JWK).catch(() => null)
}
