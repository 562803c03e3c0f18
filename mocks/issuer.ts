import { publicKeyFile } from '../fixtures/keys/index.ts'
import type { KeyName } from '../fixtures/keys/index.ts'
import { Answer } from './answer.ts'
import { readArrangement } from './arrangements.ts'
import { Clock } from './clock.ts'
import { IssuerCore } from './core.ts'
import { DropConnection } from './drop-connection.ts'
import { answerAt } from './endpoints.ts'
import { errorAnswer } from './error-answer.ts'
import { withFaults } from './faults.ts'
import { newGrant } from './grant.ts'
import type { DocumentSites } from './guarded-fetch.ts'
import type { JsonObject } from './json.ts'
import { KeyRing } from './key-ring.ts'
import { Ledger } from './ledger.ts'
import type { LedgerEntry } from './ledger.ts'
import { Overlays } from './overlays.ts'
import type { Takeover } from './overlays.ts'
import type { Exchange, IssuerProfile } from './profile.ts'
import { localProfile } from './profiles/local.ts'
import type { MockRequest } from './read-request.ts'
import { Refusal } from './refusals.ts'
import { replacement } from './replacement.ts'
import { Router } from './router.ts'
import type { Match } from './router.ts'
import { scriptedLogin } from './scripted-login.ts'
import type { LoginScript } from './scripted-login.ts'
import { signCompact } from './sign-compact.ts'
import { IssuerState } from './state.ts'
import type { Client, User } from './state.ts'
import { TesterPowers } from './tester-powers.ts'
import { tokenParts } from './token-parts.ts'
import type { Parts, PartsOrder } from './token-parts.ts'

export interface IssuerOptions {
  /** The issuer identifier (RFC 8414 section 2), byte for byte; it may have a path. */
  url: string
  /** The provider to play; `localProfile` unless given. */
  profile?: IssuerProfile
  /** Faults by id, of `faults.ts`. */
  faults?: string[]
  /** The committed test key that signs. Two issuers take two keys. */
  key?: KeyName
  /** Another `kid` than the key's own, so that two issuers can collide. */
  kid?: string
  users?: Record<'a' | 'b', User>
  clientId?: string
  clientSecret?: string
  /** Seconds since the epoch. */
  clock?: () => number
  /** Where Client ID Metadata Documents may come from. */
  documents?: DocumentSites
}

/** Makes a mock issuer that answers in memory. `serveIssuer` puts one on a port. */
export function createIssuer(options: IssuerOptions): MockIssuer {
  return new MockIssuer(options)
}

/**
 * A mock identity provider: one function from request to response, and the tester's powers over it.
 * Strict and conformant until something is arranged.
 */
export class MockIssuer extends TesterPowers {
  readonly url: string
  readonly jwksUri: string
  /** RFC 7662; null where the provider has none. */
  readonly introspectionEndpoint: string | null
  /** Of the metadata documents the first. */
  readonly metadataUrl: string
  /** A PEM file (SPKI) with the public half of the signing key. */
  readonly publicKeyFile: string
  readonly clientId: string
  readonly clientSecret: string
  /** An opaque refresh token (RFC 6749 section 1.5) that user a holds. */
  readonly refreshToken: string
  readonly users: Record<'a' | 'b', User>
  readonly profile: IssuerProfile
  /** What endpoints work with, and its memory: clients, users, resources. */
  readonly core: IssuerCore
  readonly #client: Client
  readonly clock: Clock
  protected readonly ring: KeyRing
  readonly #overlays = new Overlays()
  readonly #ledger = new Ledger()
  #closed = false

  /** @throws Error for what is no issuer identifier, and for an unknown key */
  constructor(options: IssuerOptions) {
    super()
    const { key = 'local' } = options
    const given = options.profile ?? localProfile
    const profile = withFaults(given, options.faults ?? [])
    const router = new Router(options.url, profile)
    this.url = profile.identifier(options.url)
    this.profile = profile
    this.users = options.users ?? profile.seed.users
    this.#client = mainClient(profile, options)
    this.clientId = this.#client.id
    this.clientSecret = this.#client.secret ?? ''
    this.publicKeyFile = publicKeyFile(key)
    this.ring = new KeyRing({ fixture: key, kid: options.kid, form: profile.keys }, this.#overlays)
    this.clock = new Clock(options.clock)
    this.core = new IssuerCore({
      issuer: this.url,
      profile,
      router,
      ring: this.ring,
      overlays: this.#overlays,
      state: this.#seeded(),
      documents: options.documents ?? {},
      clock: this.clock.now,
    })
    this.jwksUri = router.urlOf('jwks') ?? ''
    this.introspectionEndpoint = router.urlOf('introspection') ?? null
    this.metadataUrl = router.expand(profile.documents[0]?.paths[0] ?? '')
    this.refreshToken = this.#heldRefreshToken()
  }

  /**
   * Answers a request as the provider would, under what is arranged.
   * @throws DropConnection where there is no answer
   */
  readonly handle = async (request: MockRequest): Promise<Response> =>
    (await this.answer(request)).toResponse()

  /** The same, for whoever writes the answer to a socket. */
  readonly answer = async (request: MockRequest): Promise<Answer> => {
    const url = new URL(request.url)
    const match = this.core.router.match(url.pathname)
    const entry = this.#ledger.open(request, match?.endpoint ?? 'unknown', url)
    const note = (told: JsonObject): void => {
      entry.json = told
    }
    const response = match
      ? await this.#respond(
          { request, url, endpoint: match.endpoint, params: match.params, note },
          match,
        )
      : errorAnswer(new Refusal('not-found'), 'unknown', this.core)
    entry.status = response.status
    return response
  }

