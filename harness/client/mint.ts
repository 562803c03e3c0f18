import type { TokenKind, TokenParts } from '../model.ts'
import { decodeJwt } from '../protocol/jwt.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { alterToken } from './alter-token.ts'
import { CannotMint, NotAJwt } from './cannot-mint.ts'
import { inventParts } from './invent-parts.ts'
import { createSigners } from './signers.ts'
import type { MintOptions } from './signers.ts'
import { editParts, encodeToken, jsonWithDuplicates, mapOf, textOf } from './token-text.ts'

/** A token text, with what is inside it. Header and claims are null for an opaque text. */
export interface Minted {
  text: string
  header: JsonValue
  claims: JsonValue
  /** What is special about it, in words; empty for a good token. */
  note: string
}

export type { MintOptions, SigningKey } from './signers.ts'

export interface Mint {
  /**
   * The token of a recipe whose templates are replaced and whose `from` chain is merged in
   * (`{}` is the good token; `invented: true` starts from made-up claims). Equal recipes give
   * equal texts, so that a replay is one.
   * @throws CannotMint when the tester's means do not reach; NotAJwt when the given token is opaque
   */
  mint(recipe: JsonObject): Promise<Minted>
  /** `exp` of the given token of user a, in seconds; null when it cannot be read. */
  expiryOfGiven(): number | null
}

export function createMint(options: MintOptions): Mint {
  const cache = new Map<string, { minted: Promise<Minted>; until: number }>()
  const bases = new Map<string, { parts: TokenParts; until: number }>()
  const signerFor = createSigners(options)
  const held = [options.given.a, options.given.b, options.issuer?.refreshToken]
  for (const secret of held) if (secret) options.register(secret)

  const mint = (recipe: JsonObject): Promise<Minted> => {
    // a published key may be another one the next time, under the same name
    if (textOf(mapOf(recipe['sign'])['key'])?.startsWith('published:')) return make(recipe)
    const key = contentOf(recipe)
    const known = cache.get(key)
    if (known && known.until > Date.now()) return known.minted
    const minted = make(recipe)
    cache.set(key, { minted, until: options.issuer ? basisOf({}).until : Infinity })
    minted.catch(() => cache.delete(key))
    return minted
  }

  const make = async (recipe: JsonObject): Promise<Minted> => {
    const { 'after-signing': after, encoding, ...rest } = recipe
    if (after !== undefined) {
      const altered = alterToken(await mint(rest), mapOf(after))
      return finish(altered, encoding)
    }
    if (encoding !== undefined) return finish(await mint(rest), encoding)
    const plain = await makePlain(rest)
    // a text that a scenario spells out is nobody's secret, and harmless texts may hold it
    return rest['literal'] === undefined ? finish(plain) : plain
  }

  const finish = (minted: Minted, encoding?: JsonValue): Minted => {
    const text = encodeToken(minted.text, encoding)
    options.register(text)
    if (encoding === undefined) return minted
    return {
      ...minted,
      text,
      note: [minted.note, `written as ${String(encoding)}`].filter(Boolean).join('; '),
    }
  }

  const makePlain = async (recipe: JsonObject): Promise<Minted> => {
    const literal = textOf(recipe['literal'])
    if (literal !== undefined) return { text: literal, ...decoded(literal), note: '' }
    const key = textOf(mapOf(recipe['sign'])['key']) ?? (isInvented(recipe) ? 'foreign' : 'issuer')
    const given = options.given[userOf(recipe)]
    if (key === 'issuer' && !options.issuer && !isInvented(recipe)) {
      if (given === null) throw new CannotMint('no-token', 'no valid token is at hand')
      if (changes(recipe)) throw new CannotMint('no-issuer', 'only the issuer can sign this token')
      return { text: given, ...decoded(given), note: '' }
    }
    return signed(recipe, key)
  }

  const signed = async (recipe: JsonObject, key: string): Promise<Minted> => {
    const signer = await signerFor(key, recipe, basisOf(recipe).parts)
    const { header, claims } = editParts(signer.parts, recipe)
    const headerText = JSON.stringify(header)
    const payload = jsonWithDuplicates(claims, recipe['duplicate'])
    return { text: await signer.sign(headerText, payload), header, claims, note: signer.note }
  }

  /** Header and claims of the good token that a recipe starts from, for half of its life. */
  const basisOf = (recipe: JsonObject): { parts: TokenParts; until: number } => {
    const user = userOf(recipe)
    const kind = (textOf(recipe['kind']) ?? 'access-token') as TokenKind
    const scopes = Array.isArray(recipe['scopes'])
      ? recipe['scopes'].map(String)
      : options.allScopes
    const key = JSON.stringify([user, kind, scopes, isInvented(recipe)])
    const known = bases.get(key)
    if (known && known.until > Date.now()) return known
    const fresh = freshBasis({ user, kind, scopes, invented: isInvented(recipe) })
    const exp = Number(fresh.claims['exp'])
    const until = Number.isFinite(exp) ? (Date.now() + exp * 1000) / 2 : Infinity
    const basis = { parts: fresh, until }
    bases.set(key, basis)
    return basis
  }

  const freshBasis = (order: Ordered): TokenParts => {
    const { issuer, audience, clientId } = options
    const { user, kind, scopes } = order
    if (issuer) return issuer.parts({ kind, user, audience, scopes })
    const given = options.given[user]
    const read = given === null ? null : decodeJwt(given)
    if (read) return { header: read.header, claims: read.claims }
    if (order.invented) return inventParts({ ...order, audience, clientId })
    if (given === null) throw new CannotMint('no-token', 'no valid token is at hand')
    throw new NotAJwt()
  }

  const expiryOfGiven = (): number | null => {
    const exp = options.given.a === null ? null : decodeJwt(options.given.a)?.claims['exp']
    return typeof exp === 'number' ? exp : null
  }
  return { mint, expiryOfGiven }
}

interface Ordered {
  user: 'a' | 'b'
  kind: TokenKind
  scopes: string[]
  invented: boolean
}

const changing = ['claims', 'header', 'drop', 'scopes', 'duplicate', 'kind', 'embed', 'sign']

function changes(recipe: JsonObject): boolean {
  return changing.some((member) => recipe[member] !== undefined)
}

/** Equal for equal recipes: user a is nobody's deviation, and order says nothing. */
function contentOf(recipe: JsonObject): string {
  const members = Object.entries(recipe).filter(([name, value]) => name !== 'user' || value !== 'a')
  return JSON.stringify(members.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function isInvented(recipe: JsonObject): boolean {
  return recipe['invented'] === true
}

function userOf(recipe: JsonObject): 'a' | 'b' {
  return recipe['user'] === 'b' ? 'b' : 'a'
}

function decoded(text: string): { header: JsonValue; claims: JsonValue } {
  const read = decodeJwt(text)
  return { header: read?.header ?? null, claims: read?.claims ?? null }
}
