import type { IssuerCore } from './core.ts'
import type { Client, Grant } from './state.ts'

/** A grant of this type to this client; everything that is not named is empty. */
export function newGrant(
  type: string,
  client: Client,
  core: IssuerCore,
  more: Partial<Grant> = {},
): Grant {
  return {
    id: core.random(16),
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
    revoked: false,
    ...more,
  }
}
