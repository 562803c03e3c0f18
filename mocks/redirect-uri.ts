import type { Rules } from './rules.ts'
import type { Client } from './state.ts'

const loopbackLiterals = new Set(['127.0.0.1', '[::1]'])

/** True for a redirect to a program on the user's own computer, by number or by name. */
export function isLoopback(uri: string): boolean {
  if (!URL.canParse(uri)) return false
  const { protocol, hostname } = new URL(uri)
  return (
    (protocol === 'http:' || protocol === 'https:') &&
    (loopbackLiterals.has(hostname) || hostname === 'localhost')
  )
}

/**
 * Whether a redirect URI is one of the client's: byte for byte, but for the port of a loopback IP
 * address that a native client chose (RFC 8252 section 7.3).
 */
export function isRegistered(uri: string, client: Client, rules: Rules): boolean {
  if (!URL.canParse(uri)) return false
  if (client.redirectUris.includes(uri)) return true
  if (rules.redirectMatch === 'prefix') {
    return client.redirectUris.some((each) => uri.startsWith(each))
  }
  if (!rules.loopbackPortFree || client.applicationType !== 'native') return false
  const bare = withoutPort(uri)
  return bare !== null && client.redirectUris.some((each) => withoutPort(each) === bare)
}

const loopbackUri = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::\d{1,5})?(\/[^#]*)?$/

/** A loopback URI with the port cut out; null for any other. */
function withoutPort(uri: string): string | null {
  const match = loopbackUri.exec(uri)
  return match ? `${match[1]}${match[2] ?? ''}` : null
}

const forbiddenSchemes = new Set([
  'javascript:',
  'data:',
  'file:',
  'blob:',
  'about:',
  'vbscript:',
  'view-source:',
  'ws:',
  'wss:',
  'ftp:',
])

/** Why a redirect URI cannot be registered; null for a good one (OAuth 2.1, RFC 8252 section 7). */
export function redirectProblem(uri: unknown, applicationType: 'web' | 'native'): string | null {
  if (typeof uri !== 'string' || !URL.canParse(uri)) return 'a redirect URI must be absolute'
  const { protocol, username, password } = new URL(uri)
  if (uri.includes('#')) return 'a redirect URI has no fragment'
  // oxlint-disable-next-line no-control-regex
  if (/[\s\\*\u0000-\u001f]/.test(uri)) return 'a redirect URI has no spaces and no wildcards'
  if (username !== '' || password !== '') return 'a redirect URI has no user-info'
  if (protocol === 'https:') return null
  if (protocol === 'http:') {
    if (!isLoopback(uri)) return 'http is for loopback only'
    return applicationType === 'native' ? null : 'loopback is for native applications'
  }
  if (forbiddenSchemes.has(protocol)) return `the scheme ${protocol} is not allowed`
  if (applicationType !== 'native') return 'private-use schemes are for native applications'
  return protocol.includes('.') ? null : 'a private-use scheme is a reversed domain name'
}
