import { isRecord, readKeySet } from '../key-set.ts'
import { invalid, Refusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import type { Fault } from './fault.ts'
import { holdsRaw } from './raw-signature.ts'

/** How the issuer's keys are fetched, kept and chosen. */
export const keyFaults: Record<string, Fault> = {
  'jwks-never-refreshed': {
    about: 'The key set is fetched once.',
    plant: () => ({ keyMaxAge: () => Infinity, refetchesUnknownKey: () => false }),
  },
  'jwks-keys-only-added': {
    about: 'A key that was published once is trusted for ever.',
    plant: () => ({
      mergeKeys: (old, fetched) => {
        const kids = new Set(fetched.map(({ kid }) => kid))
        return [...fetched, ...old.filter(({ kid }) => !kids.has(kid))]
      },
    }),
  },
  'jwks-failed-refetch-empties-cache': {
    about: 'A failed fetch throws the good keys away.',
    plant: (rules) => {
      let empty = false
      return {
        // Short, so that a fetch fails while a test looks; not after that, or it is another fault.
        keyCooldown: (config) => Math.min(empty ? Infinity : 40, rules.keyCooldown(config)),
        mergeKeys: (old, fetched) => {
          empty = false
          return rules.mergeKeys(old, fetched)
        },
        keysAfterFailure: () => {
          empty = true
          return []
        },
      }
    },
  },
  'jwks-refetch-per-kid': {
    about: 'Every unknown kid makes the server fetch the key set.',
    plant: () => ({ keyCooldown: () => 0 }),
  },
  'jwks-no-cooldown-after-failure': {
    about: 'A fetch that failed starts no cooldown.',
    plant: (rules) => {
      let failed = false
      return {
        keyCooldown: (config) => (failed ? 0 : rules.keyCooldown(config)),
        mergeKeys: (old, fetched) => {
          failed = false
          return rules.mergeKeys(old, fetched)
        },
        keysAfterFailure: (old) => {
          failed = true
          return rules.keysAfterFailure(old)
        },
      }
    },
  },
  'key-lookup-error-accepts': {
    about: 'A token whose key cannot be looked up, since the last fetch failed, passes.',
    plant: acceptingWithoutKeys((_keys, failed) => failed),
  },
  'empty-key-set-accepts': {
    about: 'While the key set is empty, every token passes.',
    plant: acceptingWithoutKeys((keys, failed) => !failed && keys === 0),
  },
  'errors-as-401': {
    about: 'A key set that cannot be fetched is reported as a bad token.',
    plant: () => ({ whyNoKey: () => invalid('no key') }),
  },
  'discovery-issuer-unchecked': {
    about: 'Metadata of another issuer is used.',
    plant: (rules) => ({
      fetchKeySet: (trusted, config) =>
        rules.fetchKeySet(trusted, config, (document) => String(document['jwks_uri'])),
    }),
  },
  'key-use-ignored': {
    about: 'What a key was published for is not looked at.',
    plant: (rules) => ({
      fetchKeySet: async (trusted, config) => {
        const keys = readKeySet(await rules.fetchKeySet(trusted, config))
        return { keys: keys.map((key) => ({ ...key, use: undefined, key_ops: undefined })) }
      },
    }),
  },
  'weak-keys-accepted': {
    about: 'RSA keys shorter than 2048 bits are used.',
    plant: (rules) => ({
      isUsableKey: (key, algorithm) =>
        (key.kty === 'RSA' && key.use !== 'enc' && String(key.n).length < 300) ||
        rules.isUsableKey(key, algorithm),
      verifySignature: async (token, keys, config) => {
        const key = await keys.find(token.header)
        const bits = key instanceof Uint8Array ? 0 : modulusBits(key.algorithm)
        if (bits >= 2048 || bits === 0) return rules.verifySignature(token, keys, config)
        if (holdsRaw(token, key)) return token.claims
        throw invalid('the signature does not hold')
      },
    }),
  },
  'eager-key-import': {
    about: 'One key of an unknown kind makes the whole key set useless.',
    plant: (rules) => {
      let odd = false
      return {
        // So that it heals as soon as the odd key is gone.
        keyCooldown: (config) => (odd ? 0 : rules.keyCooldown(config)),
        fetchKeySet: async (trusted, config) => {
          const document = await rules.fetchKeySet(trusted, config)
          odd = readKeySet(document).some((key) => !isKnownKind(key))
          if (odd) throw new Error('a key cannot be imported')
          return document
        },
        keysAfterFailure: (old) => (odd ? [] : old),
        whyNoKey: (keys, failed) => (odd ? invalid('no keys') : rules.whyNoKey(keys, failed)),
      }
    },
  },
}

function acceptingWithoutKeys(
  accepts: (keys: number, failed: boolean) => boolean,
): (rules: Rules) => Partial<Rules> {
  const passes = 'nothing to verify with'
  return (rules) => ({
    whyNoKey: (keys, failed) =>
      accepts(keys.length, failed)
        ? new Refusal('unavailable', passes)
        : rules.whyNoKey(keys, failed),
    verifySignature: async (token, keys, config) => {
      try {
        return await rules.verifySignature(token, keys, config)
      } catch (error) {
        if (error instanceof Refusal && error.message === passes) return token.claims
        throw error
      }
    },
  })
}

function modulusBits(algorithm: unknown): number {
  return isRecord(algorithm) ? Number(algorithm['modulusLength'] ?? 0) : 0
}

function isKnownKind({ kty, crv }: { kty?: string; crv?: string }): boolean {
  return (
    kty === 'RSA' ||
    kty === 'oct' ||
    kty === 'OKP' ||
    (kty === 'EC' && crv?.startsWith('P-') === true)
  )
}
