import type { RoundTrip } from './model.ts'

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
