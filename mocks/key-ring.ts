import { createHmac, generateKeyPairSync, randomBytes, sign as signBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { constants } from 'node:crypto'
import { loadKey } from '../fixtures/keys/index.ts'
import type { KeyName } from '../fixtures/keys/index.ts'

type Json = string | number | boolean | null | Json[] | { [member: string]: Json }
type Jwk = Record<string, Json>

/** A key that the issuer can sign with, and how it stands in the published set. */
export interface RingKey {
  name: string
  kid: string
  alg: string
  secret: KeyObject | Buffer
  publicJwk: Jwk
}

/** What to publish: `kind` follows from `alg` unless it is given. */
export interface KeyOrder {
  name: string
  alg?: string
  kind?: string
  members?: Jwk
  drop?: string[]
}

/** The current signing key of an issuer, from the committed test keys: nothing is generated at start. */
export function ringKey(name: string, fixture: KeyName, kid?: string): RingKey {
  const key = loadKey(fixture)
  const alg = key.publicJwk['kty'] === 'EC' ? 'ES256' : 'RS256'
  const id = kid ?? key.kid
  return {
    name,
    kid: id,
    alg,
    secret: key.privateKey,
    publicJwk: { ...key.publicJwk, kid: id, use: 'sig', alg },
  }
}

let spareUsed = 0

/** Makes a key to publish. The first RSA and EC keys come from the fixtures, later ones are generated. */
export function orderedKey(order: KeyOrder): RingKey {
  const alg = order.alg ?? 'RS256'
  const kind = order.kind ?? kindOf(alg)
  const kid = `${order.name}-${(spareUsed += 1)}`
  const { secret, numbers } = material(kind)
  const publicJwk: Jwk = { ...numbers, kid, use: 'sig', alg, ...order.members }
  for (const member of order.drop ?? []) delete publicJwk[member]
  const published = publicJwk['kid']
  return {
    name: order.name,
    kid: typeof published === 'string' ? published : kid,
    alg,
    secret,
    publicJwk,
  }
}

function kindOf(alg: string): string {
  if (alg.startsWith('ES')) return 'ec'
  return alg.startsWith('HS') ? 'oct' : 'rsa'
}

function material(kind: string): { secret: KeyObject | Buffer; numbers: Jwk } {
  if (kind === 'oct') {
    const secret = randomBytes(32)
    return { secret, numbers: { kty: 'oct', k: secret.toString('base64url') } }
  }
  if (kind === 'rsa-1024') return fromFixture('weak')
  if (kind === 'ec') return generated('ec')
  if (kind === 'rsa') return spareUsed % 2 === 0 ? fromFixture('next') : fromFixture('spare')
  throw new Error(`there are no keys of kind "${kind}". Allowed: rsa, rsa-1024, ec, oct`)
}

function fromFixture(name: KeyName): { secret: KeyObject; numbers: Jwk } {
  const { privateKey, publicJwk } = loadKey(name)
  return { secret: privateKey, numbers: { ...publicJwk } }
}

function generated(kind: 'ec'): { secret: KeyObject; numbers: Jwk } {
  const { privateKey, publicKey } = generateKeyPairSync(kind, { namedCurve: 'P-256' })
  return { secret: privateKey, numbers: publicKey.export({ format: 'jwk' }) as Jwk }
}

const base64url = (text: string): string => Buffer.from(text, 'utf8').toString('base64url')

/** Compact JWS (RFC 7515 section 3.1) over exactly these texts, under the algorithm asked for. */
export function signCompact(header: string, payload: string, key: RingKey, alg: string): string {
  const input = `${base64url(header)}.${base64url(payload)}`
  return `${input}.${signature(Buffer.from(input), key.secret, alg).toString('base64url')}`
}

function signature(input: Buffer, secret: KeyObject | Buffer, alg: string): Buffer {
  const digest = `sha${alg.slice(2)}`
  if (Buffer.isBuffer(secret)) return createHmac(digest, secret).update(input).digest()
  if (alg.startsWith('PS')) {
    return signBytes(digest, input, {
      key: secret,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    })
  }
  if (alg.startsWith('ES'))
    return signBytes(digest, input, { key: secret, dsaEncoding: 'ieee-p1363' })
  if (alg.startsWith('RS')) return signBytes(digest, input, secret)
  throw new Error(
    `cannot sign with "${alg}". Allowed: RS256 RS384 RS512 PS256 PS384 PS512 ES256 HS256 HS384 HS512`,
  )
}
