import type { Answer } from './answer.ts'
import type { IssuerCore } from './core.ts'
import { checkProof } from './dpop.ts'
import { unstored } from './error-answer.ts'
import { jsonResponse } from './json.ts'
import { readOwnToken } from './own-token.ts'
import type { OwnToken } from './own-token.ts'
import type { Exchange } from './profile.ts'
import { Refusal } from './refusals.ts'
import { userClaims } from './user-claims.ts'

/** OpenID Connect Core section 5.3. */
export function answerUserinfo(exchange: Exchange, core: IssuerCore): Answer {
  const { method } = exchange.request
  if (method !== 'GET' && method !== 'POST') {
    throw new Refusal('method-not-allowed', { header: { allow: 'GET, POST' } })
  }
  const { grant, claims } = readBearer(exchange, core)
  const { user, scopes } = grant
  if (!user) throw challenge(new Refusal('token-invalid'))
  const standard = { sub: String(claims['sub'] ?? user.subject), ...userClaims(user, scopes) }
  return jsonResponse(core.profile.userinfo(standard, grant), 200, unstored)
}

/**
 * The access token of a request (RFC 6750 section 2.1, RFC 9449 section 7.1), for endpoints that it
 * protects.
 * @throws Refusal `token-missing`, `token-invalid` or `proof-invalid`, with its challenge
 */
export function readBearer(exchange: Exchange, core: IssuerCore): OwnToken {
  const { request } = exchange
  const [, scheme = '', token = ''] =
    /^(bearer|dpop) +([\w.~+/=-]+)$/i.exec(request.headers.get('authorization') ?? '') ?? []
  if (token === '') throw new Refusal('token-missing', { header: { 'www-authenticate': 'Bearer' } })
  const own = readOwnToken(token, core)
  if (own?.kind !== 'access') throw challenge(new Refusal('token-invalid'))
  const { jkt } = own.grant
  const isBound = scheme.toLowerCase() === 'dpop'
  if (isBound !== (jkt !== null)) throw challenge(new Refusal('token-invalid'))
  if (jkt !== null) {
    const proof = request.headers.get('dpop')
    if (proof === null) throw challenge(new Refusal('proof-missing', { status: 401 }), 'DPoP')
    if (checkProof(proof, exchange, core, token) !== jkt) {
      throw challenge(new Refusal('token-invalid'), 'DPoP')
    }
  }
  return own
}

function challenge(refusal: Refusal, scheme = 'Bearer'): Refusal {
  const { error, message, status, reason } = refusal
  const header = {
    'www-authenticate': `${scheme} error="${error}", error_description="${message}"`,
  }
  return new Refusal(reason, { status, header })
}
