import { issueAccessToken } from './access-token.ts'
import type { IssuerCore } from './core.ts'
import { idTokenParts } from './id-token.ts'
import type { JsonObject } from './json.ts'
import type { Grant } from './state.ts'

export interface IssueOrder {
  /** What the access token is for; narrower than the grant when a refresh asked for less. */
  grant: Grant
  /** The refresh token to answer with; null for none. */
  refreshToken: string | null
  /** Members that the grant type adds. */
  more?: JsonObject
}

/** The token response (RFC 6749 section 5.1), as the provider words it. */
export async function tokenResponse(
  { grant, refreshToken, more }: IssueOrder,
  core: IssuerCore,
): Promise<JsonObject> {
  const { tokens } = core.profile
  const { token, lifetime } = await issueAccessToken(grant, core)
  const { user, scopes, type, jkt } = grant
  const answer: JsonObject = {
    access_token: token,
    token_type: jkt === null || !core.profile.rules.dpopBinds ? 'Bearer' : 'DPoP',
    expires_in: lifetime,
    ...more,
  }
  if (scopes.length > 0) answer['scope'] = scopes.join(' ')
  if (refreshToken !== null) answer['refresh_token'] = refreshToken
  if (user && scopes.includes('openid') && type !== 'client_credentials') {
    answer['id_token'] = await core.signAside(idTokenParts({ ...grant, user }, token, core))
  }
  for (const name of secrets) {
    const given = answer[name]
    if (typeof given === 'string') for (const tell of core.tokenWatchers) tell(given)
  }
  return tokens.response(answer, grant)
}

const secrets = ['access_token', 'refresh_token', 'id_token']

/** A new refresh token of a grant; null where none is due. */
export function newRefreshToken(
  grant: Grant,
  core: IssuerCore,
  expires: number = core.now() + core.profile.lifetimes.refresh,
): string | null {
  const { profile, state } = core
  const both = [profile.grantTypes, grant.client.grantTypes]
  if (!grant.user || !both.every((each) => each.includes('refresh_token'))) return null
  if (!profile.tokens.refreshable(grant)) return null
  const token = profile.ids.refreshToken(core.random)
  state.refreshTokens.set(token, { grant, expires, used: false })
  return token
}
