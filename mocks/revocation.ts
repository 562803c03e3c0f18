import { Answer } from './answer.ts'
import { readClientRequest } from './client-request.ts'
import type { IssuerCore } from './core.ts'
import { unstored } from './error-answer.ts'
import { readOwnToken } from './own-token.ts'
import type { Exchange } from './profile.ts'
import { Refusal } from './refusals.ts'

/**
 * RFC 7009: a client takes back its own token; with a refresh token everything that was granted with
 * it. A token that is unknown or dead is answered as if it had been revoked now.
 */
export async function answerRevocation(exchange: Exchange, core: IssuerCore): Promise<Answer> {
  const { form, client } = await readClientRequest(exchange, core)
  const { rules } = core.profile
  if (client.authentication.includes('none') && rules.revocation === 'confidential-clients') {
    throw new Refusal('client-method-not-allowed', { details: { client_id: client.id } })
  }
  const token = form.get('token')
  if (token === null) throw new Refusal('parameter-missing', { description: 'token is missing' })
  const own = readOwnToken(token, core)
  if (own) {
    const opaque = core.state.issued.get(token)?.claims
    if (own.kind === 'access' && !opaque && !rules.jwtsRevocable) {
      throw new Refusal('token-type-unsupported')
    }
    if (own.grant.client.id !== client.id) throw new Refusal('token-of-other-client')
    core.state.revoked.set(token, true)
    if (own.kind === 'refresh') core.state.revokedGrants.set(own.grant.id, true)
  }
  return new Answer(null, {
    status: 200,
    headers: { ...unstored, 'access-control-allow-origin': '*' },
  })
}
