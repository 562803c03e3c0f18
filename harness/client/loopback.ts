import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/**
 * What containers call this machine, so that the identifier of a mock issuer is a URL which works from
 * inside and from outside. Nobody else can hold it (RFC 6761 section 6.2).
 */
export const nameInContainers = 'mcp-auth-conformance.test'

/** True for a host that can only be this machine: `localhost`, 127.0.0.0/8, `[::1]`, our name in containers. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true
  return name === nameInContainers || /^127(\.\d{1,3}){3}$/.test(name)
}

/** Finds our name in containers at 127.0.0.1, and every other name where the system does. */
export const lookupHost: LookupFunction = (host, options, found) => {
  if (host.toLowerCase() !== nameInContainers) return lookup(host, options, found)
  const address = '127.0.0.1'
  if (options.all === true) found(null, [{ address, family: 4 }])
  else found(null, address, 4)
}
