import type { ClientRequest } from '../client-request.ts'
import type { IssuerCore } from '../core.ts'
import { narrowedTarget } from '../grant.ts'
import { newRefreshToken, tokenResponse } from '../issue-tokens.ts'
import type { JsonObject } from '../json.ts'
import type { Exchange } from '../profile.ts'
import { Refusal } from '../refusals.ts'
import { readScope } from '../scope.ts'
import type { Client, Grant, RefreshToken } from '../state.ts'

/** RFC 6749 section 6, with rotation and reuse detection (RFC 9700 section 4.14.2). */
export async function refreshToken(
  { client, form, jkt }: ClientRequest,
  exchange: Exchange,
  core: IssuerCore,
): Promise<JsonObject> {
  const text = form.get('refresh_token')
  if (text === null) {
    throw new Refusal('parameter-missing', { description: 'refresh_token is missing' })
  }
  const held = core.state.refreshTokens.get(text)
  if (!held) throw new Refusal('refresh-unknown')
  checkHeld(text, held, client, core)
  const { grant } = held
  const isPublic = client.authentication.includes('none')
  if (isPublic && grant.jkt !== null && grant.jkt !== jkt) throw new Refusal('proof-invalid')
  const scopes = narrowedScopes(grant, readScope(form.get('scope')), core)
  const target = narrowedTarget(grant, { form, client, exchange, at: 'refresh_token' }, core)
  const rotates = core.profile.rules.refreshRotates
  if (rotates) held.used = true
  const next = rotates ? newRefreshToken(grant, core, held.expires) : text
  const narrowed = { ...grant, type: 'refresh_token', ...target, scopes, jkt: jkt ?? grant.jkt }
  return tokenResponse({ grant: narrowed, refreshToken: next }, core)
}

function checkHeld(text: string, held: RefreshToken, client: Client, core: IssuerCore): void {
  const { rules } = core.profile
  const { grant, used, expires } = held
  if (rules.refreshBoundToClient && grant.client.id !== client.id) {
    throw new Refusal('refresh-of-other-client')
  }
  if (core.state.revokedGrants.has(grant.id) || core.isRevoked(text)) {
    throw new Refusal('refresh-unknown')
  }
  if (used) {
    if (rules.refreshReuseRevokes) core.state.revokedGrants.set(grant.id, true)
    throw new Refusal('refresh-reused')
  }
  if (expires <= core.now()) throw new Refusal('refresh-expired')
}

function narrowedScopes(grant: Grant, asked: string[] | null, core: IssuerCore): string[] {
  if (asked === null) return grant.scopes
  const exceeded = asked.filter((each) => !grant.scopes.includes(each))
  if (exceeded.length > 0 && core.profile.rules.refreshScopeSubset) {
    throw new Refusal('scope-exceeded', { details: { scopes: exceeded } })
  }
  return asked
}
