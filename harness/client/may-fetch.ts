import { isLoopback } from './loopback.ts'

/** What a run allows beside the target's own origin. */
export interface FetchLimits {
  /** Origin of the target, such as `http://127.0.0.1:3000`. */
  targetOrigin: string
  /** Issuers that the tester declared or holds, and the upstream that it watches. */
  issuers: string[]
  /** Hosts of `--allow-host`, with or without a port. */
  allowHosts: string[]
}

/**
 * Why a URL that a target named may not be fetched, or null when it may. A target is hostile until
 * proven otherwise: its metadata must not turn the tester into its agent inside another network.
 */
export function mayFetch(url: string, limits: FetchLimits): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (!parsed) return 'it is not an absolute URL'
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    return `its scheme is ${parsed.protocol.slice(0, -1)}`
  }
  if (parsed.username !== '' || parsed.password !== '') return 'it carries user information'
  // the plain form of the target's own address is the target's too
  const plain = limits.targetOrigin.replace(/^https:/, 'http:')
  const known = [limits.targetOrigin, plain, ...limits.issuers].map(originOf)
  if (known.includes(parsed.origin)) return null
  const hosts = limits.allowHosts.map((host) => host.toLowerCase())
  if (hosts.includes(parsed.hostname) || hosts.includes(parsed.host)) return null
  const where = isLoopback(parsed.hostname) ? 'another port of this machine' : parsed.host
  return `the target named ${where}, which is neither its own origin nor a declared issuer; --allow-host ${parsed.host} allows it`
}

/** A refusal of `mayFetch` that is the tester's choice, not the fault of who wrote the URL. */
export function allowHostOpens(refusal: string): boolean {
  return refusal.includes('--allow-host')
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null
}
