import { createHash } from 'node:crypto'
import { isObject } from '../protocol/json.ts'
import type { JsonValue } from '../protocol/json.ts'
import { decodeJwt } from '../protocol/jwt.ts'
import { changeByte, changeField } from './alter-state.ts'

/**
 * What a template can do to a URL or text after `|`. A closed list: a filter that no scenario uses
 * is not built. Each edits the text as written; nothing is parsed and printed again, since that
 * would normalise the very spellings that a scenario asks for.
 */
type Filter = (text: string) => string

const split = (url: string): { scheme: string; authority: string; rest: string } => {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)(.*)$/is.exec(url)
  return match
    ? { scheme: match[1] ?? '', authority: match[2] ?? '', rest: match[3] ?? '' }
    : { scheme: '', authority: '', rest: url }
}
const hostOf = (authority: string): string =>
  authority.startsWith('[') ? authority.replace(/\]:\d+$/, ']') : authority.replace(/:\d+$/, '')
const onAuthority = (url: string, edit: (authority: string) => string): string => {
  const { scheme, authority, rest } = split(url)
  return scheme === '' ? url : scheme + edit(authority) + rest
}
const onPath = (url: string, edit: (path: string) => string): string => {
  const { scheme, authority, rest } = split(url)
  if (scheme === '' && !rest.startsWith('/')) return url
  const match = /^([^?#]*)(.*)$/s.exec(rest)
  return scheme + authority + edit(match?.[1] ?? '') + (match?.[2] ?? '')
}

/** The members that make the key, in lexicographic order (RFC 7638 section 3.2). */
const required: Record<string, string[]> = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'] }

function thumbprintOf(jwk: JsonValue | undefined): string | null {
  if (!isObject(jwk)) return null
  const members = (required[String(jwk['kty'])] ?? []).map((name) => [name, jwk[name]])
  const canonical = JSON.stringify(Object.fromEntries(members))
  return members.length === 0 ? null : createHash('sha256').update(canonical).digest('base64url')
}

export const filters: Record<string, Filter> = {
  'upper-host': (url) => onAuthority(url, (authority) => authority.toUpperCase()),
  'add-slash': (url) => onPath(url, (path) => (path.endsWith('/') ? path : `${path}/`)),
  'drop-slash': (url) => onPath(url, (path) => path.replace(/\/$/, '')),
  'default-port': (url) =>
    onAuthority(url, (authority) =>
      /:\d+$/.test(authority) ? authority : `${authority}:${url.startsWith('https') ? 443 : 80}`,
    ),
  origin: (url) => (split(url).scheme === '' ? url : split(url).scheme + split(url).authority),
  /** Another last segment beside this one. */
  sibling: (url) => onPath(url, (path) => `${path.replace(/[^/]*\/?$/, '')}sibling`),
  'http-scheme': (url) => url.replace(/^https:/i, 'http:'),
  'https-scheme': (url) => url.replace(/^http:/i, 'https:'),
  'host-suffix': (url) =>
    onAuthority(url, (authority) =>
      authority.replace(hostOf(authority), `${hostOf(authority)}.evil.test`),
    ),
  'user-info': (url) => onAuthority(url, (authority) => `user@${authority}`),
  'upper-path': (url) => onPath(url, (path) => path.toUpperCase()),
  'escape-letter': (url) =>
    onPath(url, (path) =>
      path.replace(/[a-z](?=[^/]*\/?$)/i, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    ),
  'double-slash': (url) => onPath(url, (path) => path.replace('/', '//')),
  'dot-segment': (url) => onPath(url, (path) => `/x/..${path}`),
  'with-query': (url) => (url.includes('?') ? `${url}&x=1` : `${url}?x=1`),
  subdomain: (url) => onAuthority(url, (authority) => `evil.${authority}`),
  /** The path without its last segment; a bare origin is nobody's parent here. */
  parent: (url) => onPath(url, (path) => path.replace(/\/[^/]*\/?$/, '') || path),
  host: (url) => hostOf(split(url).authority) || url,
  upper: (text) => text.toUpperCase(),
  /** Without its last character. */
  shorten: (text) => text.slice(0, -1),
  /** RFC 9449 section 4.2, of `ath`. */
  sha256: (text) => createHash('sha256').update(text).digest('base64url'),
  /** RFC 7638, of the `jwk` in the header of a JWS. */
  thumbprint: (jws) => thumbprintOf(decodeJwt(jws)?.header['jwk']) ?? jws,
  /** For a pattern that has to find just this text. */
  literally: (text) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`),
  'change-byte': changeByte,
  'change-field': changeField,
  base64: (text) => Buffer.from(text).toString('base64'),
}
