import type { JsonObject } from './json.ts'
import type { User } from './state.ts'

/** What the scopes `profile` and `email` tell about a user (OpenID Connect Core section 5.4). */
export function userClaims(user: User, scopes: string[]): JsonObject {
  const { email, username, name } = user
  return {
    ...(scopes.includes('email') ? { email, email_verified: true } : {}),
    ...(scopes.includes('profile')
      ? { preferred_username: username, ...(name === undefined ? {} : { name }) }
      : {}),
  }
}
