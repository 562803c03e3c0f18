import { randomBytes } from 'node:crypto'

type Json = string | number | boolean | null | Json[] | { [member: string]: Json }

export interface User {
  subject: string
  username: string
  password: string
  email: string
}

export interface PartsOrder {
  kind: 'access-token' | 'id-token' | 'refresh-token' | 'subject-token'
  user: 'a' | 'b'
  audience: string
  scopes: string[]
}

export interface PartsSource {
  issuer: string
  kid: string
  alg: string
  clientId: string
  users: Record<'a' | 'b', User>
  now: number
}

/** Header and claims of the tokens of this issuer: access tokens in the profile of RFC 9068. */
export function tokenParts(
  order: PartsOrder,
  source: PartsSource,
): { header: Record<string, Json>; claims: Record<string, Json> } {
  const { issuer, kid, alg, clientId, now } = source
  const user = source.users[order.user]
  const lifetime = { iat: now, exp: now + 3600, jti: randomBytes(12).toString('base64url') }
  const header = (typ: string): Record<string, Json> => ({ alg, typ, kid })
  if (order.kind === 'id-token') {
    const claims = {
      iss: issuer,
      sub: user.subject,
      aud: clientId,
      ...lifetime,
      auth_time: now,
      nonce: 'n-0S6_WzA2Mj',
      at_hash: '77QmUPtjPfzWtF2AnpK9RQ',
      email: user.email,
      email_verified: true,
    }
    return { header: header('JWT'), claims }
  }
  if (order.kind === 'refresh-token') {
    const claims = {
      iss: issuer,
      sub: user.subject,
      aud: issuer,
      ...lifetime,
      client_id: clientId,
      token_use: 'refresh',
    }
    return { header: header('rt+jwt'), claims }
  }
  const audience = order.kind === 'subject-token' ? issuer : order.audience
  const claims = {
    iss: issuer,
    sub: user.subject,
    aud: audience,
    ...lifetime,
    client_id: clientId,
    scope: order.scopes.join(' '),
  }
  return { header: header(order.kind === 'subject-token' ? 'JWT' : 'at+jwt'), claims }
}
