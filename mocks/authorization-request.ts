import { findClient } from './client-lookup.ts'
import type { IssuerCore } from './core.ts'
import type { Exchange } from './profile.ts'
import { isRegistered } from './redirect-uri.ts'
import { Refusal } from './refusals.ts'
import { readScope } from './scope.ts'
import type { AuthorizationRequest, Client } from './state.ts'

/** What must be sure before anything, an error too, is sent to the client. */
export interface VerifiedRedirect {
  client: Client
  redirectUri: string
  redirectUriGiven: boolean
  responseMode: 'query' | 'form_post'
  state: string | null
  params: Record<string, string>
}

/** @throws Refusal that is shown to the user */
export async function verifiedRedirect(
  parameters: URLSearchParams,
  core: IssuerCore,
): Promise<VerifiedRedirect> {
  const id = parameters.get('client_id')
  if (id === null) {
    throw new Refusal('parameter-missing', { description: 'client_id is missing' })
  }
  const client = await findClient(id, core)
  const details = { client_id: id }
  if (!client) {
    throw new Refusal('client-unknown', { status: 400, description: 'unknown client', details })
  }
  const given = parameters.get('redirect_uri')
  const only = client.redirectUris.length === 1 ? client.redirectUris[0] : undefined
  const redirectUri = given ?? only
  const { rules } = core.profile
  const known = redirectUri !== undefined && isRegistered(redirectUri, client, rules)
  if (!known && !(rules.unverifiedRedirectFollowed && URL.canParse(redirectUri ?? ''))) {
    throw new Refusal('redirect-unregistered', {
      details: { ...details, redirect_uri: redirectUri ?? null },
    })
  }
  return {
    client,
    redirectUri: redirectUri ?? '',
    redirectUriGiven: given !== null,
    responseMode: parameters.get('response_mode') === 'form_post' ? 'form_post' : 'query',
    state: parameters.get('state'),
    params: {},
  }
}

/** A checked authorization request. @throws Refusal that is sent to the client */
export function newAuthorizationRequest(
  parameters: URLSearchParams,
  verified: VerifiedRedirect,
  { params }: Exchange,
  core: IssuerCore,
): AuthorizationRequest {
  const { client, redirectUri } = verified
  const { profile, state } = core
  if (!isRegistered(redirectUri, client, profile.rules)) throw new Refusal('redirect-unregistered')
  for (const name of ['request', 'request_uri']) {
    if (parameters.has(name)) {
      throw new Refusal('request-object-unsupported', {
        error: `${name}_not_supported`,
      })
    }
  }
  checkResponse(parameters, verified, core)
  const challenge = readChallenge(parameters, core)
  const prompt = parameters.get('prompt')?.split(' ') ?? []
  if (prompt.length > 1 && prompt.includes('none')) {
    throw new Refusal('parameter-malformed', { description: 'prompt none stands alone' })
  }
  const asked = readScope(parameters.get('scope'))
  const target = profile.target({
    at: 'authorization',
    resource: parameters.getAll('resource'),
    audience: parameters.getAll('audience'),
    scopes: asked ?? [],
    client,
    params,
    granted: null,
    core,
  })
  const scopes = profile.grantScopes({
    at: 'authorization',
    asked,
    client,
    user: null,
    target,
    params,
    core,
  })
  const organization = parameters.get(profile.organizationParameter ?? 'organization')
  return {
    ...verified,
    nonce: parameters.get('nonce'),
    prompt,
    maxAge: readMaxAge(parameters.get('max_age')),
    loginHint: parameters.get('login_hint'),
    challenge,
    scopes,
    ...target,
    organization: state.organizations.get(organization ?? '') ?? null,
    params,
    jkt: parameters.get('dpop_jkt'),
    parameters: Object.fromEntries(parameters),
  }
}

function checkResponse(
  parameters: URLSearchParams,
  { client }: VerifiedRedirect,
  { profile }: IssuerCore,
): void {
  const type = parameters.get('response_type')
  if (type === null) {
    throw new Refusal('parameter-missing', { description: 'response_type is missing' })
  }
  if (!profile.rules.responseTypes.includes(type)) throw new Refusal('response-type-unsupported')
  const mode = parameters.get('response_mode') ?? 'query'
  if (mode !== 'query' && mode !== 'form_post') throw new Refusal('response-mode-unsupported')
  if (!client.grantTypes.includes('authorization_code')) {
    throw new Refusal('grant-not-allowed', { details: { grant_type: 'authorization_code' } })
  }
}

/** RFC 7636 section 4.2: 43 to 128 characters, of S256 always 43. */
const challengeSyntax = /^[A-Za-z0-9._~-]{43,128}$/

function readChallenge(
  parameters: URLSearchParams,
  { profile }: IssuerCore,
): AuthorizationRequest['challenge'] {
  const { challengeRequired, challengeMethods } = profile.rules
  const value = parameters.get('code_challenge')
  if (value === null) {
    if (challengeRequired || parameters.has('code_challenge_method')) {
      throw new Refusal('challenge-missing')
    }
    return null
  }
  const method = parameters.get('code_challenge_method') ?? 'plain'
  if (!challengeMethods.includes(method)) throw new Refusal('challenge-method-unsupported')
  if (!challengeSyntax.test(value) || (method === 'S256' && value.length !== 43)) {
    throw new Refusal('challenge-malformed')
  }
  return { value, method }
}

function readMaxAge(text: string | null): number | null {
  if (text === null) return null
  if (!/^\d{1,9}$/.test(text)) {
    throw new Refusal('parameter-malformed', { description: 'max_age is a number of seconds' })
  }
  return Number(text)
}
