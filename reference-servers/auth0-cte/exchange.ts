import { AuthClient } from '@auth0/auth0-auth-js'
import { decodeJwt } from 'jose'
import { readScopes, type Principal } from '../resource-server/principal.ts'
import type { ApiSettings } from './settings.ts'

/** What the tenant answered to an exchange, as far as it is looked at (RFC 8693 section 2.2.1). */
export interface IssuedToken {
  accessToken: string
  tokenType?: string | undefined
  issuedTokenType?: string | undefined
  scope?: string | undefined
}

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

/** Asks the tenant for a token of the API in exchange for the caller's. Throws when it refuses. */
export type Exchange = (caller: Principal, api: ApiSettings) => Promise<IssuedToken>

/** By the vendor's SDK, which speaks https alone and finds the token endpoint by itself. */
export const exchangeAtTenant: Exchange = ({ token }, api) => {
  const { subjectTokenType, audience, scope } = api
  return clientFor(api).exchangeToken(
    { subjectToken: token, subjectTokenType, audience, ...(scope === undefined ? {} : { scope }) },
    { signal: AbortSignal.timeout(api.timeoutMs) },
  )
}

const clients = new WeakMap<ApiSettings, AuthClient>()

/** One for each server, because it remembers the metadata of the tenant. */
function clientFor(api: ApiSettings): AuthClient {
  const { domain, clientId, clientSecret } = api
  const client = clients.get(api) ?? new AuthClient({ domain, clientId, clientSecret })
  clients.set(api, client)
  return client
}

/**
 * Throws unless the issued token is a bearer token for the API, for this caller and with the scopes
 * that were asked for. What the answer does not say is read from the token, where it is a JWT.
 */
export function checkIssued(issued: IssuedToken, caller: Principal, api: ApiSettings): void {
  const { accessToken, tokenType, issuedTokenType, scope } = issued
  if (tokenType?.toLowerCase() !== 'bearer') throw new Error('no bearer token was issued')
  if ((issuedTokenType ?? accessTokenType) !== accessTokenType) {
    throw new Error('another token than an access token was issued')
  }
  const claims = claimsOf(accessToken)
  const granted = scope ?? claims?.['scope']
  const missing = readScopes(api.scope).filter((each) => !readScopes(granted).includes(each))
  // A token that says nothing of scopes has those that were asked for (RFC 6749 section 5.1).
  if (granted !== undefined && missing.length > 0) throw new Error('a narrower scope was issued')
  if (claims === null) return
  if (!asList(claims['aud']).includes(api.audience)) throw new Error('it is for another audience')
  if (claims['sub'] !== caller.subject) throw new Error('it is for another subject')
}

/** Not verified: it came from the tenant itself, and the API decides what it is worth. */
function claimsOf(token: string): Record<string, unknown> | null {
  try {
    return decodeJwt(token)
  } catch {
    return null
  }
}

function asList(claim: unknown): unknown[] {
  return Array.isArray(claim) ? claim : [claim]
}
