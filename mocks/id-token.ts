import { createHash } from 'node:crypto'
import { tokenContext } from './access-token.ts'
import type { IssuerCore } from './core.ts'
import type { JsonObject } from './json.ts'
import type { Grant, User } from './state.ts'
import { userClaims } from './user-claims.ts'

/** An ID token (OpenID Connect Core section 2) beside an access token. */
export function idTokenParts(
  grant: Grant & { user: User },
  accessToken: string,
  core: IssuerCore,
  more: JsonObject = {},
): { header: JsonObject; claims: JsonObject } {
  const context = tokenContext(grant, core)
  const { issuer, now, jti } = context
  const { client, user, authTime, nonce, scopes } = grant
  const standard: JsonObject = {
    iss: issuer,
    sub: user.subject,
    exp: now + core.profile.lifetimes.id,
    iat: now,
    jti,
    aud: client.id,
    auth_time: authTime,
    ...(nonce === null ? {} : { nonce }),
    at_hash: leftHalf(accessToken),
    ...userClaims(user, scopes),
    ...more,
  }
  return core.profile.tokens.id(standard, grant, context)
}

/** The form of `at_hash` (OpenID Connect Core section 3.1.3.6) under the algorithms with SHA-256. */
function leftHalf(token: string): string {
  return createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url')
}
