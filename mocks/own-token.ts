import type { IssuerCore } from './core.ts'
import { newGrant } from './grant.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { seededClient } from './seed.ts'
import type { Grant } from './state.ts'

/** A token of this issuer that is alive, and what it was given for. */
export interface OwnToken {
  kind: 'access' | 'refresh'
  claims: JsonObject
  grant: Grant
}

/** An access or refresh token of this issuer; null for a dead or foreign one, and for an ID token. */
export function readOwnToken(token: string, core: IssuerCore): OwnToken | null {
  if (core.isRevoked(token)) return null
  const refresh = core.state.refreshTokens.get(token)
  if (refresh) {
    const { grant, expires, used } = refresh
    const dead = used || core.state.revokedGrants.has(grant.id) || expires <= core.now()
    return dead ? null : { kind: 'refresh', grant, claims: refreshClaims(grant, core) }
  }
  const issued = core.state.issued.get(token)
  if (issued?.claims) {
    const { grant, claims } = issued
    return core.isAlive(claims) ? { kind: 'access', grant, claims } : null
  }
  return readOwnJwt(token, issued?.grant ?? null, core)
}

function readOwnJwt(token: string, known: Grant | null, core: IssuerCore): OwnToken | null {
  const verified = core.verify(token)
  if (!verified || !isIssuer(verified.claims['iss'], core)) return null
  const { claims, header } = verified
  if (!core.isAlive(claims)) return null
  const typ = String(header['typ'])
    .toLowerCase()
    .replace(/^application\//, '')
  const { access, refresh } = core.profile.tokens.types
  const grant = known ?? grantOfClaims(claims, core)
  if (typ === refresh.toLowerCase() && refresh !== access) return { kind: 'refresh', claims, grant }
  const isIdToken = known === null && ('nonce' in claims || 'at_hash' in claims)
  return typ === access.toLowerCase() && !isIdToken ? { kind: 'access', claims, grant } : null
}

function isIssuer(iss: JsonValue | undefined, { issuer, profile }: IssuerCore): boolean {
  if (typeof iss !== 'string') return false
  return iss === issuer || profile.tokens.isIssuer?.(iss, issuer) === true
}

/** What a token says that nobody remembers: minted by the tester, or older than the memory. */
function grantOfClaims(claims: JsonObject, core: IssuerCore): Grant {
  const id = String(claims['client_id'] ?? claims['azp'] ?? '')
  const client = core.client(id) ?? seededClient({ id })
  const { sub, act, cnf, aud } = claims
  const jkt = typeof cnf === 'object' && cnf !== null && 'jkt' in cnf ? String(cnf['jkt']) : null
  return newGrant('authorization_code', client, core, {
    user: core.state.users.get(String(sub)) ?? null,
    scopes: scopesOf(claims),
    audience: [aud ?? []].flat().map(String),
    actor: typeof act === 'object' && act !== null && !Array.isArray(act) ? act : null,
    jkt,
  })
}

/** `scope` as a text, or `scopes` or `scp` as a list. */
function scopesOf({ scope, scopes, scp }: JsonObject): string[] {
  if (typeof scope === 'string') return scope.split(' ').filter((each) => each !== '')
  const list = scopes ?? scp
  return Array.isArray(list) ? list.map(String) : []
}

function refreshClaims({ user, client, scopes }: Grant, core: IssuerCore): JsonObject {
  const scope = scopes.length === 0 ? {} : { scope: scopes.join(' ') }
  const sub = user?.subject ?? client.id
  return { iss: core.issuer, sub, client_id: client.id, token_use: 'refresh', ...scope }
}
