import { createHash } from 'node:crypto'
import type { JsonObject } from './json.ts'
import type { IssuerProfile, User } from './profile.ts'

export interface PartsOrder {
  kind: 'access-token' | 'id-token' | 'refresh-token' | 'subject-token'
  user: 'a' | 'b'
  /** The `aud` of an access token; the others have audiences of their own. */
  audience: string
  scopes: string[]
}

export interface PartsSource {
  issuer: string
  kid: string
  alg: string
  clientId: string
  users: Record<'a' | 'b', User>
  profile: IssuerProfile
  /** Seconds since the epoch. */
  now: number
  /** Counts the tokens of this issuer, so that no two have the same `jti`. */
  serial: number
}

export interface Parts {
  header: JsonObject
  claims: JsonObject
}

/**
 * Header and claims of a token that an issuer would issue: access tokens in the profile of RFC 9068,
 * ID tokens of OpenID Connect Core section 2, refresh tokens and subject tokens as JWTs.
 */
export function tokenParts(order: PartsOrder, source: PartsSource): Parts {
  const { issuer, clientId, now, profile } = source
  const user = source.users[order.user]
  const jti = tokenId(source)
  const common = {
    iss: issuer,
    sub: user.subject,
    exp: now + profile.lifetimes.token,
    iat: now,
    jti,
  }
  const scope = order.scopes.length === 0 ? {} : { scope: order.scopes.join(' ') }
  const part = (typ: string, claims: JsonObject): Parts => ({
    header: { alg: source.alg, typ, kid: source.kid },
    claims: { ...common, ...claims },
  })
  const { access, refresh } = profile.types
  if (order.kind === 'access-token') {
    return part(access, { aud: order.audience, client_id: clientId, ...scope })
  }
  if (order.kind === 'subject-token') {
    return part(access, { aud: profile.subjectAudience, client_id: clientId, ...scope })
  }
  if (order.kind === 'refresh-token') {
    return part(refresh, { aud: issuer, client_id: clientId, token_use: 'refresh', ...scope })
  }
  return part('JWT', {
    aud: clientId,
    auth_time: now,
    nonce: `nonce-${jti}`,
    at_hash: leftHalf(`access token beside ${jti}`),
    email: user.email,
    email_verified: true,
    preferred_username: user.username,
  })
}

/** The same for the same issuer, second and serial; otherwise never the same. */
function tokenId({ issuer, now, serial }: PartsSource): string {
  return createHash('sha256').update(`${issuer} ${now} ${serial}`).digest('base64url').slice(0, 22)
}

/** The form of `at_hash` (OpenID Connect Core section 3.1.3.6) under the algorithms with SHA-256. */
function leftHalf(token: string): string {
  return createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url')
}
