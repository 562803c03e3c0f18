import { createSecretKey, generateKeyPair, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { loadKey, loadSpareKey, spareKeyCount } from '../fixtures/keys/index.ts'
import type { KeyPair } from '../fixtures/keys/index.ts'
import type { JsonObject } from './json.ts'

export const keyKinds = ['rsa', 'rsa-1024', 'ec', 'oct'] as const
export type KeyKind = (typeof keyKinds)[number]

/** Something to sign with, and what of it stands in a key set: all of it when it is symmetric. */
export interface KeyMaterial {
  secret: KeyObject
  numbers: JsonObject
}

interface Stored {
  kind: KeyKind
  load: () => KeyPair
}

const generate = promisify(generateKeyPair)

/** Keys that need no generating. Shared by all issuers, so that no two of them hold the same one. */
let stored: Stored[] | undefined

function storedKeys(): Stored[] {
  stored ??= [
    { kind: 'rsa', load: () => loadKey('next') },
    { kind: 'rsa', load: () => loadKey('spare') },
    ...Array.from({ length: spareKeyCount() }, (_, index): Stored => {
      return { kind: 'rsa', load: () => loadSpareKey(index) }
    }),
    { kind: 'rsa-1024', load: () => loadKey('weak') },
    { kind: 'ec', load: () => loadKey('next-ec') },
  ]
  return stored
}

/**
 * Gives one issuer keys that nobody else holds. It never gives a key twice, not even after it was
 * withdrawn: a server may have stored it, and would take a new token for one of the old key.
 */
export class KeySupply {
  readonly #taken: Stored[] = []

  /** A stored key as long as there is one, a generated key then (an RSA key takes 0.2 s). */
  async take(kind: KeyKind): Promise<KeyMaterial> {
    if (kind === 'oct') {
      const secret = createSecretKey(randomBytes(32))
      return { secret, numbers: secret.export({ format: 'jwk' }) as JsonObject }
    }
    const all = storedKeys()
    const index = all.findIndex((each) => each.kind === kind)
    const [found] = index === -1 ? [] : all.splice(index, 1)
    if (!found) return generated(kind)
    this.#taken.push(found)
    const { privateKey, publicJwk } = found.load()
    return { secret: privateKey, numbers: { ...publicJwk } }
  }

  /** Gives the stored keys back, when the issuer that held them has ended. */
  release(): void {
    storedKeys().push(...this.#taken.splice(0))
  }
}

async function generated(kind: 'rsa' | 'rsa-1024' | 'ec'): Promise<KeyMaterial> {
  const { privateKey, publicKey } =
    kind === 'ec'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: kind === 'rsa' ? 2048 : 1024 })
  return { secret: privateKey, numbers: publicKey.export({ format: 'jwk' }) as JsonObject }
}
