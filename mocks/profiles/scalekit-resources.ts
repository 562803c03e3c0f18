import type { IssuerCore } from '../core.ts'
import { Refusal } from '../refusals.ts'
import type { Resource } from '../state.ts'

/** The resource that a path names. @throws Refusal `not-found` when there is none */
export function resourceInPath(params: Record<string, string>, core: IssuerCore): Resource {
  const resource = core.state.resources.get(params['resource'] ?? '')
  if (!resource) throw new Refusal('not-found')
  return resource
}

/** `aud` of its tokens: its id and, where it has one, its Server URL [docs authenticate/mcp/quickstart]. */
export function audienceOf({ id, identifiers }: Resource): string[] {
  return [...new Set([id, ...identifiers])]
}

/** The Server URLs of a resource: all that it is called beside its id. */
export function serverUrlsOf({ id, identifiers }: Resource): string[] {
  return identifiers.filter((each) => each !== id)
}

/** Whether a resource takes no registrations; it may say so itself. */
export function isSwitchedOff({ attributes }: Resource, otherwise: boolean): boolean {
  const { registration } = attributes
  return !(typeof registration === 'boolean' ? registration : otherwise)
}
