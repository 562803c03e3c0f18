import type { Config } from './config.ts'
import { isRecord } from './key-set.ts'
import type { Claims } from './principal.ts'
import { invalid } from './refusal.ts'

// Each check throws a refusal. RFC 9068 section 4 is the list they follow.

/** `aud` is a string or a list of strings, one of which is us (RFC 7519 section 4.1.3). */
export function checkAudience(claims: Claims, config: Config): void {
  const aud = claims['aud']
  const values: unknown[] = Array.isArray(aud) ? aud : [aud]
  const own = [config.audience, ...(config.audienceAliases ?? [])].map(lowerHost)
  if (!values.every((value) => typeof value === 'string')) throw invalid('aud is not text')
  if (!values.some((value) => own.includes(lowerHost(value))))
    throw invalid('aud names another server')
}

/** Scheme and host ignore case (RFC 3986 section 6.2.2.1); the rest of an identifier does not. */
export function lowerHost(identifier: string): string {
  return identifier.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#@]*/i, (start) => start.toLowerCase())
}

/** A token without an end would be good for ever, so `exp` must be there. */
export function checkExpiry(claims: Claims, config: Config, now: number): void {
  const exp = claims['exp']
  if (typeof exp !== 'number') throw invalid('exp is missing or not a number')
  if (exp + config.leeway <= now) throw invalid('the token has expired')
}

/** `iat` is only looked at for its type: clocks differ, and `nbf` is there to forbid early use. */
export function checkNotBefore(claims: Claims, config: Config, now: number): void {
  const { nbf, iat } = claims
  if (nbf !== undefined && typeof nbf !== 'number') throw invalid('nbf is not a number')
  if (iat !== undefined && typeof iat !== 'number') throw invalid('iat is not a number')
  if (nbf !== undefined && nbf - config.leeway > now) throw invalid('the token is not valid yet')
}

export function checkSubject(claims: Claims): void {
  const sub = claims['sub']
  if (typeof sub !== 'string' || sub === '') throw invalid('sub is missing or not text')
}

/** Issuers that mark what a token is for write it into `token_use` or `typ` of the claims. */
export function checkUse(claims: Claims): void {
  for (const mark of [claims['token_use'], claims['typ']]) {
    if (/^(?:id|refresh|offline)$/i.test(String(mark))) throw invalid('not an access token')
  }
}

/**
 * A token that is bound to a key is of no use without a proof of it, and none is taken here (RFC 9449
 * section 7.2, RFC 8705 section 3).
 */
export function checkBinding(claims: Claims): void {
  if (claims['cnf'] !== undefined) throw invalid('the token is bound to a key')
}

export function checkScope(claims: Claims): void {
  const scope = claims['scope']
  if (scope !== undefined && typeof scope !== 'string') throw invalid('scope is not text')
}

/** The outermost actor acts; what is nested in it is history (RFC 8693 section 4.1). */
export function checkActor(claims: Claims, config: Config): void {
  const { act } = claims
  if (act === undefined || config.actorAllowlist === undefined) return
  const actor = isRecord(act) ? act['sub'] : undefined
  if (!config.actorAllowlist.includes(String(actor))) throw invalid('this actor may not act')
}

export function checkClient(claims: Claims, config: Config): void {
  const clientId = claims['client_id']
  if (clientId !== undefined && typeof clientId !== 'string') throw invalid('client_id is not text')
  if (config.clientAllowlist === null) return
  if (clientId === undefined || !config.clientAllowlist.includes(clientId)) {
    throw invalid('this client may not call')
  }
}
