import type { ClientRequest } from '../client-request.ts'
import type { IssuerCore } from '../core.ts'
import { newGrant } from '../grant.ts'
import { tokenResponse } from '../issue-tokens.ts'
import type { JsonObject } from '../json.ts'
import type { Exchange } from '../profile.ts'
import { readScope } from '../scope.ts'

/** RFC 6749 section 4.4 with RFC 8707: a token for the named resources, for the client itself. */
export async function clientCredentials(
  { client, form, jkt }: ClientRequest,
  { params }: Exchange,
  core: IssuerCore,
): Promise<JsonObject> {
  const { profile } = core
  const at = 'client_credentials'
  const asked = readScope(form.get('scope'))
  const target = profile.target({
    at,
    resource: form.getAll('resource'),
    audience: form.getAll('audience'),
    scopes: asked ?? [],
    client,
    params,
    granted: null,
    core,
  })
  const scopes = profile.grantScopes({ at, asked, client, user: null, target, params, core })
  const grant = newGrant(at, client, core, { ...target, scopes, params, jkt })
  return tokenResponse({ grant, refreshToken: null }, core)
}
