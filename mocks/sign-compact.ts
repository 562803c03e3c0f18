import { constants, createHmac, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

const pss = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
}
const signAside = promisify(sign)
const rawPair = { dsaEncoding: 'ieee-p1363' } as const

/** Key type and signature parameters of an algorithm (RFC 7518 section 3.1). */
const algorithms: Record<string, { type: 'rsa' | 'ec' | 'oct'; parameters: object }> = {
  RS256: { type: 'rsa', parameters: {} },
  RS384: { type: 'rsa', parameters: {} },
  RS512: { type: 'rsa', parameters: {} },
  PS256: { type: 'rsa', parameters: pss },
  PS384: { type: 'rsa', parameters: pss },
  PS512: { type: 'rsa', parameters: pss },
  ES256: { type: 'ec', parameters: rawPair },
  HS256: { type: 'oct', parameters: {} },
  HS384: { type: 'oct', parameters: {} },
  HS512: { type: 'oct', parameters: {} },
}

/**
 * Compact JWS (RFC 7515 section 3.1) over exactly these texts, under the algorithm that is asked
 * for, whatever the header says.
 * @throws Error for an unknown algorithm, or one that the key cannot do
 */
export function signCompact(header: string, payload: string, key: KeyObject, alg: string): string {
  const input = `${base64url(header)}.${base64url(payload)}`
  const { type, parameters } = algorithmFor(key, alg)
  const digest = `sha${alg.slice(2)}`
  const signature =
    type === 'oct'
      ? createHmac(digest, key).update(input).digest()
      : sign(digest, Buffer.from(input), { key, ...parameters })
  return `${input}.${signature.toString('base64url')}`
}

/** The same on another thread, so that this one can read and answer requests meanwhile. */
export async function signCompactAside(
  header: string,
  payload: string,
  key: KeyObject,
  alg: string,
): Promise<string> {
  const { type, parameters } = algorithmFor(key, alg)
  if (type === 'oct') return signCompact(header, payload, key, alg)
  const input = `${base64url(header)}.${base64url(payload)}`
  const signature = await signAside(`sha${alg.slice(2)}`, Buffer.from(input), {
    key,
    ...parameters,
  })
  return `${input}.${signature.toString('base64url')}`
}

/** True when the last segment of a compact JWS is a signature of this public key over the others. */
export function isSignedBy(token: string, key: KeyObject, alg: string): boolean {
  const end = token.lastIndexOf('.')
  const input = Buffer.from(token.slice(0, end))
  const signature = Buffer.from(token.slice(end + 1), 'base64url')
  if (algorithms[alg]?.type !== typeOf(key) || key.type === 'secret') return false
  return verify(`sha${alg.slice(2)}`, input, { key, ...algorithms[alg].parameters }, signature)
}

function algorithmFor(key: KeyObject, alg: string): { type: string; parameters: object } {
  const algorithm = algorithms[alg]
  if (!algorithm) {
    throw new Error(`cannot sign with "${alg}". Allowed: ${Object.keys(algorithms).join(', ')}`)
  }
  if (algorithm.type === typeOf(key)) return algorithm
  const fitting = Object.entries(algorithms).filter(([, { type }]) => type === typeOf(key))
  const names = fitting.map(([name]) => name).join(', ')
  throw new Error(`a key of type ${typeOf(key)} cannot sign with "${alg}". Allowed: ${names}`)
}

function typeOf(key: KeyObject): string {
  return key.type === 'secret' ? 'oct' : String(key.asymmetricKeyType)
}

function base64url(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}
