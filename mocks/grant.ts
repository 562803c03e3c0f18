import type { IssuerCore } from './core.ts'
import type { Exchange, Target } from './profile.ts'
import type { Client, Grant } from './state.ts'

/** A grant of this type to this client; everything that is not named is empty. */
export function newGrant(
  type: string,
  client: Client,
  core: IssuerCore,
  more: Partial<Grant> = {},
): Grant {
  return {
    id: core.grantId(),
    type,
    client,
    user: null,
    scopes: [],
    audience: [],
    resources: [],
    organization: null,
    params: {},
    sessionId: '',
    authTime: core.now(),
    nonce: null,
    actor: null,
    jkt: null,
    claims: {},
    ...more,
  }
}

/** What a token request asks for of what was granted (RFC 8707 section 2.2). @throws Refusal */
export function narrowedTarget(
  granted: Grant,
  asked: { form: URLSearchParams; client: Client; exchange: Exchange; at: string },
  core: IssuerCore,
): Target {
  const { form, client, exchange, at } = asked
  const { audience, resources } = core.profile.target({
    at,
    resource: form.getAll('resource'),
    audience: form.getAll('audience'),
    scopes: granted.scopes,
    client,
    params: { ...granted.params, ...exchange.params },
    granted: { audience: granted.audience, resources: granted.resources },
    core,
  })
  return { audience, resources }
}
