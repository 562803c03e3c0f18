import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { publicKeyFile } from '../fixtures/keys/index.ts'
import type { KeyName } from '../fixtures/keys/index.ts'
import { overlayOf } from './arrangements.ts'
import type { Outage, Overlay } from './arrangements.ts'
import { ringKey, signCompact } from './key-ring.ts'
import type { RingKey } from './key-ring.ts'
import { Ledger } from './ledger.ts'
import type { LedgerEntry } from './ledger.ts'
import { metadataDocument, routes } from './metadata.ts'
import { answerToken } from './token-endpoint.ts'
import { tokenParts } from './token-parts.ts'
import type { PartsOrder, User } from './token-parts.ts'

type Json = string | number | boolean | null | Json[] | { [member: string]: Json }

/** Answered by a handler instead of a response: the listener drops the connection. */
export class DropConnection extends Error {}

export interface IssuerOptions {
  /** The issuer identifier (RFC 8414 section 2), byte for byte; it may have a path. */
  url: string
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

const alice: User = {
  subject: 'alice',
  username: 'alice',
  password: 'wonderland',
  email: 'alice@example.com',
}
const bob: User = { subject: 'bob', username: 'bob', password: 'builder', email: 'bob@example.com' }

/**
 * A mock identity provider: one function from request to response, and the tester's powers over it.
 * Strict and conformant until something is arranged.
 */
export class MockIssuer {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  /** An opaque refresh token (RFC 6749 section 1.5) that user a holds. */
  readonly refreshToken: string = `rt_${randomBytes(24).toString('base64url')}`
  readonly users: Record<'a' | 'b', User>
  readonly publicKeyFile: string
  private readonly current: RingKey
  private readonly clock: () => number
  private readonly overlays: Overlay[] = []
  private readonly ledger = new Ledger()
  private readonly closing = new AbortController()

  constructor(options: IssuerOptions) {
    this.url = options.url
    this.clientId = options.clientId ?? 'mcp-client'
    this.clientSecret = options.clientSecret ?? 'mcp-client-secret'
    this.users = options.users ?? { a: alice, b: bob }
    this.clock = options.clock ?? (() => Math.floor(Date.now() / 1000))
    const fixture = options.key ?? 'local'
    this.current = ringKey('current', fixture, options.kid)
    this.publicKeyFile = publicKeyFile(fixture)
  }

  get jwksUri(): string {
    return routes(this.url).jwks
  }

  get metadataUrl(): string {
    return routes(this.url).metadata[0] ?? this.url
  }

  /** Answers a request as the provider would, under what is arranged. */
  readonly handle = async (request: Request): Promise<Response> => {
    const endpoint = this.endpointOf(request)
    const entry = this.ledger.open(request, endpoint)
    const response = await this.respond(request, endpoint)
    entry.status = response.status
    return response
  }

  /** Header and claims of a token that this issuer would issue. */
  parts(order: PartsOrder): { header: Record<string, Json>; claims: Record<string, Json> } {
    const { kid, alg } = this.current
    return tokenParts(order, {
      issuer: this.url,
      kid,
      alg,
      clientId: this.clientId,
      users: this.users,
      now: this.clock(),
    })
  }

  sign(order: { header: string; payload: string; key: string; alg: string }): Promise<string> {
    return Promise.resolve(
      signCompact(order.header, order.payload, this.keyNamed(order.key), order.alg),
    )
  }

  publicJwk(name = 'current'): Record<string, Json> {
    return this.keyNamed(name).publicJwk
  }

  arrange(arrangement: object): Promise<{ undo: () => Promise<void> }> {
    const overlay = overlayOf(arrangement)
    this.overlays.push(overlay)
    const undo = (): Promise<void> => {
      const index = this.overlays.indexOf(overlay)
      if (index !== -1) this.overlays.splice(index, 1)
      return Promise.resolve()
    }
    return Promise.resolve({ undo })
  }

  requests(since?: number): LedgerEntry[] {
    return this.ledger.since(since)
  }

  /** Ends answers that are stalled. */
  close(): Promise<void> {
    this.closing.abort()
    return Promise.resolve()
  }

  private endpointOf(request: Request): string {
    const { origin, pathname } = new URL(request.url)
    const known = routes(this.url)
    const asked = new URL(this.url).origin + pathname
    if (origin && known.metadata.includes(asked)) return 'metadata'
    if (asked === known.jwks) return 'jwks'
    if (asked === known.token) return 'token'
    return asked === known.introspection ? 'introspection' : 'unknown'
  }

