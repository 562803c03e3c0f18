import { accessTokenForm } from './access-token.ts'
import type { IssuerCore } from './core.ts'
import { newGrant } from './grant.ts'
import { idTokenParts } from './id-token.ts'
import type { JsonObject } from './json.ts'
import type { Client, Grant, User } from './state.ts'

export interface PartsOrder {
  kind: 'access-token' | 'id-token' | 'refresh-token' | 'subject-token'
  user: 'a' | 'b'
  /** The `aud` of an access token; the others have audiences of their own. */
  audience: string
  scopes: string[]
}

export interface Parts {
  header: JsonObject
  claims: JsonObject
}

/**
 * Header and claims of a token that this issuer would issue to a client: access tokens and ID tokens
 * as the profile forms them, refresh tokens as JWTs, subject tokens as access tokens for a service
 * that is not the target.
 */
export function tokenParts(order: PartsOrder, client: Client, user: User, core: IssuerCore): Parts {
  const { tokens } = core.profile
  const { kid, alg } = core.ring.current
  const whole = ({ header, claims }: Parts): Parts => ({ header: { alg, ...header, kid }, claims })
  const audience = order.kind === 'subject-token' ? tokens.subjectAudience : order.audience
  const grant = newGrant('authorization_code', client, core, {
    user,
    scopes: order.scopes,
    audience: [audience],
    resources: [core.state.resourceNamed(audience) ?? []].flat(),
    params: core.profile.params,
  })
  if (order.kind === 'id-token') return whole(parallelIdToken({ ...grant, user }, core))
  const { form } = accessTokenForm(grant, core)
  const header = 'opaque' in form ? { typ: tokens.types.access } : form.header
  if (order.kind !== 'refresh-token') return whole({ header, claims: form.claims })
  const { iss, sub, exp, iat, jti, client_id, scope } = form.claims
  const refresh = { iss, sub, exp, iat, jti, aud: iss, client_id, token_use: 'refresh', scope }
  return whole({ header: { typ: tokens.types.refresh }, claims: withoutNothing(refresh) })
}

/** An ID token as a login would give it, beside an access token that nobody has. */
function parallelIdToken(grant: Grant & { user: User }, core: IssuerCore): Parts {
  const { email, username } = grant.user
  const nonce = `nonce-${core.tokenId()}`
  const beside = `access token beside ${nonce}`
  const more = { email, email_verified: true, preferred_username: username }
  return idTokenParts({ ...grant, nonce }, beside, core, more)
}

function withoutNothing(claims: Record<string, JsonObject[string] | undefined>): JsonObject {
  const there = Object.entries(claims).filter(([, value]) => value !== undefined)
  return Object.fromEntries(there) as JsonObject
}
