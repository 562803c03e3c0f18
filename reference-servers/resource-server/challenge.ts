import type { Request } from 'express'
import type { Config } from './config.ts'
import { isUnderDpop, proofAlgorithms } from './dpop.ts'
import { advertisedScopes, metadataUrl } from './metadata.ts'
import type { Refusal, RefusalKind } from './refusal.ts'
import type { Rules } from './rules.ts'
import type { Verifier } from './verify.ts'

/** An answer to a refused request, ready to be written. */
export interface RefusalAnswer {
  status: number
  headers: Record<string, string>
  body: Record<string, unknown>
}

export type ChallengeParameters = [name: string, value: string][]

const answers: Record<RefusalKind, { status: number; error: string | null; text: string }> = {
  missing: { status: 401, error: null, text: 'A bearer token is needed.' },
  malformed: {
    status: 400,
    error: 'invalid_request',
    text: 'The request must hold exactly one access token, and one proof where it is bound.',
  },
  invalid: {
    status: 401,
    error: 'invalid_token',
    text: 'The access token is expired, malformed, or not meant for this server.',
  },
  unproven: {
    status: 401,
    error: 'invalid_dpop_proof',
    text: 'The proof of the key is missing, or not for this request and this token.',
  },
  'no-nonce': {
    status: 401,
    error: 'use_dpop_nonce',
    text: 'The proof of the key must hold the nonce of this answer.',
  },
  insufficient: {
    status: 403,
    error: 'insufficient_scope',
    text: 'The access token lacks a scope that this request needs.',
  },
  unavailable: {
    status: 503,
    error: 'temporarily_unavailable',
    text: 'The token cannot be checked at the moment.',
  },
}

/** The texts are fixed: nothing that a caller sent and nothing internal is ever repeated. */
export function answerRefusal(
  refusal: Refusal,
  { config, rules }: Verifier,
  request: Request,
): RefusalAnswer {
  const { status, error, text } = answers[refusal.kind]
  const body = error === null ? { message: text } : { error, error_description: text }
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' }
  // 503 says nothing about the token, so it must not send the client to log in again.
  if (status === 503) headers['Retry-After'] = '1'
  else {
    const parameters = rules.challengeParameters(refusal, config)
    headers['WWW-Authenticate'] =
      config.dpop === 'off'
        ? rules.formatChallenge(parameters)
        : bothChallenges(parameters, isUnderDpop(request), rules)
  }
  const nonce = refusal.kind === 'no-nonce' ? rules.newNonce() : undefined
  if (nonce !== undefined) headers['DPoP-Nonce'] = nonce
  return { status, headers, body }
}

/** What went wrong is told under the scheme that the request came with (RFC 9449 section 7.1). */
function bothChallenges(parameters: ChallengeParameters, underDpop: boolean, rules: Rules): string {
  const error = parameters.filter(([name]) => name.startsWith('error'))
  const rest = parameters.filter(([name]) => !name.startsWith('error'))
  const bearer = rules.formatChallenge(underDpop ? rest : parameters)
  return `${bearer}, ${rules.offerDpop(underDpop ? error : [])}`
}

/** RFC 6750 section 3: `error` only if a token was presented. RFC 9728 section 5.1: `resource_metadata`. */
export function challengeParameters(refusal: Refusal, config: Config): ChallengeParameters {
  const { error, text } = answers[refusal.kind]
  const scopes = refusal.scopes.length > 0 ? refusal.scopes : advertisedScopes(config)
  const parameters: ChallengeParameters = []
  if (error !== null) parameters.push(['error', error], ['error_description', text])
  parameters.push(['resource_metadata', metadataUrl(config)])
  if (scopes.length > 0) parameters.push(['scope', scopes.join(' ')])
  return parameters
}

/** RFC 9110 section 11.6.1; every value is a quoted string. */
export function formatChallenge(parameters: ChallengeParameters): string {
  return `Bearer ${formatParameters(parameters)}`
}

/** RFC 9449 section 7.1. */
export function offerDpop(error: ChallengeParameters): string {
  return `DPoP ${formatParameters([...error, ['algs', proofAlgorithms.join(' ')]])}`
}

export { currentNonce as newNonce } from './dpop-nonce.ts'

function formatParameters(parameters: ChallengeParameters): string {
  return parameters.map(([name, value]) => `${name}="${escapeQuoted(value)}"`).join(', ')
}

function escapeQuoted(value: string): string {
  return value.replaceAll(/[\\"]/g, '\\$&')
}
