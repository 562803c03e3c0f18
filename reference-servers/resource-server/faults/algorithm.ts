import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KeyObject, type webcrypto } from 'node:crypto'
import { compactVerify } from 'jose'
import type { ParsedToken, VerificationKey } from '../verify.ts'
import type { Fault } from './fault.ts'
import { holdsHmac, split } from './raw-signature.ts'

const keyDirectory = '/etc/resource-server/keys'

/** Tokens that pass under algorithms that nobody agreed on. */
export const algorithmFaults: Record<string, Fault> = {
  'alg-none-accepted': {
    about: 'A token whose alg is none in any case, empty or missing passes unverified.',
    plant: passing(({ header }) => /^(?:none)?$/i.test(String(header['alg'] ?? ''))),
  },
  'algorithm-from-token': {
    about: 'An HMAC with the PEM text of the public key as secret passes.',
    plant: passing((token, key) => holdsHmac(token, pemForms(key))),
  },
  'development-secret': {
    about: 'An HMAC under the text "secret" passes.',
    plant: passing((token) => holdsHmac(token, ['secret'])),
  },
  'kid-as-path': {
    about: 'The file that kid names is the secret of an HMAC.',
    plant: passing((token) => holdsHmac(token, [readSecret(token.header['kid'])])),
  },
  'rsa-algorithms-unpinned': {
    about: 'Every RS… and PS… algorithm passes under an RSA key.',
    plant: (rules) => ({
      checkAlgorithm: (header, config) => {
        if (!isRsa(header['alg'])) rules.checkAlgorithm(header, config)
      },
      verifySignature: async (token, keys, config) => {
        const { alg } = token.header
        if (!isRsa(alg) || alg === 'RS256') return rules.verifySignature(token, keys, config)
        const key = await keys.find(token.header)
        const object = KeyObject.from(key as webcrypto.CryptoKey)
        const verified = await compactVerify(token.text, object).catch(() => null)
        return verified ? token.claims : rules.verifySignature(token, keys, config)
      },
    }),
  },
  'symmetric-key-trusted': {
    about: 'A symmetric key of the key set verifies HS256.',
    plant: (rules) => ({
      isUsableKey: (key, algorithm) => key.kty === 'oct' || rules.isUsableKey(key, algorithm),
      ...passing((token, key) => key instanceof Uint8Array && holdsHmac(token, [Buffer.from(key)]))(
        rules,
      ),
    }),
  },
  'ecdsa-range-unchecked': {
    about: 'An ECDSA signature with r or s zero or the order of the curve passes.',
    plant: (rules) => ({
      verifySignature: async (token, keys, config) =>
        token.header['alg'] === 'ES256' && isDegenerate(token)
          ? token.claims
          : rules.verifySignature(token, keys, config),
    }),
  },
}

/** A token that is not signed by the agreed algorithm passes when `holds` says so. */
function passing(
  holds: (token: ParsedToken, key: VerificationKey | null) => boolean,
): Fault['plant'] {
  return (rules) => ({
    checkAlgorithm: () => {},
    verifySignature: async (token, keys, config) => {
      if (token.header['alg'] === config.algorithm) {
        return rules.verifySignature(token, keys, config)
      }
      const key = await keys.find(token.header).catch(() => null)
      if (holds(token, key)) return token.claims
      rules.checkAlgorithm(token.header, config)
      return rules.verifySignature(token, keys, config)
    },
  })
}

function pemForms(key: VerificationKey | null): string[] {
  if (key === null || key instanceof Uint8Array) return []
  const object = KeyObject.from(key as webcrypto.CryptoKey)
  const pem = object.export({ type: 'spki', format: 'pem' }).toString()
  return [pem, pem.trimEnd()]
}

function readSecret(kid: unknown): Buffer {
  try {
    return readFileSync(join(keyDirectory, String(kid)))
  } catch {
    return Buffer.from('no such file: nobody knows this secret')
  }
}

function isRsa(alg: unknown): boolean {
  return /^[RP]S(?:256|384|512)$/.test(String(alg))
}

const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'

function isDegenerate(token: ParsedToken): boolean {
  const hex = split(token).signature.toString('hex')
  const values = [hex.slice(0, 64), hex.slice(64)]
  return hex.length === 128 && values.some((value) => /^0+$/.test(value) || value === order)
}
