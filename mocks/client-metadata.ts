import type { IssuerCore } from './core.ts'
import { isObject } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { isLoopback, redirectProblem } from './redirect-uri.ts'
import { Refusal } from './refusals.ts'
import { readScope } from './scope.ts'
import { seededClient } from './seed.ts'
import { authenticationMethods } from './state.ts'
import type { AuthenticationMethod, Client } from './state.ts'

const mostRedirects = 50
const webPages = ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'jwks_uri']

/**
 * The client that client metadata describe (RFC 7591 section 2), without id and secret. What is not
 * understood is ignored, and nothing that the metadata name is fetched.
 * @throws Refusal `registration-redirect` or `registration-metadata`
 */
export function clientFromMetadata(
  metadata: JsonObject,
  defaultAuthentication: AuthenticationMethod,
  core: IssuerCore,
): Client {
  const { profile } = core
  const grantTypes = grantsOf(metadata, core)
  const method = methodOf(metadata, defaultAuthentication)
  if (!profile.authentication.includes(method)) {
    throw wrong(`token_endpoint_auth_method ${method} is not supported`)
  }
  const { jwks, jwksUri } = keysOf(metadata, method)
  for (const name of webPages) checkWebPage(name, metadata[name])
  const name = text('client_name', metadata['client_name'])
  if (name !== null && name.length > 256) throw wrong('client_name is too long')
  const applicationType = applicationTypeOf(metadata)
  return seededClient({
    id: '',
    name: name ?? '',
    redirectUris: redirectsOf(metadata, 'redirect_uris', applicationType, grantTypes),
    authentication: [method, ...alike(method)],
    grantTypes,
    applicationType,
    scopes: scopesOf(metadata),
    jwks,
    jwksUri,
    dpopBound: metadata['dpop_bound_access_tokens'] === true,
    postLogoutRedirectUris: redirectsOf(metadata, 'post_logout_redirect_uris', applicationType, []),
    metadata,
    issuedAt: core.now(),
  })
}

/** Who has a secret may show it either way (RFC 6749 section 2.3.1). */
function alike(method: AuthenticationMethod): AuthenticationMethod[] {
  if (method === 'client_secret_basic') return ['client_secret_post']
  return method === 'client_secret_post' ? ['client_secret_basic'] : []
}

function methodOf(metadata: JsonObject, fallback: AuthenticationMethod): AuthenticationMethod {
  const method = text('token_endpoint_auth_method', metadata['token_endpoint_auth_method'])
  const known = authenticationMethods.find((each) => each === (method ?? fallback))
  if (!known) throw wrong(`token_endpoint_auth_method ${method ?? ''} is not supported`)
  return known
}

function grantsOf(metadata: JsonObject, core: IssuerCore): string[] {
  const asked = texts('grant_types', metadata['grant_types']) ?? ['authorization_code']
  const grantTypes = asked.filter((each) => core.profile.grantTypes.includes(each))
  if (grantTypes.length === 0) throw wrong('none of the grant_types is supported')
  const responseTypes = texts('response_types', metadata['response_types']) ?? ['code']
  const supported = responseTypes.filter((each) => core.profile.rules.responseTypes.includes(each))
  if (grantTypes.includes('authorization_code') && supported.length === 0) {
    throw wrong('none of the response_types is supported')
  }
  return grantTypes
}

/** Without a word of the client's: native, when it redirects to the user's own computer only. */
function applicationTypeOf(metadata: JsonObject): 'web' | 'native' {
  const type = metadata['application_type']
  if (type === 'web' || type === 'native') return type
  if (type !== undefined) throw wrong('application_type is web or native')
  const uris = [metadata['redirect_uris'] ?? []].flat().filter((each) => typeof each === 'string')
  const native = uris.some((uri) => isLoopback(uri) || !/^https?:/i.test(uri))
  return native ? 'native' : 'web'
}

function redirectsOf(
  metadata: JsonObject,
  name: string,
  applicationType: 'web' | 'native',
  grantTypes: string[],
): string[] {
  const value = metadata[name]
  const uris: JsonValue[] = value === undefined ? [] : Array.isArray(value) ? value : [value]
  const problem =
    uris.map((uri) => redirectProblem(uri, applicationType)).find((each) => each !== null) ??
    (uris.length === 0 && grantTypes.includes('authorization_code')
      ? 'redirect_uris is missing'
      : null) ??
    (uris.length > mostRedirects ? 'there are too many redirect URIs' : null)
  if (problem !== null) throw new Refusal('registration-redirect', { description: problem })
  return uris as string[]
}

function keysOf(
  metadata: JsonObject,
  method: AuthenticationMethod,
): { jwks: JsonObject | null; jwksUri: string | null } {
  const { jwks } = metadata
  const jwksUri = text('jwks_uri', metadata['jwks_uri'])
  if (jwks !== undefined && jwksUri !== null) throw wrong('jwks and jwks_uri exclude each other')
  if (jwks !== undefined && (!isObject(jwks) || !Array.isArray(jwks['keys']))) {
    throw wrong('jwks is no JWK Set')
  }
  if (method === 'private_key_jwt' && jwks === undefined && jwksUri === null) {
    throw wrong('private_key_jwt needs jwks or jwks_uri')
  }
  return { jwks: isObject(jwks) ? jwks : null, jwksUri }
}

function scopesOf(metadata: JsonObject): string[] | null {
  const scope = text('scope', metadata['scope'])
  if (scope === null || scope === '') return null
  try {
    return readScope(scope)
  } catch {
    throw wrong('scope is not a list of scopes')
  }
}

function checkWebPage(name: string, value: JsonValue | undefined): void {
  const uri = text(name, value)
  if (uri === null) return
  const web = URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol)
  if (!web) throw wrong(`${name} is no web address`)
}

function text(name: string, value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') throw wrong(`${name} is no text`)
  return value
}

function texts(name: string, value: JsonValue | undefined): string[] | null {
  if (value === undefined || value === null) return null
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value
  throw wrong(`${name} is no list of texts`)
}

function wrong(description: string): Refusal {
  return new Refusal('registration-metadata', { description })
}
