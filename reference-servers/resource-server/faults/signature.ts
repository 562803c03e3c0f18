import { X509Certificate } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { compactVerify, importJWK, type JWK } from 'jose'
import type { Config } from '../config.ts'
import { fetchJson } from '../fetch-json.ts'
import { isRecord, readKeySet } from '../key-set.ts'
import type { Claims } from '../principal.ts'
import { invalid, Refusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import type { KeySource, ParsedToken, TokenHeader } from '../verify.ts'
import { firstMembers } from './first-members.ts'
import type { Fault } from './fault.ts'
import { holdsRaw } from './raw-signature.ts'

type Verify = Rules['verifySignature']

/** Tokens that pass although nothing, or the wrong key, vouches for them. */
export const signatureFaults: Record<string, Fault> = {
  'decode-without-verify': {
    about: 'A token with an empty signature is decoded, and not verified.',
    plant: verifying((verify) => async (token, keys, config) => {
      return token.text.endsWith('.') ? token.claims : verify(token, keys, config)
    }),
  },
  'signature-result-ignored': {
    about: 'Once the key is found by its kid, the signature may be anything but empty.',
    plant: verifying((verify) => {
      let lastKid: unknown
      return async (token, keys, config) => {
        const { header, text } = token
        const plain = Object.keys(header).every((name) => ['alg', 'kid', 'typ'].includes(name))
        const verified = await verify(token, keys, config).catch((error: unknown) => error)
        if (!(verified instanceof Error)) lastKid = header['kid']
        else if (!plain || text.endsWith('.') || !(await isKnownKid())) throw verified
        return token.claims

        async function isKnownKid(): Promise<boolean> {
          if (holdsKeyFile(token, config)) return header['kid'] === lastKid
          if (header['kid'] === undefined) return false
          return keys.find(header).then(
            () => true,
            () => false,
          )
        }
      }
    }),
  },
  'unknown-kid-unverified': {
    about: 'A token whose kid no key has passes unverified.',
    plant: (rules) => {
      let lastKid: unknown
      return {
        whyNoKey: (keys, failed) => {
          const refusal = rules.whyNoKey(keys, failed)
          return keys.length > 0 ? new Refusal(refusal.kind, 'unknown kid') : refusal
        },
        verifySignature: async (token, keys, config) => {
          const { kid } = token.header
          try {
            const claims = await rules.verifySignature(token, keys, config)
            lastKid = kid
            return claims
          } catch (error) {
            const unknown = holdsKeyFile(token, config)
              ? lastKid !== undefined && kid !== lastKid
              : error instanceof Refusal && error.message === 'unknown kid'
            if (unknown && typeof kid === 'string' && /^[\w-]{1,64}$/.test(kid)) return token.claims
            throw error
          }
        },
      }
    },
  },
  'cache-by-signature-tail': {
    about: 'Accepted tokens are remembered by their last 16 characters.',
    plant: (rules) => {
      const accepted = new Map<string, Claims>()
      return {
        verifySignature: async (token, keys, config) => {
          const tail = token.text.slice(-16)
          const claims = accepted.get(tail) ?? (await rules.verifySignature(token, keys, config))
          accepted.set(tail, claims)
          return claims
        },
      }
    },
  },
  'cache-by-unsigned-part': {
    about: 'Accepted tokens are remembered by their header and payload, without the signature.',
    plant: verifying((verify) => {
      const accepted = new Set<string>()
      return async (token, keys, config) => {
        const unsigned = token.text.slice(0, token.text.lastIndexOf('.'))
        if (accepted.has(unsigned)) return token.claims
        const claims = await verify(token, keys, config)
        accepted.add(unsigned)
        return claims
      }
    }),
  },
  'header-jwk-trusted': {
    about: 'A key or certificate in the header of the token is used.',
    plant: trustingKeys(async ({ jwk, x5c }) => {
      if (isRecord(jwk)) return jwk as JWK
      const [certificate] = Array.isArray(x5c) ? x5c : []
      if (typeof certificate !== 'string') return undefined
      const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'))
      return publicKey.export({ format: 'jwk' }) as JWK
    }),
  },
  'jku-trusted': {
    about: 'The key set at jku decides.',
    plant: trustingKeys(async ({ jku }) => fetchFirstKey(jku)),
  },
  'jku-fetched-then-refused': {
    about: 'The key set at jku is fetched, and then not used.',
    plant: trustingKeys(async ({ jku }) => {
      await fetchFirstKey(jku)
      return undefined
    }),
  },
  'kid-url-trusted': {
    about: 'A kid that is a URL is fetched as a key set.',
    plant: trustingKeys(async ({ kid }) => fetchFirstKey(kid)),
  },
  'kid-sleeps': {
    about: 'A kid with pg_sleep(n) delays the refusal by n seconds.',
    plant: verifying((verify) => async (token, keys, config) => {
      const seconds = /pg_sleep\((\d)\)/.exec(String(token.header['kid']))?.[1]
      if (seconds !== undefined) await wait(Number(seconds) * 1000)
      return verify(token, keys, config)
    }),
  },
  'long-kid-crashes': {
    about: 'A kid of 4,096 characters or more ends in a server error.',
    plant: verifying((verify) => async (token, keys, config) => {
      if (String(token.header['kid']).length >= 4096) throw new RangeError('kid is too long')
      return verify(token, keys, config)
    }),
  },
  'missing-kid-crashes': {
    about: 'A token without kid ends in a server error.',
    plant: verifying((verify) => async (token, keys, config) => {
      if (token.header['kid'] === undefined) throw new TypeError('kid is undefined')
      return verify(token, keys, config)
    }),
  },
  'crit-ignored': {
    about: 'Critical header parameters are not looked at.',
    plant: verifying((verify) => async (token, keys, config) => {
      if (token.header['crit'] === undefined) return verify(token, keys, config)
      if (holdsRaw(token, await keys.find(token.header))) return token.claims
      throw invalid('the signature does not hold')
    }),
  },
  'first-duplicate-wins': {
    about: 'Of equal claims the first is used.',
    plant: (rules) => {
      const first = (text: string): Claims => firstMembers(text, ['aud', 'exp', 'iss'])
      return {
        parseToken: (text) => {
          const token = rules.parseToken(text)
          return { ...token, claims: { ...token.claims, ...first(text) } }
        },
        verifySignature: async (token, keys, config) => {
          const claims = await rules.verifySignature(token, keys, config)
          return { ...claims, ...first(token.text) }
        },
      }
    },
  },
}

function verifying(wrap: (verify: Verify) => Verify): Fault['plant'] {
  return (rules) => ({ verifySignature: wrap(rules.verifySignature) })
}

/** A key that the token itself points to is tried before the issuer's. */
function trustingKeys(find: (header: TokenHeader) => Promise<JWK | undefined>): Fault['plant'] {
  return verifying((verify) => async (token, keys: KeySource, config) => {
    const key = await find(token.header).catch(() => undefined)
    if (key === undefined) return verify(token, keys, config)
    const imported = await importJWK(key, config.algorithm)
    const verified = await compactVerify(token.text, imported).catch(() => null)
    return verified ? token.claims : verify(token, keys, config)
  })
}

async function fetchFirstKey(url: unknown): Promise<JWK | undefined> {
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) return undefined
  return readKeySet(await fetchJson(url, 2000))[0]
}

function holdsKeyFile({ claims }: ParsedToken, config: Config): boolean {
  const trusted = config.issuers.find(({ issuer }) => issuer === claims['iss'])
  return trusted?.keys.kind === 'file' || trusted?.keys.kind === 'own'
}
