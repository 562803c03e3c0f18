import { importJWK, type JWK } from 'jose'
import type { Config, TrustedIssuer } from './config.ts'
import { readKeySet } from './key-set.ts'
import { invalid } from './refusal.ts'
import type { Rules } from './rules.ts'
import type { KeySource, TokenHeader, VerificationKey } from './verify.ts'

/**
 * The keys that an issuer publishes, fetched when they are first needed, when they have grown old
 * and once for a `kid` that is unknown. A cooldown keeps callers from making us hammer the issuer. A
 * failed fetch leaves the keys that we have, and never leads to acceptance.
 */
export class RemoteKeys implements KeySource {
  readonly #trusted: TrustedIssuer
  readonly #config: Config
  readonly #rules: Rules
  readonly #imported = new Map<JWK, Promise<VerificationKey>>()
  #keys: JWK[] = []
  /** Milliseconds, of the last fetch that went well and of the last one at all. */
  #fetched = -Infinity
  #tried = -Infinity
  #failed = false
  #fetching: Promise<void> | null = null

  constructor(trusted: TrustedIssuer, config: Config, rules: Rules) {
    this.#trusted = trusted
    this.#config = config
    this.#rules = rules
  }

  async find(header: TokenHeader): Promise<VerificationKey> {
    if (Date.now() - this.#fetched >= this.#rules.keyMaxAge(this.#config)) await this.#refresh()
    let key = this.#select(header)
    if (key === undefined && this.#rules.refetchesUnknownKey(header)) {
      await this.#refresh()
      key = this.#select(header)
    }
    if (key !== undefined) return this.#import(key)
    throw this.#rules.whyNoKey(this.#keys, this.#failed)
  }

  #select(header: TokenHeader): JWK | undefined {
    return this.#rules.selectKey(this.#keys, header)
  }

  /** One fetch for all that wait, and none within the cooldown, which is short while we have no keys. */
  async #refresh(): Promise<void> {
    const cooldown = this.#rules.keyCooldown(this.#config) / (this.#keys.length === 0 ? 5 : 1)
    const cooled = Date.now() - this.#tried >= cooldown
    if (cooled) this.#fetching ??= this.#fetch().finally(() => (this.#fetching = null))
    if (this.#fetching !== null) await this.#fetching
  }

  async #fetch(): Promise<void> {
    try {
      const document = await this.#rules.fetchKeySet(this.#trusted, this.#config)
      const published = readKeySet(document)
      const usable = published.filter((key) => this.#rules.isUsableKey(key, this.#config.algorithm))
      this.#keys = this.#rules.mergeKeys(this.#keys, usable)
      this.#imported.clear()
      this.#fetched = Date.now()
      this.#failed = false
    } catch {
      this.#failed = true
      this.#keys = this.#rules.keysAfterFailure(this.#keys)
    }
    this.#tried = Date.now()
  }

  async #import(key: JWK): Promise<VerificationKey> {
    let imported = this.#imported.get(key)
    if (imported === undefined) {
      imported = importJWK(key, this.#config.algorithm)
      this.#imported.set(key, imported)
    }
    return imported.catch(() => {
      throw invalid('the published key cannot be used')
    })
  }
}
