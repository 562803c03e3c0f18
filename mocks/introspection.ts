import { readClientRequest, refuse, unstored } from './client-request.ts'
import type { Client } from './client-request.ts'
import { isObject, jsonResponse } from './json.ts'
import type { JsonObject } from './json.ts'
import type { KeyRing } from './key-ring.ts'
import type { IssuerProfile } from './profile.ts'
import { isSignedBy } from './sign-compact.ts'

export interface IntrospectionContext {
  issuer: string
  client: Client
  ring: KeyRing
  types: IssuerProfile['types']
  /** Opaque tokens and what is answered about them. */
  opaque: Map<string, JsonObject>
  /** Seconds since the epoch. */
  now: number
  isRevoked(token: string): boolean
}

/**
 * RFC 7662 for access and refresh tokens: what the issuer knows about its own token while it lives,
 * and `active: false` for everything else, an ID token too. The caller must be the client.
 */
export async function introspect(
  request: Request,
  context: IntrospectionContext,
): Promise<Response> {
  const form = await readClientRequest(request, context.client)
  if (form instanceof Response) return form
  const token = form.get('token')
  if (token === null) return refuse('invalid_request', 'token is missing')
  const claims = context.isRevoked(token)
    ? null
    : (context.opaque.get(token) ?? ownClaims(token, context))
  return jsonResponse(claims ? { ...claims, active: true } : { active: false }, 200, unstored)
}

function ownClaims(token: string, context: IntrospectionContext): JsonObject | null {
  const segments = token.split('.')
  const header = readSegment(segments[0])
  const claims = readSegment(segments[1])
  if (segments.length !== 3 || !header || !claims) return null
  const typ = String(header['typ'])
    .toLowerCase()
    .replace(/^application\//, '')
  const { access, refresh } = context.types
  if (typ !== access.toLowerCase() && typ !== refresh.toLowerCase()) return null
  const signed = context.ring
    .verificationKeys()
    .some(({ kid, key }) => kid === header['kid'] && isSignedBy(token, key, String(header['alg'])))
  if (!signed || claims['iss'] !== context.issuer || !isAlive(claims, context.now)) return null
  return typ === refresh.toLowerCase() ? claims : { ...claims, token_type: 'Bearer' }
}

function isAlive({ exp, nbf }: JsonObject, now: number): boolean {
  return typeof exp === 'number' && exp > now && (typeof nbf === 'number' ? nbf <= now : true)
}

function readSegment(segment = ''): JsonObject | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}
