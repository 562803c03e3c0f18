import { decodeJwt } from './protocol/jwt.ts'

/**
 * What a token says of itself that lets a server refuse it; null for one that is opaque, or says
 * nothing of the kind.
 * @param now seconds since the epoch
 */
export function whyRefusable(token: string, resource: string, now: number): string | null {
  const { exp, nbf, aud } = decodeJwt(token)?.claims ?? {}
  if (typeof exp === 'number' && exp <= now) return `it expired at ${timeOf(exp)}`
  if (typeof nbf === 'number' && nbf > now) return `it is not valid before ${timeOf(nbf)}`
  const audiences = [aud ?? []].flat().map(String)
  if (audiences.length === 0 || audiences.includes(resource)) return null
  return `its audience is ${audiences.join(' and ')}, not ${resource}`
}

function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString()
}
