import { expect, test } from 'vitest'
import { changeByte, changeField } from './alter-state.ts'

const base64url = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')
const read = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64').toString())

test('a byte is changed in the middle of the longest part', () => {
  expect(changeByte('v1.abcdefg.xyz')).toBe('v1.abcAefg.xyz')
  expect(changeByte('v1.abcAefg.xyz')).toBe('v1.abcBefg.xyz')
})

test('a flag is turned over, wherever it stands', () => {
  const state = base64url({ user: 'alice', steps: [{ approved: false }] })
  expect(read(changeField(state))).toEqual({ user: 'alice', steps: [{ approved: true }] })
})

test('without a flag the last text is changed, and the other parts stay', () => {
  const [version, payload, mac] = changeField(`v1.${base64url({ a: 'one', n: 1 })}.mac`).split('.')
  expect([version, read(payload ?? ''), mac]).toEqual(['v1', { a: 'oAe', n: 1 }, 'mac'])
})

test.each(['', ' ', '  '])('padding stays what it was, there or left out (%j)', (more) => {
  for (const value of [{ approved: false }, { approved: true }, { uid: 9 }]) {
    const state = Buffer.from(JSON.stringify(value) + more)
    const ends = [state.toString('base64'), state.toString('base64url')].map((text) => {
      const altered = changeField(text)
      expect(read(altered)).not.toEqual(value)
      return [/=*$/.exec(altered)?.[0], /=*$/.exec(text)?.[0], altered.length % 4, text.length % 4]
    })
    for (const [padding, before, length, lengthBefore] of ends)
      expect([padding, length]).toEqual([before, lengthBefore])
  }
})

test('without a text the last number is raised', () => {
  expect(read(changeField(base64url({ uid: 42, step: 2 })))).toEqual({ uid: 42, step: 3 })
})

test('of a JWS the payload is changed, and not the header', () => {
  const jws = `${base64url({ alg: 'HS256' })}.${base64url({ sub: 'a' })}.c2ln`
  const [header, payload] = changeField(jws).split('.')
  expect([read(header ?? ''), read(payload ?? '')]).toEqual([{ alg: 'HS256' }, { sub: 'B' }])
})

test.each(['hex', 'base64', 'base64url'] as const)(
  'a tag in %s is another one afterwards',
  (encoding) => {
    const tag = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
    const state = JSON.stringify({ iv: 'x', tag: tag.toString(encoding) })
    const { tag: altered } = JSON.parse(changeField(state)) as { tag: string }
    expect(Buffer.from(altered, encoding).equals(tag)).toBe(false)
  },
)

test('JSON that is not encoded, and base64 with its own letters, stay what they are', () => {
  expect(changeField('{"a":"x"}')).toBe('{"a":"A"}')
  const state = Buffer.from('{"a":"???>>>"}').toString('base64')
  expect(changeField(state)).toBe(Buffer.from('{"a":"??A>>>"}').toString('base64'))
})

test('what cannot be read is left as it is', () => {
  expect(changeField('3f9a-opaque')).toBe('3f9a-opaque')
  expect(changeField(base64url({ n: null }))).toBe(base64url({ n: null }))
})
