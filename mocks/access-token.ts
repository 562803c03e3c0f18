import type { IssuerCore } from './core.ts'
import type { JsonObject } from './json.ts'
import type { TokenContext, TokenForm } from './profile.ts'
import type { Grant } from './state.ts'

/** An access token as the profile forms it, and how many seconds it lives. */
export function accessTokenForm(
  grant: Grant,
  core: IssuerCore,
): { form: TokenForm; lifetime: number } {
  const { client, user, audience, scopes, actor, jkt } = grant
  const context = tokenContext(grant, core)
  const { now, lifetime, issuer, jti } = context
  const standard: JsonObject = {
    iss: issuer,
    sub: user?.subject ?? client.id,
    exp: now + lifetime,
    iat: now,
    jti,
    ...(audience.length === 0 ? {} : { aud: audience.length === 1 ? audience[0]! : audience }),
    client_id: client.id,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    ...(actor ? { act: actor } : {}),
    ...(jkt === null || !core.profile.rules.dpopBinds ? {} : { cnf: { jkt } }),
    ...grant.claims,
  }
  return { form: core.profile.tokens.access(standard, grant, context), lifetime }
}

/** The access token as text. An opaque one, and one of a person, is remembered. */
export async function issueAccessToken(
  grant: Grant,
  core: IssuerCore,
): Promise<{ token: string; lifetime: number }> {
  const { form, lifetime } = accessTokenForm(grant, core)
  if ('opaque' in form) {
    core.state.issued.set(form.opaque, { grant, claims: form.claims })
    return { token: form.opaque, lifetime }
  }
  const token = await core.signAside(form)
  if (grant.user) core.state.issued.set(token, { grant, claims: null })
  return { token, lifetime }
}

export function tokenContext(grant: Grant, core: IssuerCore): TokenContext {
  const { profile, issuer, router } = core
  return {
    issuer,
    base: router.base,
    now: core.now(),
    jti: core.tokenId(),
    lifetime:
      grant.resources[0]?.lifetime ?? profile.tokens.lifetime?.(grant) ?? profile.lifetimes.access,
    profile,
  }
}
