import type { KeyObject } from 'node:crypto'
import type { IssuerControl, TokenParts } from '../model.ts'
import { encodeBase64url } from '../protocol/jwt.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { CannotMint } from './cannot-mint.ts'
import { publicKeySecret } from './public-key-secret.ts'
import { hmacJws, makeForeignKey, signJws } from './sign-jws.ts'
import { mapOf, textOf } from './token-text.ts'

/** A key of the tester's own, with its public half as an issuer would publish it. */
export interface SigningKey {
  privateKey: KeyObject
  publicJwk: JsonObject
  /** Under which the key is published, where it is; `publicJwk.kid` comes first. */
  kid?: string
  /** Base64 of a self-signed certificate's DER. */
  certificate?: string
}

export interface MintOptions {
  issuer: IssuerControl | null
  secondIssuer: IssuerControl | null
  /** Tokens that the tester was given, for user a and b. */
  given: { a: string | null; b: string | null }
  /** The resource identifier of the target. */
  audience: string
  baseScopes: string[]
  /** The scopes of `good`: the base scopes and those of guarded tools. */
  allScopes: string[]
  clientId: string
  /** Keys that no issuer of the target publishes. */
  foreignKeys: { rsa: SigningKey; ec: SigningKey; listener: SigningKey }
  /** The keys that the issuer publishes, for HMAC confusion. */
  publicKeys: () => Promise<JsonObject[]>
  /** Called with every token text that is made, so that it is cut out of evidence. */
  register: (secret: string) => unknown
}

/** Parts with what signing dictates (`alg`, `kid`), and how to sign their final texts. */
export interface Signer {
  parts: TokenParts
  sign: (header: string, payload: string) => Promise<string>
  /** What is special about it, in words; empty for the issuer's own signature. */
  note: string
}

/** `sign.key` of a recipe, the recipe, and the parts before they are edited. */
export type SignerFor = (key: string, recipe: JsonObject, parts: TokenParts) => Promise<Signer>

