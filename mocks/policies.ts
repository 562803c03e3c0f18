import type { ScopeRequest, Target, TargetRequest } from './profile.ts'
import { Refusal } from './refusals.ts'

export const tokenExchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'

/**
 * A `target` by RFC 8707: absolute URIs without a fragment, those of the client, and no more than was
 * granted. A token exchange may name them as `audience` as well, and without any keeps the audience
 * of the subject token; a client that acts for itself must name one.
 */
export function targetByResource(rules: { registeredOnly: boolean }) {
  return ({ at, resource, audience, client, granted, subject, core }: TargetRequest): Target => {
    if (!resource.every((each) => URL.canParse(each) && !each.includes('#'))) {
      throw new Refusal('target-malformed')
    }
    const names = at === tokenExchangeGrant ? [...resource, ...audience] : resource
    if (names.length === 0) {
      if (granted) return granted
      if (at === 'client_credentials') throw new Refusal('target-missing')
      return { audience: subject?.audience ?? [], resources: [] }
    }
    if (granted && !names.every((each) => granted.audience.includes(each))) {
      throw new Refusal('target-not-allowed', { details: { resource: names } })
    }
    const found = names.map((each) => core.state.resourceNamed(each))
    const unknown = names.filter((_, index) => found[index] === null)
    if (unknown.length > 0 && rules.registeredOnly) {
      throw new Refusal('target-unknown', { details: { resource: unknown } })
    }
    const resources = found.filter((each) => each !== null)
    const { resources: allowed } = client
    if (allowed && !found.every((each) => each !== null && allowed.includes(each.id))) {
      throw new Refusal('target-not-allowed', { details: { resource: names } })
    }
    return { audience: [...new Set(names)], resources }
  }
}

const openidScopes = ['openid', 'profile', 'email', 'offline_access']

/**
 * A `grantScopes` that refuses what the client may not have and what the named resources do not know;
 * without a scope the profile's default.
 */
export function grantKnownScopes({ asked, client, target, core }: ScopeRequest): string[] {
  if (asked === null) return core.profile.scopes.default
  const known = target.resources.flatMap(({ scopes }) => scopes)
  const wrong = asked.filter(
    (each) =>
      (client.scopes !== null && !client.scopes.includes(each)) ||
      (known.length > 0 && !known.includes(each) && !openidScopes.includes(each)),
  )
  if (wrong.length > 0) throw new Refusal('scope-not-allowed', { details: { scopes: wrong } })
  return asked
}
