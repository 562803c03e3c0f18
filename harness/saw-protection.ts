import type { Means, RoundTrip } from './model.ts'

interface Seen {
  roundTrips: ReadonlyMap<number, RoundTrip>
}

/** The run has met a Bearer challenge or a protected resource metadata document. */
export function sawProtection({ roundTrips }: Seen): boolean {
  return [...roundTrips.values()].some(({ response }) => {
    if (!response) return false
    const challenged = response.headers.some(
      ([name, value]) =>
        name.toLowerCase() === 'www-authenticate' && /\b(bearer|dpop)\b/i.test(value),
    )
    return (
      (response.status === 401 && challenged) ||
      (response.status === 200 && /"authorization_servers"\s*:/.test(response.body))
    )
  })
}

/** As the tester gave it, or minted without any note of a deviation. */
function isPlain({ token }: RoundTrip): boolean {
  return token?.given === true || (token !== undefined && token.note === undefined)
}

export function tokenSent({ roundTrips }: Seen): boolean {
  return [...roundTrips.values()].some(isPlain)
}

/** A token without any deviation was answered with a result. */
export function tokenAccepted({ roundTrips }: Seen): boolean {
  return [...roundTrips.values()].some((trip) => isPlain(trip) && isResult(trip))
}

function isResult({ response }: RoundTrip): boolean {
  return response !== null && response.status < 300 && /"result"\s*:/.test(response.body)
}

/**
 * A token that the harness minted is good by its making. One that the tester gave is good when the
 * server has taken it; until then nobody knows.
 */
export function tokenDoubted({ roundTrips }: Seen, means: Iterable<Means>): boolean {
  const held = new Set(means)
  if (!held.has('token') || held.has('issuer')) return false
  return ![...roundTrips.values()].some((trip) => trip.token?.given === true && isResult(trip))
}
