import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { loadKey } from '../fixtures/keys/index.ts'
import type { KeyName } from '../fixtures/keys/index.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { KeySupply, keyKinds } from './key-supply.ts'
import type { KeyKind } from './key-supply.ts'
import type { Overlays } from './overlays.ts'
import type { KeyForm } from './profile.ts'

/** A key that the issuer can sign with, and how it stands in the published set. */
export interface RingKey {
  name: string
  alg: string
  secret: KeyObject
  publicJwk: JsonObject
}

/** What to publish: `kind` follows from `alg` unless it is given, and `alg` from `kind`. */
export interface KeyOrder {
  name: string
  alg?: string
  kind?: KeyKind
  /** Members that are laid over the published JWK, and names of members to leave out. */
  members: JsonObject
  drop: string[]
}

let published = 0

/** The keys of one issuer: the one that signs, and what is published beside it or instead. */
export class KeyRing {
  current: RingKey & { kid: string }
  readonly #older: (RingKey & { kid: string })[] = []
  readonly #form: KeyForm
  readonly #overlays: Overlays
  readonly #supply = new KeySupply()

  constructor(
    own: { fixture: KeyName; kid: string | undefined; form: KeyForm },
    overlays: Overlays,
  ) {
    const key = loadKey(own.fixture)
    const alg = key.publicJwk['kty'] === 'EC' ? 'ES256' : 'RS256'
    const id = own.kid ?? own.form.kid(key.kid)
    const usual = { ...key.publicJwk, kid: id, use: 'sig', alg }
    const publicJwk = own.form.publish(usual, key.certificate ?? null)
    this.current = { name: 'current', kid: id, alg, secret: key.privateKey, publicJwk }
    this.#form = own.form
    this.#overlays = overlays
  }

  /** Makes a key to publish, under a kid that no other key has. It is published when it is laid over. */
  async make(order: KeyOrder): Promise<RingKey> {
    const kind = order.kind ?? kindOf(order.alg ?? this.current.alg)
    const alg = order.alg ?? usualAlgs[kind]
    const { secret, numbers } = await this.#supply.take(kind)
    published += 1
    const kid = `${order.name}-${published}`
    const publicJwk: JsonObject = { ...numbers, kid, use: 'sig', alg, ...order.members }
    for (const member of order.drop) delete publicJwk[member]
    return { name: order.name, alg, secret, publicJwk }
  }

  /** @throws Error when a key of this name is there already: nobody could tell the two apart */
  checkFree(name: string): void {
    if (this.#all().every((each) => each.name !== name)) return
    throw new Error(`the issuer has a key "${name}" already; give this one another name`)
  }

  /** @throws Error that lists the names when there is no such key */
  named(name: string): RingKey {
    const all = this.#all()
    const key = all.find((each) => each.name === name)
    if (key) return key
    const names = all.map((each) => each.name).join(', ')
    throw new Error(`the issuer has no key "${name}". It has: ${names}`)
  }

  /** The `keys` of the JWK Set (RFC 7517 section 5), as arranged. */
  publicSet(): JsonValue[] {
    const removed = new Set(this.#overlays.of('removed').map(({ key }) => key))
    const own = this.#all().filter((key) => !removed.has(key))
    return [
      ...own.map(({ publicJwk }) => publicJwk),
      ...this.#overlays.of('jwk').map(({ jwk }) => jwk),
    ]
  }

  /** The public halves of all keys that tokens of this issuer are signed with. */
  verificationKeys(): { kid: JsonValue; alg: string; key: KeyObject }[] {
    return this.#all()
      .filter(({ secret }) => secret.type === 'private')
      .map(({ secret, publicJwk, alg }) => ({
        kid: publicJwk['kid'] ?? null,
        alg,
        key: publicHalf(secret),
      }))
  }

  /** A new key signs from now on. The old one is published still, under the name `previous-KID`. */
  async rotate(alg: string): Promise<void> {
    const key = await this.make({ name: 'current', alg, members: {}, drop: [] })
    const kid = this.#form.kid(String(key.publicJwk['kid']))
    const publicJwk = this.#form.publish({ ...key.publicJwk, kid }, null)
    this.#older.unshift({ ...this.current, name: `previous-${this.current.kid}` })
    this.current = { ...key, kid, publicJwk }
  }

  /** @throws Error that lists the older keys when there is no such one */
  retire(kid: string): void {
    const index = this.#older.findIndex((each) => each.kid === kid)
    const kids = this.#older.map((each) => each.kid).join(', ')
    if (index === -1) throw new Error(`no older key has the kid "${kid}". Older keys: ${kids}`)
    this.#older.splice(index, 1)
  }

  /** Publishes the numbers of a key that signs nothing under the kid of the one that does. */
  async breakCurrent(): Promise<void> {
    const { alg, publicJwk } = this.current
    const other = await this.make({ name: 'other', alg, members: {}, drop: [] })
    this.current = {
      ...this.current,
      publicJwk: { ...publicJwk, ...other.publicJwk, kid: this.current.kid },
    }
  }

  /** Lets other issuers have the keys that were made for this one. */
  close(): void {
    this.#supply.release()
  }

  #all(): RingKey[] {
    return [this.current, ...this.#older, ...this.#overlays.of('key').map(({ key }) => key)]
  }
}

const usualAlgs: Record<KeyKind, string> = {
  rsa: 'RS256',
  'rsa-1024': 'RS256',
  ec: 'ES256',
  oct: 'HS256',
}

function kindOf(alg: string): KeyKind {
  const kinds: Record<string, KeyKind> = { RS: 'rsa', PS: 'rsa', ES: 'ec', HS: 'oct' }
  const kind = kinds[alg.slice(0, 2)]
  if (kind) return kind
  throw new Error(
    `no key kind follows from the algorithm "${alg}". Give kind as well, one of ${keyKinds.join(', ')}`,
  )
}

const halves = new WeakMap<KeyObject, KeyObject>()

function publicHalf(secret: KeyObject): KeyObject {
  const half = halves.get(secret) ?? createPublicKey(secret)
  halves.set(secret, half)
  return half
}
