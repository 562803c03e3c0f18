import { randomBytes } from 'node:crypto'
import { drawFrom, drawRandom } from './draw.ts'
import type { Draw } from './draw.ts'
import type { DocumentSites, FetchedJson } from './guarded-fetch.ts'
import type { JsonObject } from './json.ts'
import { readJwt } from './jwt.ts'
import type { KeyRing } from './key-ring.ts'
import type { Overlays } from './overlays.ts'
import type { IssuerProfile } from './profile.ts'
import type { Router } from './router.ts'
import { isSignedBy, signCompact, signCompactAside } from './sign-compact.ts'
import type { Client, IssuerState } from './state.ts'

export interface CoreParts {
  /** The identifier (`iss`). */
  issuer: string
  profile: IssuerProfile
  router: Router
  ring: KeyRing
  overlays: Overlays
  state: IssuerState
  documents: DocumentSites
  /** Seconds since the epoch. */
  clock: () => number
}

/** What endpoints work with: the profile, the memory, the keys, the clock. */
export class IssuerCore {
  readonly issuer: string
  readonly profile: IssuerProfile
  readonly router: Router
  readonly ring: KeyRing
  readonly overlays: Overlays
  readonly state: IssuerState
  /** Whether Client ID Metadata Documents may come from loopback addresses. */
  readonly loopbackDocuments: boolean
  readonly #documents: CoreParts['documents']
  readonly #clock: () => number
  /** Told of each token that the token endpoint gives out. */
  readonly tokenWatchers: ((token: string) => void)[] = []
  #serial = 0
  #grants = 0

  constructor(parts: CoreParts) {
    this.issuer = parts.issuer
    this.profile = parts.profile
    this.router = parts.router
    this.ring = parts.ring
    this.overlays = parts.overlays
    this.state = parts.state
    this.#clock = parts.clock
    this.#documents = parts.documents
    this.loopbackDocuments = parts.documents.loopback ?? false
  }

  /** Seconds since the epoch. */
  now(): number {
    return this.#clock()
  }

  /** Of the tokens in our forms. */
  readonly formKey: Buffer = randomBytes(32)

  /** For secrets. */
  readonly random: Draw = drawRandom

  /** Names a grant inside this issuer; never seen outside. */
  grantId(): string {
    this.#grants += 1
    return `grant-${this.#grants}`
  }

  /** A `jti`: the same for the same issuer, second and count of tokens; otherwise never the same. */
  tokenId(): string {
    this.#serial += 1
    return this.profile.ids.token(drawFrom(`${this.issuer} ${this.now()} ${this.#serial}`))
  }

  /** A JWT under the signing key; `alg` and `kid` come to the header. */
  sign({ header, claims }: { header: JsonObject; claims: JsonObject }): string {
    const { alg, kid, secret } = this.ring.current
    const text = JSON.stringify({ alg, ...header, kid })
    return signCompact(text, JSON.stringify(claims), secret, alg)
  }

  /** The same, while other requests go on. */
  signAside({ header, claims }: { header: JsonObject; claims: JsonObject }): Promise<string> {
    const { alg, kid, secret } = this.ring.current
    const text = JSON.stringify({ alg, ...header, kid })
    return signCompactAside(text, JSON.stringify(claims), secret, alg)
  }

  /**
   * Header and claims of a JWT that a key of this issuer signed by its own algorithm, dead or alive; null
   * for others, and for one with critical header parameters (RFC 7515 section 4.1.11): it knows none.
   */
  verify(token: string): { header: JsonObject; claims: JsonObject } | null {
    const jwt = readJwt(token)
    if (!jwt || 'crit' in jwt.header) return null
    const signed = this.ring
      .verificationKeys()
      .some(
        ({ kid, alg, key }) =>
          kid === jwt.header['kid'] && alg === jwt.header['alg'] && isSignedBy(token, key, alg),
      )
    return signed ? jwt : null
  }

  /** True while `exp` is ahead and `nbf` behind. */
  isAlive({ exp, nbf }: JsonObject): boolean {
    const now = this.now()
    return typeof exp === 'number' && exp > now && (typeof nbf === 'number' ? nbf <= now : true)
  }

  /** Revoked by its client, by a replay, or by the tester. */
  isRevoked(token: string): boolean {
    const grant = this.state.issued.get(token)?.grant
    return (
      this.state.revoked.has(token) ||
      (grant !== undefined && this.state.revokedGrants.has(grant.id)) ||
      this.overlays.of('revoked').some((each) => each.token === token)
    )
  }

  /** A JSON object from an address that a stranger named. @throws Error (rejects) */
  async fetchJson(address: string, { guarded }: { guarded: boolean }): Promise<FetchedJson> {
    const { guardedFetch } = await import('./guarded-fetch.ts')
    return guardedFetch(address, { ...this.#documents, guarded })
  }

  client(id: string): Client | null {
    return this.state.clients.get(id) ?? null
  }
}
