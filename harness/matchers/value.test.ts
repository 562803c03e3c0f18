import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../protocol/json.ts'
import { describeValue } from './describe-value.ts'
import { operatorNames, unmetValue } from './value.ts'
import { textMap, valueSchema } from '../scenario/value-schema.ts'

type Row = [expected: JsonValue, actual: JsonValue | undefined, reason?: string]

const unmet: Row[] = [
  ['a', 'A', '"A"'],
  ['1', 1, '1'],
  [null, undefined, 'missing'],
  ['a', undefined, 'missing'],
  [{ is: ['a', 'b'] }, ['b', 'a'], '["b","a"]'],
  [{ not: 'a' }, 'a', '"a"'],
  [{ not: 'a' }, undefined, 'missing'],
  [{ not: { matches: '^a' } }, 'ab', '"ab"'],
  [{ 'one-of': ['a', 'b'] }, 'c', '"c"'],
  [{ 'any-of': [{ present: false }, 'a'] }, 'b', '"b"'],
  [{ 'if-present': { type: 'string' } }, 5, '5'],
  [{ matches: '^a' }, 'ba', '"ba"'],
  [{ matches: 'A' }, 'a', '"a"'],
  [{ matches: '5' }, 5, '5'],
  [{ matches: '(' }, '(', '"("'],
  [{ contains: 'x' }, 'abc', '"abc"'],
  [{ contains: ['a', 'x'] }, ['a'], '["a"]'],
  [{ contains: 'x' }, { x: 1 }, '{"x":1}'],
  [{ lacks: 'b' }, 'abc', '"abc"'],
  [{ lacks: ['x', 'a'] }, ['a'], '["a"]'],
  [{ lacks: 'b' }, undefined, 'missing'],
  [{ lacks: 'b' }, 5, '5'],
  [{ lists: 'Allow' }, 'allowed, denied', '"allowed, denied"'],
  [{ lists: ['GET', 'PUT'] }, 'get, post', '"get, post"'],
  [{ min: 2 }, 1, '1'],
  [{ max: 2 }, 3, '3'],
  [{ min: 1 }, '5', '"5"'],
  [{ present: true }, undefined, 'missing'],
  [{ present: false }, null, 'null'],
  [{ type: 'object' }, [], '[]'],
  [{ type: 'object' }, null, 'null'],
  [{ type: 'integer' }, 1.5, '1.5'],
  [{ type: ['string', 'boolean'] }, 1, '1'],
  [{ every: { type: 'string' } }, [], '[], without any item'],
  [{ every: { type: 'string' } }, ['a', 1], 'an item: 1'],
  [{ every: { type: 'string' } }, 'a', '"a", without any item'],
  [{ every: { type: 'string' } }, { a: 'x', b: 1 }, 'an item: 1'],
  [{ some: 'a' }, ['b'], '["b"]'],
  [{ some: 'a' }, [], '[]'],
  [{ items: { min: 1 } }, [], '0 items'],
  [{ items: { min: 1 } }, 'ab', '"ab"'],
  [{ members: { 'a.b': 1 } }, { a: { b: 2 } }, 'a.b: 2'],
  [{ members: { a: 1 } }, {}, 'a: missing'],
  [{ members: { a: 1 } }, Object.create({ a: 1 }) as JsonValue, 'a: missing'],
  [{ 'same-set-as': ['a', 'b'] }, ['a'], '["a"]'],
  [{ 'same-set-as': ['a'] }, ['a', 'b'], '["a","b"]'],
  [{ 'same-set-as': ['a'] }, 'a', '"a"'],
  [{ 'differs-from': { a: 1 } }, { a: 1 }, '{"a":1}'],
  [{ 'differs-from': 'a' }, undefined, 'missing'],
  [{ type: 'string', matches: '^b' }, 'a', '"a"'],
]