  /** Learns of each token that the token endpoint gives out from now on. */
  watchTokens(tell: (token: string) => void): void {
    this.core.tokenWatchers.push(tell)
  }

  /**
   * Goes from an authorization URL to where the browser is sent in the end, as a user who logs in and
   * answers the consent page, without a browser.
   * @throws Error (rejects) with the text of the page that stopped it
   */
  authorize(
    url: string,
    order: {
      user?: 'a' | 'b' | { username: string; password: string }
      consent?: boolean
      elsewhere?: LoginScript['elsewhere']
    } = {},
  ): Promise<string> {
    const { user = 'a', consent = true, elsewhere } = order
    const { username, password } = typeof user === 'string' ? this.users[user] : user
    const script = { username, password, consent, elsewhere }
    return scriptedLogin(url, script, this.core.router.base, this.handle)
  }

  /** Header and claims of a token that this issuer would issue. */
  parts(order: PartsOrder): Parts {
    return tokenParts(order, this.#client, this.users[order.user], this.core)
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
    return signCompact(header, payload, this.ring.named(key).secret, alg)
  }

  /**
   * The public JWK of a key, as published; of the signing key without a name.
   * @throws Error for an unknown key
   */
  publicJwk(name = 'current'): JsonObject {
    return { ...this.ring.named(name).publicJwk }
  }

  /**
   * Makes the issuer deviate, in one way, until it is undone. Arrangements are undone in any order.
   * @throws Error (rejects) that says what is allowed
   */
  async arrange(arrangement: object): Promise<{ undo: () => Promise<void> }> {
    const overlay = await readArrangement(arrangement, {
      ring: this.ring,
      extra: this.profile.extra.map(({ name }) => name),
    })
    if (overlay.kind === 'key') this.ring.checkFree(overlay.key.name)
    return { undo: this.#overlays.lay(overlay) }
  }

  /** Requests since the ledger's n-th, oldest first. */
  requests(since?: number): LedgerEntry[] {
    return this.#ledger.since(since)
  }

  /** Forgets the requests so far. */
  clearRequests(): void {
    this.#ledger.clear()
  }

  /** Undoes everything; answers that are stalled end without one. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#overlays.clear()
    this.ring.close()
  }

  async #respond(exchange: Exchange, match: Match): Promise<Answer> {
    const { request, endpoint } = exchange
    const delay = this.#delayOf(endpoint)
    if (delay > 0) await waited(delay, request.signal)
    const over = this.#overlays.over(endpoint)
    if (!over) return answerAt(exchange, match, this.core)
    if (!isStall(over.takeover)) return takenOver(over.takeover)
    await Promise.race([over.ended, aborted(request.signal)])
    if (this.#closed || request.signal.aborted) throw new DropConnection()
    return this.#respond(exchange, match)
  }

  /** Milliseconds that the slowest arrangement makes an endpoint wait. */
  #delayOf(endpoint: string): number {
    const all = this.#overlays.of('delay').filter(({ endpoints }) => endpoints.includes(endpoint))
    return Math.max(0, ...all.map(({ milliseconds }) => milliseconds))
  }

  #seeded(): IssuerState {
    const state = new IssuerState()
    const { clients, resources, organizations } = this.profile.seed
    for (const each of [this.#client, ...clients.slice(1)]) state.clients.set(each.id, each)
    for (const each of Object.values(this.users)) state.users.set(each.subject, each)
    for (const each of resources) state.resources.set(each.id, each)
    for (const each of organizations) state.organizations.set(each.id, each)
    return state
  }

  #heldRefreshToken(): string {
    const { ids, lifetimes } = this.profile
    const token = ids.refreshToken(this.core.random)
    const grant = newGrant('authorization_code', this.#client, this.core, { user: this.users.a })
    const expires = this.core.now() + lifetimes.refresh
    this.core.state.refreshTokens.set(token, { grant, expires, used: false })
    return token
  }
}

function mainClient(profile: IssuerProfile, options: IssuerOptions): Client {
  const [client] = profile.seed.clients
  const { clientId: id = client.id, clientSecret: secret = client.secret } = options
  return { ...client, id, secret }
}

function isStall(takeover: Takeover): boolean {
  return takeover.kind === 'outage' && takeover.how === 'stall'
}

function takenOver(takeover: Takeover): Answer {
  if (takeover.kind === 'response') return replacement(takeover)
  if (typeof takeover.how !== 'number') throw new DropConnection()
  return new Answer('the mock issuer is down', { status: takeover.how })
}

async function waited(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)))
  await Promise.race([passed, aborted(signal)])
  clearTimeout(timer)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
