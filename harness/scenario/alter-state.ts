import { isObject, parseJson } from '../protocol/json.ts'
import type { JsonValue } from '../protocol/json.ts'

/** Another letter in the middle of the longest part, where no encoding has bits that it does not use. */
export function changeByte(text: string): string {
  const part = longest(text)
  return replacePart(text, part, changeMiddle(part))
}

/** To a letter that is no other case of the old one: hex and UUIDs are read without regard to case. */
function changeMiddle(text: string): string {
  const at = Math.floor((text.length - 1) / 2)
  return text.slice(0, at) + (/a/i.test(text.charAt(at)) ? 'B' : 'A') + text.slice(at + 1)
}

/**
 * What a text says inside, changed as somebody would who can read it: the first flag turned over, else a
 * letter of the last text, else the last number raised by one. Nothing changes where the text holds no
 * JSON, plain or in base64; of several parts the last that does is changed.
 */
export function changeField(text: string): string {
  for (const part of [text, ...text.split('.').toReversed()]) {
    const read = readers.find(({ decode }) => isObject(parseJson(decode(part))))
    if (read === undefined) continue
    const before = parseJson(read.decode(part)) as JsonValue
    return replacePart(text, part, read.encode(JSON.stringify(changed(before)), part))
  }
  return text
}

interface Reader {
  decode(part: string): string
  /** In the form of the part that was read. */
  encode(json: string, part: string): string
}

const readers: Reader[] = [
  { decode: (part) => part, encode: (json) => json },
  encodedAs('base64url', /^[\w-]+=*$/),
  encodedAs('base64', /^[A-Za-z0-9+/]+=*$/),
]

function encodedAs(encoding: 'base64' | 'base64url', letters: RegExp): Reader {
  return {
    decode: (part) => (letters.test(part) ? Buffer.from(part, encoding).toString() : ''),
    encode: (json, part) => {
      // spaces after JSON mean nothing, and with as many as it takes the padding stays what it was
      const surplus = Buffer.byteLength(json) - Buffer.from(part, encoding).length
      const padded = Buffer.from(json + ' '.repeat((3 - (((surplus % 3) + 3) % 3)) % 3))
      return padded.toString(encoding).replace(/=*$/, /=*$/.exec(part)?.[0] ?? '')
    },
  }
}

function longest(text: string): string {
  return text.split('.').reduce((one, other) => (other.length > one.length ? other : one))
}

function replacePart(text: string, part: string, by: string): string {
  const at = text.indexOf(part)
  return text.slice(0, at) + by + text.slice(at + part.length)
}

type Path = string[]

function changed(value: JsonValue): JsonValue {
  const leaves = leavesOf(value, [])
  const flag = leaves.find(({ leaf }) => typeof leaf === 'boolean')
  const word = leaves.findLast(({ leaf }) => typeof leaf === 'string' && leaf !== '')
  const number = leaves.findLast(({ leaf }) => typeof leaf === 'number')
  if (flag) return put(value, flag.path, flag.leaf === false)
  if (word) return put(value, word.path, changeMiddle(String(word.leaf)))
  return number ? put(value, number.path, Number(number.leaf) + 1) : value
}

function leavesOf(value: JsonValue, path: Path): { path: Path; leaf: JsonValue }[] {
  if (typeof value !== 'object' || value === null) return [{ path, leaf: value }]
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, [...path, name]))
}

function put(value: JsonValue, [name, ...rest]: Path, leaf: JsonValue): JsonValue {
  if (name === undefined) return leaf
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === name ? put(item, rest, leaf) : item))
  if (!isObject(value)) return value
  return { ...value, [name]: put(value[name] ?? null, rest, leaf) }
}
