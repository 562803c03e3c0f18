import { readClientRequest } from './client-request.ts'
import type { IssuerCore } from './core.ts'
import { unstored } from './error-answer.ts'
import { jsonResponse } from './json.ts'
import type { JsonObject } from './json.ts'
import type { Exchange } from './profile.ts'
import { Refusal } from './refusals.ts'

/**
 * RFC 7662 for access and refresh tokens: what the issuer knows about its own token while it lives,
 * and `active: false` for everything else, an ID token too. The caller must be a client.
 */
export async function introspect(exchange: Exchange, core: IssuerCore): Promise<Response> {
  const { form } = await readClientRequest(exchange, core)
  const token = form.get('token')
  if (token === null) throw new Refusal('parameter-missing', { description: 'token is missing' })
  const known = core.isRevoked(token) ? null : describe(token, core)
  const grant = core.state.issued.get(token)?.grant ?? core.state.refreshTokens.get(token)?.grant
  const answer = known
    ? core.profile.introspection({ ...known, active: true }, grant ?? null)
    : { active: false }
  return jsonResponse(answer, 200, unstored)
}

function describe(token: string, core: IssuerCore): JsonObject | null {
  const refresh = core.state.refreshTokens.get(token)
  if (refresh) {
    const { grant, expires, used } = refresh
    if (used || grant.revoked || expires <= core.now()) return null
    const { user, client, scopes } = grant
    const scope = scopes.length === 0 ? {} : { scope: scopes.join(' ') }
    const sub = user?.subject ?? client.id
    return { iss: core.issuer, sub, client_id: client.id, token_use: 'refresh', ...scope }
  }
  const opaque = core.state.issued.get(token)?.claims
  if (opaque) return core.isAlive(opaque) ? { ...opaque, token_type: 'Bearer' } : null
  return ownClaims(token, core)
}

function ownClaims(token: string, core: IssuerCore): JsonObject | null {
  const verified = core.verify(token)
  if (!verified) return null
  const { header, claims } = verified
  const typ = String(header['typ'])
    .toLowerCase()
    .replace(/^application\//, '')
  const { access, refresh } = core.profile.tokens.types
  if (typ !== access.toLowerCase() && typ !== refresh.toLowerCase()) return null
  if (claims['iss'] !== core.issuer || !core.isAlive(claims)) return null
  return typ === refresh.toLowerCase() ? claims : { ...claims, token_type: 'Bearer' }
}
