import { ScalekitClient, ScalekitValidateTokenFailureException } from '@scalekit-sdk/node'
import { errors } from 'jose'
import type { Config, TrustedIssuer } from '../resource-server/config.ts'
import type { Claims } from '../resource-server/principal.ts'
import { invalid } from '../resource-server/refusal.ts'
import { RemoteKeys } from '../resource-server/remote-keys.ts'
import type {
  KeySource,
  ParsedToken,
  TokenHeader,
  VerificationKey,
} from '../resource-server/verify.ts'
import type { GreetingRules } from './rules.ts'
import type { Vendor } from './settings.ts'

const unknownKey = Symbol('no key of the set fits the token')

/**
 * Scalekit's SDK keeps the first key set that it fetched for as long as the client lives. So the
 * client is replaced by a new one: when its keys have grown old, and once for a `kid` that it does not
 * know. A cooldown keeps callers from making us hammer Scalekit. While Scalekit fails, the client
 * that we have goes on.
 */
export class VendorKeys implements KeySource {
  readonly #config: Config
  readonly #rules: GreetingRules
  readonly #vendor: Vendor
  readonly #published: RemoteKeys
  #client: ScalekitClient | null = null
  /** Milliseconds, of the last fetch that went well and of the last one at all. */
  #fetched = -Infinity
  #tried = -Infinity
  #failed = false
  #replacing: Promise<void> | null = null

  constructor(trusted: TrustedIssuer, config: Config, rules: GreetingRules, vendor: Vendor) {
    this.#config = config
    this.#rules = rules
    this.#vendor = vendor
    this.#published = new RemoteKeys(trusted, config, rules)
  }

  /** The key itself, which the SDK does not give away: fetched beside it, when somebody asks. */
  find(header: TokenHeader): Promise<VerificationKey> {
    return this.#published.find(header)
  }

  /** The claims of a token for which the SDK vouches. Throws `invalid` or `unavailable`. */
  async verify({ text, header }: ParsedToken): Promise<Claims> {
    if (Date.now() - this.#fetched >= this.#rules.keyMaxAge(this.#config)) await this.#replace()
    let claims = await this.#validate(text)
    if (claims === unknownKey && this.#rules.refetchesUnknownKey(header)) {
      await this.#replace()
      claims = await this.#validate(text)
    }
    if (claims === unknownKey) throw this.#rules.whyNoKey([], this.#failed)
    return claims
  }

  async #validate(text: string): Promise<Claims | typeof unknownKey> {
    if (this.#client === null) return unknownKey
    const options = this.#rules.validationOptions(this.#config)
    try {
      return { ...(await this.#client.validateToken<Claims>(text, options)) }
    } catch (error) {
      if (!(error instanceof ScalekitValidateTokenFailureException)) throw error
      if (isUnknownKey(error)) return unknownKey
      throw invalid(error.message)
    }
  }

  /** One new client for all that wait, and none within the cooldown, which is short while we have no keys. */
  async #replace(): Promise<void> {
    const cooldown = this.#rules.keyCooldown(this.#config) / (this.#client === null ? 5 : 1)
    const cooled = Date.now() - this.#tried >= cooldown
    if (cooled) this.#replacing ??= this.#fetch().finally(() => (this.#replacing = null))
    if (this.#replacing !== null) await this.#replacing
  }

  async #fetch(): Promise<void> {
    const { environmentUrl, clientId, clientSecret } = this.#vendor
    const timeoutMs = this.#config.keyTimeoutMs
    const client = new ScalekitClient(environmentUrl, clientId, clientSecret, { timeoutMs })
    try {
      // A client without keys would fetch again for each token.
      this.#client = (await fetchesKeys(client)) ? client : null
      this.#fetched = Date.now()
      this.#failed = false
    } catch {
      this.#failed = true
    }
    this.#tried = Date.now()
  }
}

const nobodysToken = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.e30.AA`

/** The first token makes the client fetch its keys. False when none of them is of use to us. */
async function fetchesKeys(client: ScalekitClient): Promise<boolean> {
  try {
    await client.validateToken(nobodysToken)
  } catch (error) {
    if (!(error instanceof ScalekitValidateTokenFailureException)) throw error
    return !isUnknownKey(error)
  }
  return true
}

const noKeyMessage = new errors.JWKSNoMatchingKey().message

/** The SDK passes on the message of what went wrong, and nothing else of it. */
function isUnknownKey({ message }: ScalekitValidateTokenFailureException): boolean {
  return message === noKeyMessage
}
