import type { RoundTrip } from '../model.ts'
import type { Exchanged } from './context.ts'
import type { ProbeState } from './probe-state.ts'

/** The answer that stands, and every round trip up to it. */
export interface Steadied {
  last: Exchanged
  roundTrips: number[]
}

/** Asks again as long as `pauseAfter` gives milliseconds to wait. */
export async function steadily(
  exchange: () => Promise<Exchanged>,
  state: ProbeState,
  pauseAfter: (raw: RoundTrip, attempt: number) => number | null,
): Promise<Steadied> {
  const roundTrips: number[] = []
  for (let attempt = 0; ; attempt += 1) {
    const exchanged = await exchange()
    roundTrips.push(exchanged.recorded.id)
    const pause = pauseAfter(exchanged.raw, attempt)
    if (pause === null) return { last: exchanged, roundTrips }
    await state.pause(pause)
  }
}

/**
 * Of a message to the target: a 429 or a 503 that names a time is asked again then, a 5xx or a
 * dropped connection once more at once. Null when the answer stands: also a 5xx while we disturb the
 * server's issuer, which is what it says to that.
 */
export function pauseBeforeRetry(
  roundTrip: RoundTrip,
  attempt: number,
  disturbed: boolean,
): number | null {
  const { response, failure } = roundTrip
  if (!response) return failure?.code === 'reset' && attempt === 0 ? 0 : null
  if (isVoid(roundTrip, disturbed)) return attempt < 3 ? retryAfter(roundTrip, 10) : null
  return isServerError(roundTrip) && !disturbed && attempt === 0 ? 0 : null
}

/** Of a document: the same, with less patience; no answer at all and any 503 count as void too. */
export function pauseBeforeRefetch(roundTrip: RoundTrip, attempt: number): number | null {
  if (roundTrip.response === null) return attempt === 0 ? 500 : null
  if (isVoidFetch(roundTrip)) return attempt < 2 ? retryAfter(roundTrip, 3) : null
  return isServerError(roundTrip) && attempt === 0 ? 0 : null
}

/** Milliseconds. */
function retryAfter({ response }: RoundTrip, mostSeconds: number): number {
  const named = response?.headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1]
  return Math.min(Number(named ?? 1) || 1, mostSeconds) * 1000
}

function isServerError({ response }: RoundTrip): boolean {
  return response !== null && response.status >= 500 && response.status !== 501
}

/**
 * True of a 429 or a 503 with Retry-After, which say nothing about the token when they outlast all
 * retries. A 503 is an answer like any other while we `disturb` the server's issuer ourselves.
 */
export function isVoid(roundTrip: RoundTrip | undefined, disturbed: boolean): boolean {
  const response = roundTrip?.response
  if (!response) return false
  const names = response.headers.map(([name]) => name.toLowerCase())
  return (
    response.status === 429 ||
    (response.status === 503 && !disturbed && names.includes('retry-after'))
  )
}

/** Whether the document exists stays open. */
export function isVoidFetch({ response }: RoundTrip): boolean {
  return response === null || response.status === 429 || response.status === 503
}
