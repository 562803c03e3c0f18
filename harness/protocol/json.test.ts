import { describe, expect, it } from 'vitest'
import { isObject, parseJson } from './json.ts'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('parseJson', () => {
  it.each(['', 'undefined', '{"a":1', "{'a':1}", '{"a":1}{"b":2}', '\uFEFF{}', 'NaN'])(
    'gives nothing for %j',
    (text) => {
      expect(parseJson(text)).toBeUndefined()
    },
  )

  it('gives nothing for a text that is nested to break its reader', () => {
    expect(parseJson(nested(501))).toBeUndefined()
    expect(parseJson(nested(500_000))).toBeUndefined()
    expect(parseJson('{"a":'.repeat(200_000))).toBeUndefined()
  })

  it('counts depth, not brackets, and none inside strings', () => {
    expect(parseJson(nested(500))).toBeDefined()
    expect(parseJson(JSON.stringify(Array.from({ length: 2000 }, () => [])))).toHaveLength(2000)
    const text = '[{'.repeat(1000) + '"\\'
    expect(parseJson(JSON.stringify({ text }))).toEqual({ text })
  })

  it('gives null for null, which is a value', () => {
    expect(parseJson(' null ')).toBeNull()
  })
})

describe('isObject', () => {
  it.each([[null], [[]], ['text'], [1], [undefined]])('is false for %j', (value) => {
    expect(isObject(value)).toBe(false)
  })

  it('is true for an object', () => {
    expect(isObject({})).toBe(true)
  })
})
