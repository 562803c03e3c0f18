import { randomBytes } from 'node:crypto'
import { publicKeyFile } from '../fixtures/keys/index.ts'
import type { KeyName } from '../fixtures/keys/index.ts'
import { readArrangement } from './arrangements.ts'
import { DropConnection } from './drop-connection.ts'
import { introspect } from './introspection.ts'
import { jsonResponse } from './json.ts'
import type { JsonObject } from './json.ts'
import { KeyRing } from './key-ring.ts'
import { Ledger } from './ledger.ts'
import type { LedgerEntry } from './ledger.ts'
import { endpointAt, metadataDocument, routes } from './metadata.ts'
import type { Endpoint, Routes } from './metadata.ts'
import { Overlays } from './overlays.ts'
import type { Takeover } from './overlays.ts'
import { localProfile } from './profile.ts'
import type { IssuerProfile, User } from './profile.ts'
import { replacement } from './replacement.ts'
import { signCompact } from './sign-compact.ts'
import { answerToken } from './token-endpoint.ts'
import { tokenParts } from './token-parts.ts'
import type { Parts, PartsOrder } from './token-parts.ts'

export interface IssuerOptions {
  /** The issuer identifier (RFC 8414 section 2), byte for byte; it may have a path. */
  url: string
  /** The provider to play; `localProfile` unless given. */
  profile?: IssuerProfile
  /** The committed test key that signs. Two issuers take two keys. */
  key?: KeyName
  /** Another `kid` than the key's own, so that two issuers can collide. */
  kid?: string
  users?: Record<'a' | 'b', User>
  clientId?: string
  clientSecret?: string
  /** Seconds since the epoch. */
  clock?: () => number
}

/** Makes a mock issuer that answers in memory. `serveIssuer` puts one on a port. */
export function createIssuer(options: IssuerOptions): MockIssuer {
  return new MockIssuer(options)
}

/**
 * A mock identity provider: one function from request to response, and the tester's powers over it.
 * Strict and conformant until something is arranged.
 */
export class MockIssuer {
  readonly url: string
  readonly jwksUri: string
  /** Of the three metadata documents the one of RFC 8414. */
  readonly metadataUrl: string
  /** A PEM file (SPKI) with the public half of the signing key. */
  readonly publicKeyFile: string
  readonly clientId: string
  readonly clientSecret: string
  /** An opaque refresh token (RFC 6749 section 1.5) that user a holds. */
  readonly refreshToken: string = `rt_${randomBytes(24).toString('base64url')}`
  readonly users: Record<'a' | 'b', User>
  readonly profile: IssuerProfile
  readonly #clock: () => number
  readonly #routes: Routes
  readonly #ring: KeyRing
  readonly #overlays = new Overlays()
  readonly #ledger = new Ledger()
  #issued = 0
  #closed = false

  /** @throws Error for what is no issuer identifier, and for an unknown key */
  constructor(options: IssuerOptions) {
    const { url, profile = localProfile, key = 'local' } = options
    this.url = url
    this.profile = profile
    this.clientId = options.clientId ?? profile.client.id
    this.clientSecret = options.clientSecret ?? profile.client.secret
    this.users = options.users ?? profile.users
    this.publicKeyFile = publicKeyFile(key)
    this.#clock = options.clock ?? (() => Math.floor(Date.now() / 1000))
    this.#routes = routes(url, profile)
    this.jwksUri = this.#routes.jwks
    this.metadataUrl = this.#routes.metadata[0]
    this.#ring = new KeyRing(key, options.kid, this.#overlays)
  }

