import type { JsonObject, JsonValue } from '../json.ts'
import type { TokenForms } from '../profile.ts'
import type { Grant } from '../state.ts'
import { localProfile } from './local.ts'

const typ = 'JWT' // [inferred]
/** Seconds, where no resource says its own. */
export const accessLifetimes = {
  user: 300, // [docs authenticate/fsa]
  machine: 86_399, // [docs cookbooks/m2m-jwks-and-oauth-scopes]
} as const

/** Access tokens are JWTs, never opaque [docs]. */
export function scalekitTokens(rules: { tokenIssuer: 'environment' | 'resource' }): TokenForms {
  return {
    ...localProfile.tokens,
    types: { ...localProfile.tokens.types, access: typ },
    access: (standard, grant, { issuer }) => {
      const { resources, audience, scopes, params } = grant
      const resource = resources[0]?.id ?? params['resource']
      const aud = [...new Set([...resources.map(({ id }) => id), ...audience])]
      const scoped = rules.tokenIssuer === 'resource' && resource !== undefined
      return {
        header: { typ },
        claims: {
          ...standard,
          iss: scoped ? `${issuer}/resources/${resource}` : issuer, // [repo PrefectHQ/fastmcp #4797]
          ...(aud.length === 0 ? {} : { aud }), // [docs authenticate/mcp/quickstart]
          nbf: standard['iat'] ?? 0, // [docs]
          ...(scopes.length === 0 ? {} : { scopes }), // beside `scope` [docs cookbooks/m2m-jwks-and-oauth-scopes]
          ...aboutSession(grant),
          ...aboutPerson(grant),
          ...grant.claims,
        },
      }
    },
    // [docs authenticate/fsa/complete-login]; c_hash, of the code, is left out
    id: (standard, grant) => {
      const { client, user } = grant
      const connection = user?.attributes?.['connection']
      return {
        header: { typ },
        claims: {
          ...standard,
          aud: [client.id],
          azp: client.id,
          client_id: client.id,
          ...(typeof connection === 'string' ? { amr: [connection] } : {}),
          ...aboutSession(grant),
        },
      }
    },
    isIssuer: (iss, issuer) => iss.startsWith(`${issuer}/resources/`),
    lifetime: ({ user }) => (user ? accessLifetimes.user : accessLifetimes.machine),
    refreshable: ({ scopes }) => scopes.includes('offline_access'), // [docs]
  }
}

/** [docs guides: session token claims] */
function aboutSession({ organization, user, client, sessionId }: Grant): JsonObject {
  const own = client.attributes['organization']
  const oid =
    organization?.id ?? user?.organizations?.[0] ?? (typeof own === 'string' ? own : undefined)
  return present({ oid, sid: sessionId === '' ? undefined : sessionId })
}

/** Roles and permissions [docs], and the customer's own ids of organization and user [docs]. */
function aboutPerson({ organization, user }: Grant): JsonObject {
  const { roles, permissions, externalId: xuid } = user?.attributes ?? {}
  return present({ roles, permissions, xoid: organization?.attributes['externalId'], xuid })
}

function present(claims: Record<string, JsonValue | undefined>): JsonObject {
  const there = Object.entries(claims).filter(([, value]) => value !== undefined)
  return Object.fromEntries(there) as JsonObject
}
