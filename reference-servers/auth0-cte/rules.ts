import { checkUse } from '../resource-server/claims.ts'
import { toPrincipal, type Claims, type Principal } from '../resource-server/principal.ts'
import { invalid, type Refusal } from '../resource-server/refusal.ts'
import { conformantRules, type Rules } from '../resource-server/rules.ts'
import { checkType } from '../resource-server/verify.ts'
import { headersForApi, readAnswer, tokenForApi } from './api-client.ts'
import { checkIssued, exchangeAtTenant, type Exchange } from './exchange.ts'

/** The decisions of every resource server, and those about tokens for the API behind it. */
export interface CteRules extends Rules {
  exchange: Exchange
  checkIssued: typeof checkIssued
  tokenForApi: typeof tokenForApi
  headersForApi: typeof headersForApi
  readAnswer: typeof readAnswer
  /** What the caller is told when the API could not be asked. */
  describeFailure(error: unknown): string
  /** Whether tools are listed only for callers who may use them. */
  hidesDeniedTools(): boolean
}

/** A caller with what the token says about the user and the client. */
export interface CtePrincipal extends Principal {
  profile: Claims
}

const profileClaims = ['sub', 'azp', 'name', 'email', 'client_id']

const words: Partial<Record<Refusal['kind'], string>> = {
  invalid: 'Invalid token',
  malformed: 'Invalid Authorization header format',
}

export const cteRules: CteRules = {
  ...conformantRules,

  // Tenants type access tokens JWT, unless the API has the profile of RFC 9068.
  checkType: (header) => {
    if (!/^(application\/)?jwt$/i.test(String(header['typ']))) checkType(header)
  },
  // typ does not tell ID tokens apart, so their own claims have to.
  checkUse: (claims) => {
    checkUse(claims)
    if ('nonce' in claims || 'at_hash' in claims) throw invalid('not an access token')
  },
  checkClient: (claims) => {
    const client = clientOf(claims)
    if (typeof client !== 'string') throw invalid('neither client_id nor azp names the client')
  },
  toPrincipal: (claims, token, config): CtePrincipal => {
    const named = { ...claims, client_id: clientOf(claims) }
    const principal = toPrincipal(named, token, config)
    const said: Claims = { ...claims, sub: principal.subject }
    const known = profileClaims.filter((name) => said[name] !== undefined)
    return { ...principal, profile: Object.fromEntries(known.map((name) => [name, said[name]])) }
  },

  challengeParameters: (refusal, config) =>
    conformantRules
      .challengeParameters(refusal, config)
      .map(([name, value]) => [
        name,
        name === 'error_description' ? (words[refusal.kind] ?? value) : value,
      ]),
  answerRefusal: (refusal, verifier, request) => {
    const answer = conformantRules.answerRefusal(refusal, verifier, request)
    const text = words[refusal.kind]
    return text === undefined
      ? answer
      : { ...answer, body: { ...answer.body, error_description: text } }
  },

  exchange: exchangeAtTenant,
  checkIssued,
  tokenForApi,
  headersForApi,
  readAnswer,
  describeFailure: () => 'The upstream API could not be called for you.',
  hidesDeniedTools: () => false,
}

function clientOf(claims: Claims): unknown {
  return claims['client_id'] ?? claims['azp']
}
