import { isSignedByOneOf } from './client-assertion.ts'
import type { IssuerCore } from './core.ts'
import { isObject } from './json.ts'
import type { JsonObject } from './json.ts'
import { readJwt } from './jwt.ts'
import { readOwnToken } from './own-token.ts'
import type { ExchangeRequest, ExchangeSubject } from './profile.ts'
import { Refusal } from './refusals.ts'
import type { User } from './state.ts'

export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
export const jwtType = 'urn:ietf:params:oauth:token-type:jwt'
export const idTokenType = 'urn:ietf:params:oauth:token-type:id_token'

/**
 * Whose token it is, for a token of this issuer or of one that it trusts.
 * @throws Refusal `subject-token-invalid` or `actor-token-invalid`
 */
export function readSubject(asked: ExchangeRequest, role: 'subject' | 'actor'): ExchangeSubject {
  const { subjectToken: token, subjectTokenType: type, core, client } = asked
  const claims = core.profile.rules.subjectTokenVerified
    ? verifiedClaims(token, type, client.id, core)
    : (readJwt(token)?.claims ?? null)
  if (!claims)
    throw new Refusal(role === 'subject' ? 'subject-token-invalid' : 'actor-token-invalid')
  const { act, may_act: mayAct, aud, scope } = claims
  const known = type === idTokenType ? null : String(scope ?? '')
  return {
    user: userOf(claims, core),
    name: String(claims['sub'] ?? ''),
    scopes: known === null ? null : (readOwnToken(token, core)?.grant.scopes ?? words(known)),
    audience: [aud ?? []].flat().map(String),
    actor: isObject(act) ? act : null,
    mayAct: isObject(mayAct) ? mayAct : null,
  }
}

function verifiedClaims(
  token: string,
  type: string,
  clientId: string,
  core: IssuerCore,
): JsonObject | null {
  const own = readOwnToken(token, core)
  if (own?.kind === 'access' && type !== idTokenType) return own.claims
  const jwt = readJwt(token)
  if (!jwt || core.isRevoked(token)) return null
  const { iss, aud } = jwt.claims
  const audiences = [aud ?? []].flat().map(String)
  if (iss === core.issuer) {
    const good = type === idTokenType && core.verify(token) && audiences.includes(clientId)
    return good && core.isAlive(jwt.claims) ? jwt.claims : null
  }
  const keys = core.state.trustedIssuers.get(String(iss))?.['keys']
  const ours = [core.issuer, core.router.urlOf('token') ?? core.issuer, clientId]
  const good =
    Array.isArray(keys) &&
    isSignedByOneOf(keys, token, jwt.header) &&
    core.isAlive(jwt.claims) &&
    audiences.some((each) => ours.includes(each))
  return good ? jwt.claims : null
}

/** A subject of another issuer is nobody of ours, whatever it is called; null for a client's own. */
function userOf({ iss, sub, email }: JsonObject, core: IssuerCore): User | null {
  const subject = String(sub ?? '')
  if (iss === undefined || iss === core.issuer) return core.state.users.get(subject) ?? null
  const foreign = `${String(iss)}|${subject}`
  return (
    core.state.users.get(foreign) ?? {
      subject: foreign,
      username: foreign,
      password: '',
      email: typeof email === 'string' ? email : '',
    }
  )
}

function words(text: string): string[] {
  return text.split(' ').filter((each) => each !== '')
}
