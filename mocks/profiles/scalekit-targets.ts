import type { IssuerCore } from '../core.ts'
import type { ScopeRequest, Target, TargetRequest } from '../profile.ts'
import { Refusal } from '../refusals.ts'
import type { Client, Resource } from '../state.ts'
import { audienceOf, resourceInPath, serverUrlsOf } from './scalekit-resources.ts'

export const openidScopes: string[] = ['openid', 'profile', 'email', 'offline_access'] // [observed] in tokens

/**
 * The resource is fixed by the path, or by the client that was registered at one; what `resource`
 * says must then be the same [assumed]. At the environment's own endpoints it may choose one [assumed].
 * The parameter `audience` is not looked at [SDK node 2.11.0].
 */
export function target(asked: TargetRequest): Target {
  const { client, granted, params, core } = asked
  const resource = fixedResource(asked)
  if (granted && resource && !granted.resources.some(({ id }) => id === resource.id)) {
    throw new Refusal('target-not-allowed')
  }
  if (resource) {
    if (client.resources && !client.resources.includes(resource.id)) {
      throw new Refusal('target-not-allowed')
    }
    checkNamed(asked.resource, resource)
    return granted ?? { audience: audienceOf(resource), resources: [resource] }
  }
  if (params['resource'] !== undefined) throw new Refusal('not-found')
  return chosen(asked, core)
}

function fixedResource({ params, client, core }: TargetRequest): Resource | null {
  if (params['resource'] !== undefined) return resourceInPath(params, core)
  const only = client.resources?.length === 1 ? client.resources[0] : undefined
  return only === undefined ? null : (core.state.resources.get(only) ?? null)
}

/** A resource without a Server URL cannot tell what its own one is. */
function checkNamed(named: string[], resource: Resource): void {
  if (serverUrlsOf(resource).length === 0) return
  if (!named.every((each) => audienceOf(resource).includes(each))) {
    throw new Refusal('target-not-allowed', { details: { resource: named } })
  }
}

function chosen({ resource: named, client, granted }: TargetRequest, core: IssuerCore): Target {
  const resources = named.map((each) => {
    const known = core.state.resourceNamed(each)
    if (!known) throw new Refusal('target-unknown', { details: { resource: named } })
    if (client.resources && !client.resources.includes(known.id)) {
      throw new Refusal('target-not-allowed', { details: { resource: named } })
    }
    return known
  })
  if (granted) {
    const had = granted.resources.map(({ id }) => id)
    if (!resources.every(({ id }) => had.includes(id))) {
      throw new Refusal('target-not-allowed', { details: { resource: named } })
    }
    return granted
  }
  const audience = resources.length > 0 ? resources.flatMap(audienceOf) : ownAudience(client)
  return { audience: [...new Set(audience)], resources }
}

/** As configured on the client [docs cookbooks/m2m-jwks-and-oauth-scopes]; otherwise itself [assumed]. */
function ownAudience({ id, attributes: { audience } }: Client): string[] {
  return Array.isArray(audience) ? audience.map(String) : [id]
}

/** What the resource or the client was configured with, and the scopes of OpenID Connect. */
export function grantScopes({ at, asked, client, target: for_, core }: ScopeRequest): string[] {
  const { resources } = for_
  if (asked === null) return at === 'client_credentials' ? (client.scopes ?? []) : []
  const known = [...core.profile.scopes.supported, ...resources.flatMap(({ scopes }) => scopes)]
  const configured = (scope: string): boolean =>
    known.includes(scope) || (resources.length === 0 && client.scopes !== null)
  const wrong = asked.filter(
    (each) =>
      !openidScopes.includes(each) &&
      !(configured(each) && (client.scopes?.includes(each) ?? true)),
  )
  if (wrong.length > 0) throw new Refusal('scope-not-allowed', { details: { scopes: wrong } })
  return asked
}
