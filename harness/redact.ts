import { SecretFinder, cover } from './find-secrets.ts'
import type { Found } from './find-secrets.ts'
import type { HeaderList } from './model.ts'
import { isObject } from './protocol/json.ts'
import type { JsonValue } from './protocol/json.ts'
import { RedactedTexts } from './redacted-texts.ts'
import { redactByShape } from './redact-shape.ts'
import { redactHeader } from './redact-header.ts'
import { formsOf } from './secret-forms.ts'

/** Cuts secrets out of evidence. One for each run: ordinals of different runs say nothing together. */
export interface Redactor {
  /**
   * The marker of a secret, such as `‹access_token#2›`: the same secret has the same one, whatever
   * it is called later. From then on it is cut out of every text. A secret of less than 8
   * characters, or a single small word, is replaced only where a field name says what it is.
   */
  register(secret: string, label: string): string
  /**
   * The marker of a text that only a field name calls private (what a target sent, who a token
   * names). It is cut out of other texts only where it looks random, and never keeps a file from
   * being written: else a target could blank the words of the report by calling them its secrets.
   */
  receive(secret: string, label: string): string
  /** Grows with each secret that texts are searched for: while it stays, a redacted value does. */
  readonly searched: number
  /** The marker of a secret that was registered; null of any other text. */
  markerOf(secret: string): string | null
  /** The text without its secrets. What a marker stands for cannot be had back. */
  redact(text: string): string
  /** As `redact`, and what the names of header fields declare to be a credential. */
  redactHeaders(headers: HeaderList): HeaderList
  /** As `redact`, for every text inside, member names included. */
  redactJson(value: JsonValue): JsonValue
  /** The marker of a registered secret that this text still spells, or null: to be asked before a file is written. */
  holdsSecret(text: string): string | null
}

const marker = /‹[a-z_]+#\d+›/g

export function createRedactor(): Redactor {
  const markers = new Map<string, string>()
  const ordinals = new Map<string, number>()
  const own = new Set<string>()
  const finder = new SecretFinder()
  const before = new RedactedTexts()
  const sought = new Set<string>()
  let searched = 0

  const mark = (secret: string, label: string): string => {
    const known = markers.get(secret)
    if (known !== undefined) return known
    if (isMarker(secret)) return secret
    const ordinal = (ordinals.get(label) ?? 0) + 1
    ordinals.set(label, ordinal)
    const made = `‹${label}#${ordinal}›`
    markers.set(secret, made)
    return made
  }

  const search = (secret: string, made: string): string => {
    if (sought.has(secret)) return made
    sought.add(secret)
    searched += 1
    for (const form of formsOf(secret)) if (finder.add(form, made)) before.learn(form)
    return made
  }

  const register = (secret: string, label: string): string => {
    const fresh = !markers.has(secret)
    const made = mark(secret, label)
    if (!isWord(secret) && !own.has(made) && !isMarker(secret)) {
      own.add(made)
      search(secret, made)
      searched += 1
      if (!fresh) before.forget()
    }
    return made
  }

  const receive = (secret: string, label: string): string => {
    const made = mark(secret, label)
    return isRandom(secret) && !own.has(made) && !isMarker(secret) ? search(secret, made) : made
  }

  const found = (text: string): Found[] => {
    const all = finder.find(text)
    if (all.length === 0 || !text.includes('‹')) return all
    const kept = [...text.matchAll(marker)].map(({ index, 0: { length } }) => [
      index,
      index + length,
    ])
    return all.filter(
      ({ start, end }) => !kept.some(([from = 0, to = 0]) => from <= start && end <= to),
    )
  }

  const redactOnce = (field: string, text: string): string => {
    const kept = before.get(field, text)
    if (kept !== undefined) return kept
    const redacted = redactAs(text, (covered) =>
      redactByShape(field === '' ? covered : redactHeader(field, covered, receive), receive),
    )
    before.keep(field, text, redacted)
    return redacted
  }

  // what was only received comes last: somebody's name in a token must not hide the whole token
  const redactAs = (text: string, shape: (text: string) => string): string => {
    const known = searched
    const all = found(text)
    const covered = cover(
      text,
      all.filter(({ marker: made }) => own.has(made)),
    )
    const shaped = shape(covered)
    return cover(shaped, shaped === text && searched === known ? all : found(shaped))
  }

  const redact = (text: string): string => redactOnce('', text)

  // most fields hold no secret, and stay the ones that they are
  const redactHeaders = (headers: HeaderList): HeaderList =>
    headers.map((field) => {
      const [name, value] = field
      const redacted: HeaderList[number] = [redact(name), redactOnce(name, value)]
      return redacted[0] === name && redacted[1] === value ? field : redacted
    })

  const redactJson = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return redact(value)
    if (Array.isArray(value)) return value.map(redactJson)
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [redact(name), redactJson(member)]),
    )
  }

  return {
    register,
    receive,
    get searched() {
      return searched
    },
    markerOf: (secret) => markers.get(secret) ?? null,
    redact,
    redactHeaders,
    redactJson,
    holdsSecret: (text) => found(text).find(({ marker: made }) => own.has(made))?.marker ?? null,
  }
}

function isMarker(text: string): boolean {
  return /^‹[a-z_]+#\d+›$/.test(text)
}

/** `undefined` and `password` are sent as tokens, and stand in many harmless texts. */
function isWord(secret: string): boolean {
  return secret.length < 8 || (secret.length < 16 && /^[a-z]+$/.test(secret))
}

function isRandom(secret: string): boolean {
  return (
    secret.length >= 16 && secret.length <= 4096 && /\d/.test(secret) && /[A-Za-z]/.test(secret)
  )
}
