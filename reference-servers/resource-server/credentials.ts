import type { IncomingMessage } from 'node:http'
import { Refusal } from './refusal.ts'

/**
 * The token of a request: from the Authorization header, under the scheme Bearer, and from nowhere
 * else (RFC 6750 section 2.1). Throws `missing` when there is none, `malformed` when it cannot be
 * read. Another scheme is no bearer credential, so it counts as none.
 */
export function readToken(request: IncomingMessage): string {
  // Not request.headers: Node would keep the first of several lines and hide the others.
  const values = request.headersDistinct['authorization'] ?? []
  const [value] = values
  if (value === undefined) throw new Refusal('missing', 'no Authorization header')
  if (values.length > 1) throw new Refusal('malformed', 'more than one Authorization header')
  if (!/^bearer(\s|$)/i.test(value)) throw new Refusal('missing', 'another scheme than Bearer')
  const token = /^bearer +(\S+)$/i.exec(value)?.[1]
  if (token === undefined) throw new Refusal('malformed', 'Bearer is not followed by one token')
  return token
}