const met: Row[] = [
  ['a', 'a'],
  [null, null],
  [{ is: { a: [1] } }, { a: [1] }],
  [{ not: 'a' }, 'b'],
  [{ not: { matches: '^a' } }, 'b'],
  [{ 'one-of': ['a', 1] }, 1],
  [{ 'any-of': [{ present: false }, 'a'] }, undefined],
  [{ 'any-of': [{ present: false }, 'a'] }, 'a'],
  [{ 'if-present': 'a' }, undefined],
  [{ matches: '^\\S+$' }, 'a'],
  [{ matches: '(?i)^no(?!T)' }, 'NO'],
  [{ contains: 'b' }, 'abc'],
  [{ contains: ['a', 'b'] }, ['b', 'a']],
  [{ lacks: 'x' }, 'abc'],
  [{ lacks: 'a' }, ['ab']],
  [{ lists: 'www-authenticate' }, 'X, WWW-Authenticate'],
  [{ min: 1, max: 1 }, 1],
  [{ present: true }, null],
  [{ present: false }, undefined],
  [{ type: 'null' }, null],
  [{ type: ['string', 'array'] }, []],
  [{ every: { type: 'string' } }, ['a', 'b']],
  [{ some: { members: { a: 1 } } }, [{}, { a: 1 }]],
  [{ items: 2 }, [1, 2]],
  [{ members: { $: { type: 'object' }, "a['b.c']": 1 } }, { a: { 'b.c': 1 } }],
  [{ 'same-set-as': ['a', 'b'] }, ['b', 'a', 'b']],
  [{ 'differs-from': 'a' }, 'b'],
  [{ members: { unknown: 1 } }, { unknown: 1 }],
]

describe('a value', () => {
  it.each(unmet)('%j is not met by %j', (expected, actual, reason) => {
    expect(unmetValue(expected, actual)).toBe(reason)
  })

  it.each(met)('%j is met by %j', (expected, actual) => {
    expect(unmetValue(expected, actual)).toBeNull()
  })

  it('that a template made a map of other names means equality', () => {
    expect(unmetValue({ a: 1 }, { a: 1 })).toBeNull()
    expect(unmetValue({ a: 1, present: true }, { a: 2 })).toBe('{"a":2}')
    expect(unmetValue({}, {})).toBeNull()
  })

  it('cuts what is long in its reason', () => {
    expect(unmetValue('a', 'x'.repeat(500))).toHaveLength(160)
  })

  it.each([...unmet, ...met])('%j passes the schema and can be described', (expected) => {
    const broken = JSON.stringify(expected).includes('"("')
    expect(valueSchema.safeParse(expected).success).toBe(!broken)
    expect(describeValue(expected)).not.toBe('')
  })

  it('has words for every operator', () => {
    const names = operatorNames.filter((name) => name !== 'not')
    const described = names.map((name) => describeValue({ [name]: 'x' }))
    expect(described.filter((words, index) => words === `${names[index]} "x"`)).toEqual([])
  })
})

describe('the schema', () => {
  it.each([
    [['a'], 'a list is no value here'],
    [{ contain: 'a' }, 'unknown operator "contain"'],
    [{}, 'an empty map says nothing'],
    [{ matches: '(' }, 'no regular expression'],
    [{ matches: '(?i)(' }, 'no regular expression'],
    [{ min: 'two' }, 'expected a number, or a template'],
    [{ type: 'text' }, 'expected string, number'],
    [{ every: { wrong: 1 } }, 'unknown operator "wrong"'],
    [{ members: { a: { wrong: 1 } } }, 'unknown operator "wrong"'],
  ])('refuses %j and says why', (value, reason) => {
    const parsed = valueSchema.safeParse(value)
    expect(parsed.error?.issues[0]?.message).toContain(reason)
  })

  it('takes templates where a number or a list is due', () => {
    const value = { min: '{{now}}', 'one-of': '{{a.list}}', matches: '^{{a.b}}(' }
    expect(valueSchema.safeParse(value).success).toBe(true)
  })

  it('refuses a bare number where all that can be found is text', () => {
    const parsed = textMap.safeParse({ 'retry-after': 5 })
    expect(parsed.error?.issues[0]).toMatchObject({
      path: ['retry-after'],
      message: 'this is always text; quote it',
    })
  })
})