/** @throws CannotMint when the tester does not hold what a key needs */
export function createSigners(options: MintOptions): SignerFor {
  return async (key, recipe, parts) => {
    const alg = textOf(mapOf(recipe['sign'])['alg'])
    if (key === 'none') return unsigned(parts)
    if (key === 'hmac') return hmacSigner(mapOf(recipe['sign'])['secret'], alg ?? 'HS256', parts)
    if (key === 'foreign') return foreignSigner(recipe, withAlg(parts, alg))
    if (key === 'listener') return listenerSigner(alg, parts)
    if (key === 'second-issuer') return secondSigner(recipe['user'] === 'b' ? 'b' : 'a', alg, parts)
    return issuerSigner(key, withAlg(parts, alg))
  }

  function issuerSigner(key: string, { header, claims }: TokenParts): Signer {
    const { issuer } = options
    if (!issuer) throw new CannotMint('no-issuer', 'only the issuer can sign this token')
    const alg = String(header['alg'])
    if (key === 'issuer') {
      return { parts: { header, claims }, sign: signedBy(issuer, 'current', alg), note: '' }
    }
    const name = key.replace(/^published:/, '')
    const { kid: _, ...unnamed } = header
    const { kid } = issuer.publicJwk(name)
    const named = kid === undefined ? unnamed : { ...unnamed, kid }
    const sign = signedBy(issuer, name, alg)
    return { parts: { header: named, claims }, sign, note: `signed with the published key ${name}` }
  }

  /** The good token's claims under the second issuer's key, alg and kid; `iss` stays the first's. */
  function secondSigner(
    user: 'a' | 'b',
    asked: string | undefined,
    { claims }: TokenParts,
  ): Signer {
    const { secondIssuer, audience, allScopes: scopes } = options
    if (!secondIssuer) throw new CannotMint('no-issuer', 'the tester holds no second issuer')
    const own = secondIssuer.parts({ kind: 'access-token', user, audience, scopes })
    const { header } = withAlg(own, asked)
    const sign = signedBy(secondIssuer, 'current', String(header['alg']))
    return { parts: { header, claims }, sign, note: 'signed by the second issuer' }
  }

  /** A key of the same type as the good token's, which keeps that token's kid and alg. */
  function foreignSigner(recipe: JsonObject, { header, claims }: TokenParts): Signer {
    const { rsa, ec } = options.foreignKeys
    const alg = String(header['alg'])
    const own = /^[RP]S/.test(alg) ? rsa : alg === 'ES256' ? ec : null
    const privateKey = own?.privateKey ?? makeForeignKey(alg)
    const embed = embedded(recipe['embed'], own, header)
    return {
      parts: { header: { ...header, ...embed }, claims },
      sign: ownSignature((input) => signJws(input, alg, privateKey)),
      note: 'signed with a key that nobody published',
    }
  }

  function listenerSigner(asked: string | undefined, { header, claims }: TokenParts): Signer {
    const { privateKey, publicJwk, kid: own } = options.foreignKeys.listener
    const alg = asked ?? usualAlg(privateKey)
    const kid = publicJwk['kid'] ?? own ?? 'listener-key'
    return {
      parts: { header: { ...header, kid, alg }, claims },
      sign: ownSignature((input) => signJws(input, alg, privateKey)),
      note: "signed with the listener's key",
    }
  }

  async function hmacSigner(
    secret: JsonValue | undefined,
    alg: string,
    { header, claims }: TokenParts,
  ): Promise<Signer> {
    const guessed = isObject(secret)
    const bytes = publicKeySecret(secret, guessed ? null : await issuerKey(header['kid']))
    return {
      parts: { header: { ...header, alg }, claims },
      sign: ownSignature((input) => hmacJws(input, alg, bytes)),
      note: guessed ? 'HMAC under a guessed secret' : 'HMAC under the public key',
    }
  }

  /** The key that the issuer publishes under this kid, or its first. */
  async function issuerKey(kid: JsonValue | undefined): Promise<JsonObject | null> {
    const keys = await options.publicKeys()
    return keys.find((jwk) => jwk['kid'] === kid) ?? keys[0] ?? null
  }
}

function withAlg({ header, claims }: TokenParts, asked: string | undefined): TokenParts {
  return { header: { ...header, alg: asked ?? textOf(header['alg']) ?? 'RS256' }, claims }
}

function usualAlg(key: KeyObject): string {
  return key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256'
}

function unsigned({ header, claims }: TokenParts): Signer {
  return {
    parts: { header: { ...header, alg: 'none' }, claims },
    sign: ownSignature(() => Buffer.alloc(0)),
    note: 'not signed',
  }
}

function signedBy(issuer: IssuerControl, key: string, alg: string): Signer['sign'] {
  return (header, payload) => issuer.sign({ header, payload, key, alg })
}

function ownSignature(sign: (input: string) => Buffer): Signer['sign'] {
  return async (header, payload) => {
    const input = `${encodeBase64url(header)}.${encodeBase64url(payload)}`
    return `${input}.${encodeBase64url(sign(input))}`
  }
}

function exportPrivate({ privateKey }: SigningKey): JsonObject {
  return privateKey.export({ format: 'jwk' }) as JsonObject
}

/** The signing key in the header: `jwk` (RFC 7515 section 4.1.3) or `x5c` (section 4.1.6). */
function embedded(
  form: JsonValue | undefined,
  key: SigningKey | null,
  header: JsonObject,
): JsonObject {
  if (form === undefined) return {}
  const kid = header['kid'] === undefined ? {} : { kid: header['kid'] }
  if (form === 'jwk' && key) return { jwk: { ...key.publicJwk, ...kid } }
  if (form === 'jwk-private' && key) return { jwk: { ...exportPrivate(key), ...kid } }
  if (form === 'x5c' && key?.certificate !== undefined) return { x5c: [key.certificate] }
  throw new CannotMint('no-such-form', `the tester's key has no form ${String(form)}`)
}