  private async respond(request: Request, endpoint: string): Promise<Response> {
    const outage = this.overlayOn('outage', endpoint)
    if (outage) return this.fail(outage.how)
    const replaced = this.overlayOn('response', endpoint)
    if (replaced)
      return new Response(replaced.body, { status: replaced.status, headers: replaced.header })
    if (endpoint === 'metadata')
      return json(this.metadata(), request, { 'cache-control': 'max-age=1' })
    if (endpoint === 'jwks')
      return json({ keys: this.published() }, request, { 'cache-control': 'max-age=1' })
    if (endpoint === 'token') return answerToken(request, this.tokenContext())
    if (endpoint === 'introspection') return this.introspect(request)
    return json({ error: 'not_found' }, request, {}, 404)
  }

  private tokenContext(): Parameters<typeof answerToken>[1] {
    const { alg } = this.current
    return {
      clientId: this.clientId,
      clientSecret: this.clientSecret,
      issue: async (audience, scopes) => {
        const { header, claims } = this.parts({ kind: 'access-token', user: 'a', audience, scopes })
        const own = { ...claims, sub: this.clientId }
        return this.sign({
          header: JSON.stringify(header),
          payload: JSON.stringify(own),
          key: 'current',
          alg,
        })
      },
    }
  }

  /** RFC 7662: active unless it was revoked; the caller must be the client. */
  private async introspect(request: Request): Promise<Response> {
    const token = new URLSearchParams(await request.text()).get('token') ?? ''
    const revoked = this.overlays.some(
      (overlay) => overlay.kind === 'revoked' && overlay.token === token,
    )
    const [, payload = ''] = token.split('.')
    const claims = readClaims(payload)
    return json(
      revoked || claims === null ? { active: false } : { active: true, ...claims },
      request,
    )
  }

  private metadata(): Record<string, Json> {
    const document = metadataDocument(this.url)
    for (const overlay of this.overlays) {
      if (overlay.kind !== 'metadata') continue
      for (const [name, value] of Object.entries(overlay.members)) {
        if (value === null) delete document[name]
        else document[name] = value
      }
    }
    return document
  }

  private published(): Json[] {
    const removed = new Set(
      this.overlays.flatMap((overlay) => (overlay.kind === 'removed' ? [overlay.name] : [])),
    )
    const keys = [
      this.current,
      ...this.overlays.flatMap((overlay) => (overlay.kind === 'key' ? [overlay.key] : [])),
    ]
    const raw = this.overlays.flatMap((overlay) => (overlay.kind === 'jwk' ? [overlay.jwk] : []))
    return [
      ...keys.filter(({ name }) => !removed.has(name)).map(({ publicJwk }) => publicJwk),
      ...raw,
    ]
  }

  private keyNamed(name: string): RingKey {
    if (name === 'current') return this.current
    const published = this.overlays.flatMap((overlay) =>
      overlay.kind === 'key' ? [overlay.key] : [],
    )
    const key = published.findLast((each) => each.name === name)
    if (!key)
      throw new Error(
        `the issuer has no key "${name}". It has: ${['current', ...published.map((each) => each.name)].join(', ')}`,
      )
    return key
  }

  private overlayOn<K extends 'outage' | 'response'>(
    kind: K,
    endpoint: string,
  ): Extract<Overlay, { kind: K }> | undefined {
    const concerns = (overlay: Overlay): boolean =>
      (overlay.kind === 'outage' && overlay.endpoints.includes(endpoint)) ||
      (overlay.kind === 'response' && overlay.endpoint === endpoint)
    return this.overlays.findLast((overlay) => overlay.kind === kind && concerns(overlay)) as
      Extract<Overlay, { kind: K }> | undefined
  }

  private async fail(how: Outage): Promise<Response> {
    if (how === 'reset') throw new DropConnection()
    if (how !== 'stall') return new Response('the mock issuer is down', { status: how })
    await delay(120_000, undefined, { signal: this.closing.signal, ref: false }).catch(
      () => undefined,
    )
    throw new DropConnection()
  }
}

function readClaims(payload: string): Record<string, Json> | null {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, Json>
  } catch {
    return null
  }
}

function json(
  body: Json,
  request: Request,
  header: Record<string, string> = {},
  status = 200,
): Response {
  const allowed = {
    'access-control-allow-origin': '*',
    'content-type': 'application/json',
    ...header,
  }
  return new Response(request.method === 'HEAD' ? null : JSON.stringify(body), {
    status,
    headers: allowed,
  })
}
