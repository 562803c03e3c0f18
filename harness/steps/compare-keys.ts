import { calculateJwkThumbprint } from 'jose'
import type { JWK } from 'jose'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import type { RunContext } from './context.ts'
import { documentOf, fetchUrl } from './fetch.ts'

/** `shared` are RFC 7638 thumbprints; they say something only where the state is `compared`. */
export interface ComparedKeys {
  state: 'absent' | 'unreadable' | 'compared'
  shared: string[]
  roundTrips: number[]
}

/**
 * Compares the key set of a resource (RFC 9728 `jwks_uri`) with those of its issuers. A set that
 * cannot be read leaves the answer open, unless another one already shares a key.
 */
export async function compareKeys(
  resource: JsonObject | null,
  issuers: JsonValue[],
  run: RunContext,
): Promise<ComparedKeys> {
  const own = keySetUrl(resource)
  if (own === null) return { state: 'absent', shared: [], roundTrips: [] }
  const urls = [...new Set(issuers.flatMap((issuer) => keySetUrl(issuer) ?? []))]
  const [ownSet, ...sets] = await Promise.all([own, ...urls].map((url) => readKeySet(url, run)))
  const roundTrips = [ownSet, ...sets].flatMap((set) => set?.roundTrip ?? [])
  const theirs = new Set(sets.flatMap(({ thumbprints }) => thumbprints ?? []))
  const shared = (ownSet?.thumbprints ?? []).filter((thumbprint) => theirs.has(thumbprint))
  const readable = [ownSet, ...sets].every((set) => set !== undefined && set.thumbprints !== null)
  const state = readable || shared.length > 0 ? 'compared' : 'unreadable'
  return { state, shared: [...new Set(shared)], roundTrips }
}

function keySetUrl(document: JsonValue): string | null {
  const url = isObject(document) ? document['jwks_uri'] : null
  return url === undefined || url === null ? null : String(url)
}

interface KeySet {
  /** Null where no key set could be read. */
  thumbprints: string[] | null
  roundTrip: number | null
}

async function readKeySet(url: string, run: RunContext): Promise<KeySet> {
  if (!URL.canParse(url) || run.mayFetch(url) !== null)
    return { thumbprints: null, roundTrip: null }
  const { raw, recorded } = await fetchUrl(url, run, {
    method: 'GET',
    headers: [['Accept', 'application/jwk-set+json, application/json']],
    timeout: run.timeout,
  })
  const keys = raw.response?.status === 200 ? documentOf(raw)?.['keys'] : null
  if (!Array.isArray(keys)) return { thumbprints: null, roundTrip: recorded.id }
  const found = await Promise.all(keys.filter(isObject).map(thumbprintOf))
  return { thumbprints: found.flatMap((each) => each ?? []), roundTrip: recorded.id }
}

/** Null for a key of a type that has no thumbprint. */
async function thumbprintOf(key: JsonObject): Promise<string | null> {
  return calculateJwkThumbprint(key as JWK).catch(() => null)
}
