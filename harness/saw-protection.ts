import type { Means, RoundTrip } from './model.ts'

/** The run has met a Bearer challenge or a protected resource metadata document. */
export function sawProtection({
  roundTrips,
}: {
  roundTrips: ReadonlyMap<number, RoundTrip>
}): boolean {
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

/** A token without any deviation was answered with a result. */
export function tokenAccepted({
  roundTrips,
}: {
  roundTrips: ReadonlyMap<number, RoundTrip>
}): boolean {
  return [...roundTrips.values()].some(
    ({ token, response }) =>
      token !== undefined &&
      token.note === undefined &&
      response !== null &&
      response.status < 300 &&
      /"result"\s*:/.test(response.body),
  )
}

/**
 * A token that the harness minted is good by its making. One that the tester gave is good when the
 * server has taken it; until then nobody knows.
 */
export function tokenDoubted(
  run: { roundTrips: ReadonlyMap<number, RoundTrip> },
  means: Iterable<Means>,
): boolean {
  const held = new Set(means)
  return held.has('token') && !held.has('issuer') && !tokenAccepted(run)
}
