import type { TokenParts } from '../model.ts'

export interface Invention {
  user: 'a' | 'b'
  scopes: string[]
  audience: string
  clientId: string
}

/** Header and claims in the form of RFC 9068 section 2, which nobody issued. */
export function inventParts({ user, scopes, audience, clientId }: Invention): TokenParts {
  const now = Math.floor(Date.now() / 1000)
  return {
    header: { alg: 'RS256', typ: 'at+jwt', kid: 'key-1' },
    claims: {
      iss: new URL(audience).origin,
      sub: `user-${user}`,
      aud: audience,
      client_id: clientId,
      scope: scopes.join(' '),
      iat: now,
      nbf: now,
      exp: now + 3600,
      jti: `invented-${user}`,
    },
  }
}
