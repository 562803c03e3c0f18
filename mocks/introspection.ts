import type { Answer } from './answer.ts'
import { readClientRequest } from './client-request.ts'
import type { IssuerCore } from './core.ts'
import { unstored } from './error-answer.ts'
import { jsonResponse } from './json.ts'
import type { JsonObject } from './json.ts'
import { readOwnToken } from './own-token.ts'
import type { OwnToken } from './own-token.ts'
import type { Exchange } from './profile.ts'
import { Refusal } from './refusals.ts'

/**
 * RFC 7662 for access and refresh tokens: what the issuer knows about its own token while it lives,
 * and `active: false` for everything else, an ID token too. The caller must be a client that can
 * prove it.
 */
export async function introspect(exchange: Exchange, core: IssuerCore): Promise<Answer> {
  const { form, client } = await readClientRequest(exchange, core)
  const { rules, introspection } = core.profile
  if (client.authentication.includes('none') && rules.introspection === 'confidential-clients') {
    throw new Refusal('client-method-not-allowed', { details: { client_id: client.id } })
  }
  const token = form.get('token')
  if (token === null) throw new Refusal('parameter-missing', { description: 'token is missing' })
  const own = readOwnToken(token, core)
  const answer = own
    ? introspection({ ...standardMembers(own), active: true }, own.grant)
    : { active: false }
  return jsonResponse(withOverlays(answer, core), 200, unstored)
}

function standardMembers({ kind, claims, grant }: OwnToken): JsonObject {
  if (kind === 'refresh') return claims
  return { ...claims, token_type: grant.jkt === null ? 'Bearer' : 'DPoP' }
}

/** What is arranged lies over it; null takes a member away. */
function withOverlays(answer: JsonObject, { overlays }: IssuerCore): JsonObject {
  const laid = overlays.of('introspection').map(({ members }) => members)
  const members = Object.entries(Object.assign({}, answer, ...laid) as JsonObject)
  return Object.fromEntries(members.filter(([, value]) => value !== null))
}
