import type { JsonObject } from '../json.ts'
import type { TokenContext, TokenForm } from '../profile.ts'
import type { Grant } from '../state.ts'
import { only } from './members.ts'

/** [docs secure/tokens/access-tokens/access-token-profiles] */
export type Dialect =
  'access_token' | 'access_token_authz' | 'rfc9068_profile' | 'rfc9068_profile_authz'

/** An access token in the dialect of its API; opaque where nobody named one. */
export function accessForm(
  standard: JsonObject,
  grant: Grant,
  { issuer, jti }: TokenContext,
  draw: (length: number) => string,
): TokenForm {
  const { audience, client, scopes, user, resources, organization } = grant
  const withUserinfo = scopes.includes('openid') && user ? [`${issuer}userinfo`] : []
  const all = [...audience, ...withUserinfo]
  const dialect = (resources[0]?.attributes['token_dialect'] ?? 'access_token') as Dialect
  const byBook = dialect.startsWith('rfc9068')
  const claims: JsonObject = {
    iss: issuer,
    sub: user?.subject ?? `${client.id}@clients`,
    ...(all.length === 0 ? {} : { aud: all.length === 1 ? (all[0] ?? '') : all }),
    ...only(standard, ['iat', 'exp', 'scope', 'act', 'cnf']),
    ...(byBook ? { client_id: client.id, jti } : { azp: client.id, ...grantType(grant) }),
    ...(dialect.endsWith('_authz') ? { permissions: permissionsOf(grant) } : {}),
    ...(organization ? { org_id: organization.id } : {}),
    ...grant.claims,
  }
  // the form of opaque tokens is not documented [assumed]
  if (audience.length === 0) return { opaque: draw(32), claims }
  return { header: { typ: byBook ? 'at+jwt' : 'JWT' }, claims }
}

/** `gty` stands in tokens that no browser was part of. */
function grantType({ type }: Grant): JsonObject {
  const names: Record<string, string> = {
    client_credentials: 'client-credentials',
    refresh_token: 'refresh_token',
  }
  return names[type] === undefined ? {} : { gty: names[type] }
}

/** RBAC: scopes of the API that the user was given. */
function permissionsOf({ scopes, resources }: Grant): string[] {
  const known = resources.flatMap((resource) => resource.scopes)
  return scopes.filter((scope) => known.includes(scope))
}
