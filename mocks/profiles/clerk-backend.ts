import type { Answer } from '../answer.ts'
import type { IssuerCore } from '../core.ts'
import { isObject, jsonResponse } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { readOwnToken } from '../own-token.ts'
import type { Exchange, ExtraRoute } from '../profile.ts'
import { clerkBody } from './clerk-errors.ts'

/*
 * The Backend API, which the vendor's SDKs ask with the secret key. On the wire it has a host of its
 * own; here it shares the port with the Frontend API, and their paths do not meet.
 */

/** `GET /v1/jwks` [spec bapi], where the SDKs take their keys from. */
export function backendKeys(secretKey: string): ExtraRoute {
  return {
    name: 'backend-jwks',
    paths: ['/v1/jwks'],
    methods: ['GET'],
    answer: (exchange, core) =>
      refusal(exchange, secretKey) ?? jsonResponse({ keys: core.ring.publicSet() }),
  }
}

/** `POST /oauth_applications/access_tokens/verify`, without `/v1` [run backend]. */
export function verifyToken(secretKey: string): ExtraRoute {
  return {
    name: 'verify-access-token',
    paths: ['/oauth_applications/access_tokens/verify'],
    methods: ['POST'],
    answer: async (exchange, core) => {
      const refused = refusal(exchange, secretKey)
      if (refused) return refused
      const order: unknown = await exchange.request.json().catch(() => null)
      const token = isObject(order) ? String(order['access_token'] ?? '') : ''
      return answerFor(token, core)
    },
  }
}

/** A dead token must be a 404: flags in a 200 are ignored by the SDK. */
function answerFor(token: string, core: IssuerCore): Answer {
  const own = readOwnToken(token, core)
  if (own?.kind === 'access') return jsonResponse(record(token, own.claims))
  if (token.includes('.')) return jsonResponse({ active: false })
  return jsonResponse(clerkBody('resource_not_found', 'not found', 'Resource not found'), 404)
}

function record(token: string, { client_id, sub, scope, exp, iat, jti }: JsonObject): JsonObject {
  return {
    object: 'clerk_idp_oauth_access_token',
    id: String(jti ?? token),
    client_id: client_id ?? '',
    subject: sub ?? '',
    scopes: typeof scope === 'string' ? scope.split(' ') : [],
    revoked: false,
    revocation_reason: null,
    expired: false,
    expiration: exp ?? null,
    created_at: iat ?? null,
    updated_at: iat ?? null,
  }
}

function refusal({ request }: Exchange, secretKey: string): Answer | null {
  const authorization = request.headers.get('authorization') ?? ''
  if (authorization === `Bearer ${secretKey}`) return null
  const wellFormed = /^Bearer sk_(test|live)_\w+$/.test(authorization)
  const code = wellFormed ? 'clerk_key_invalid' : 'authorization_header_format_invalid'
  return jsonResponse(clerkBody(code, 'The provided Clerk Secret Key is invalid.'), 401)
}
