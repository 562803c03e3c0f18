import type { Config } from './config.ts'

/** Who calls. */
export interface Principal {
  /** What data and sessions are keyed by: unique over all issuers, users and clients. */
  account: string
  issuer: string
  /** The user's `sub`; `client:<id>` for a client that acts for itself. */
  subject: string
  clientId: string | undefined
  scopes: string[]
  /** Seconds since the epoch. */
  expiresAt: number
  token: string
}

export type Claims = Record<string, unknown>

/**
 * Users are told apart by issuer and subject together (RFC 7519 section 4.1.2 makes a subject unique
 * within its issuer only). A token that a client got for itself has `sub` equal to `client_id`
 * (RFC 9068 section 5): such a client is nobody's account, whatever it is called.
 */
export function toPrincipal(claims: Claims, token: string, config: Config): Principal {
  const issuer = String(claims['iss'])
  const sub = String(claims['sub'])
  const clientId = typeof claims['client_id'] === 'string' ? claims['client_id'] : undefined
  const subject = sub === clientId ? `client:${sub}` : sub
  return {
    account: accountOf(issuer, subject),
    issuer,
    subject,
    clientId,
    scopes: withImplied(readScopes(claims['scope']), config),
    expiresAt: Number(claims['exp']),
    token,
  }
}

/** The key of somebody's data. */
export function accountOf(issuer: string, subject: string): string {
  return JSON.stringify([issuer, subject])
}

/** The scopes of a claim in the form of RFC 6749 section 3.3. */
export function readScopes(scope: unknown): string[] {
  return typeof scope === 'string' ? scope.split(' ').filter((entry) => entry !== '') : []
}

export function withImplied(granted: string[], { system }: Config): string[] {
  return [...new Set(granted.flatMap((each) => [each, ...(system.impliedScopes[each] ?? [])]))]
}

/** In the form in which the SDKs hand it on to tools. */
export function toAuthInfo(caller: Principal): AuthInfo {
  const { token, clientId = '', scopes, expiresAt } = caller
  return { token, clientId, scopes, expiresAt, extra: { caller } }
}

interface AuthInfo {
  token: string
  clientId: string
  scopes: string[]
  expiresAt: number
  extra: Record<string, unknown>
}