  /**
   * Answers a request as the provider would, under what is arranged.
   * @throws DropConnection where there is no answer
   */
  readonly handle = async (request: Request): Promise<Response> => {
    const endpoint = endpointAt(this.#routes, new URL(request.url).pathname)
    const entry = this.#ledger.open(request, endpoint ?? 'unknown')
    const response = endpoint
      ? await this.#respond(request, endpoint)
      : jsonResponse({ error: 'not_found' }, 404)
    entry.status = response.status
    return response
  }

  /** Header and claims of a token that this issuer would issue. */
  parts(order: PartsOrder): Parts {
    this.#issued += 1
    const { kid, alg } = this.#ring.current
    const { url: issuer, clientId, users, profile } = this
    const [now, serial] = [this.#clock(), this.#issued]
    return tokenParts(order, { issuer, kid, alg, clientId, users, profile, now, serial })
  }

  /**
   * Compact JWS over these exact texts, under the algorithm asked for, whatever the header says.
   * @throws Error (rejects) for an unknown key, or an algorithm that the key cannot do
   */
  async sign(order: {
    header: string
    payload: string
    key: string
    alg: string
  }): Promise<string> {
    const { header, payload, key, alg } = order
    return signCompact(header, payload, this.#ring.named(key).secret, alg)
  }

  /**
   * The public JWK of a key, as published; of the signing key without a name.
   * @throws Error for an unknown key
   */
  publicJwk(name = 'current'): JsonObject {
    return { ...this.#ring.named(name).publicJwk }
  }

  /**
   * Makes the issuer deviate, in one way, until it is undone. Arrangements are undone in any order.
   * @throws Error (rejects) that says what is allowed
   */
  async arrange(arrangement: object): Promise<{ undo: () => Promise<void> }> {
    const overlay = await readArrangement(arrangement, this.#ring)
    if (overlay.kind === 'key') this.#ring.checkFree(overlay.key.name)
    return { undo: this.#overlays.lay(overlay) }
  }

  /** Requests since the ledger's n-th, oldest first. */
  requests(since?: number): LedgerEntry[] {
    return this.#ledger.since(since)
  }

  /** Undoes everything; answers that are stalled end without one. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#overlays.clear()
    this.#ring.close()
  }

  async #respond(request: Request, endpoint: Endpoint): Promise<Response> {
    const over = this.#overlays.over(endpoint)
    if (!over) return this.#answer(request, endpoint)
    if (!isStall(over.takeover)) return takenOver(over.takeover)
    await Promise.race([over.ended, aborted(request.signal)])
    if (this.#closed || request.signal.aborted) throw new DropConnection()
    return this.#respond(request, endpoint)
  }

  #answer(request: Request, endpoint: Endpoint): Response | Promise<Response> {
    if (request.method === 'OPTIONS') return preflight(endpoint)
    if (endpoint === 'token') return answerToken(request, this.#tokenContext())
    if (endpoint === 'introspection') return introspect(request, this.#introspectionContext())
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return jsonResponse({ error: 'method_not_allowed' }, 405, { allow: 'GET, HEAD' })
    }
    const body = endpoint === 'jwks' ? { keys: this.#ring.publicSet() } : this.#metadata()
    const maxAge = `max-age=${this.profile.lifetimes.documents}`
    return jsonResponse(body, 200, { 'cache-control': maxAge })
  }

  #metadata(): JsonObject {
    const document = metadataDocument(this.url, this.#ring.current.alg, this.profile)
    const arranged = this.#overlays.of('metadata').flatMap(({ members }) => Object.entries(members))
    for (const [name, value] of arranged) {
      if (value === null) delete document[name]
      else document[name] = value
    }
    return document
  }

  #tokenContext(): Parameters<typeof answerToken>[1] {
    return {
      client: { id: this.clientId, secret: this.clientSecret },
      lifetime: this.profile.lifetimes.token,
      issue: (resources, scopes) => {
        const [audience = ''] = resources
        const { header, claims } = this.parts({ kind: 'access-token', user: 'a', audience, scopes })
        const aud = resources.length > 1 ? { aud: resources } : {}
        const payload = JSON.stringify({ ...claims, ...aud, sub: this.clientId })
        const { secret, alg } = this.#ring.current
        return signCompact(JSON.stringify(header), payload, secret, alg)
      },
    }
  }

  #introspectionContext(): Parameters<typeof introspect>[1] {
    const { subject } = this.users.a
    const refresh = { iss: this.url, sub: subject, client_id: this.clientId, token_use: 'refresh' }
    return {
      issuer: this.url,
      client: { id: this.clientId, secret: this.clientSecret },
      ring: this.#ring,
      types: this.profile.types,
      opaque: new Map([[this.refreshToken, refresh]]),
      now: this.#clock(),
      isRevoked: (token) => this.#overlays.of('revoked').some((each) => each.token === token),
    }
  }
}

function isStall(takeover: Takeover): boolean {
  return takeover.kind === 'outage' && takeover.how === 'stall'
}

function takenOver(takeover: Takeover): Response {
  if (takeover.kind === 'response') return replacement(takeover)
  if (typeof takeover.how !== 'number') throw new DropConnection()
  return new Response('the mock issuer is down', { status: takeover.how })
}

function preflight(endpoint: Endpoint): Response {
  const methods = endpoint === 'jwks' || endpoint === 'metadata' ? 'GET, HEAD' : 'POST'
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': methods,
      'access-control-allow-headers': 'authorization, content-type',
      allow: `${methods}, OPTIONS`,
    },
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
