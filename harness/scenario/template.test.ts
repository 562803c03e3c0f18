import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../protocol/json.ts'
import { isObject } from '../protocol/json.ts'
import {
  expressionsIn,
  fill,
  FilterUnchanged,
  MissingValue,
  parseExpression,
  seconds,
  wholeExpression,
} from './template.ts'
import type { Lookup } from './template.ts'

const facts: JsonValue = {
  target: { url: 'https://h.example/mcp', scopes: { required: ['a', 'b'] }, local: false, port: 0 },
  first: { json: { list: [{ id: 7 }] }, nothing: null },
  now: 1000,
  leeway: { length: '1m' },
}
const lookup: Lookup = (path) =>
  path.reduce<JsonValue | undefined>((value, member) => {
    if (Array.isArray(value)) return value[Number(member)]
    return isObject(value) ? value[member] : undefined
  }, facts)
const filled = (value: JsonValue): JsonValue => fill(value, lookup)

describe('fill', () => {
  it.each<[written: JsonValue, gives: JsonValue]>([
    ['no template', 'no template'],
    ['{{target.url}}', 'https://h.example/mcp'],
    ['{{  target.url  }}', 'https://h.example/mcp'],
    [
      'at {{target.url}}, twice {{target.url}}',
      'at https://h.example/mcp, twice https://h.example/mcp',
    ],
    ['{{target.local}}', false],
    ['{{target.port}}', 0],
    ['{{first.nothing}}', null],
    ['{{first.json.list.0.id}}', 7],
    ['{{first.json}}', { list: [{ id: 7 }] }],
    ['id={{first.json.list.0.id}}', 'id=7'],
    ['{{first.json.list}}!', '[{"id":7}]!'],
    ['{{now}}', 1000],
    ['{{now + 10m}}', 1600],
    ['{{now - 1h}}', -2600],
    ['{{now + leeway.length}}', 1060],
    ['{{target.url | origin}}', 'https://h.example'],
    ['{{target.url | origin | add-slash}}', 'https://h.example/'],
    [
      { '{{target.port}}': 1, x: ['{{now}}', true, null] },
      { '0': 1, x: [1000, true, null] },
    ],
    [
      { a: '{{first.absent?}}', b: '{{target.port?}}', c: 'x{{target.port}}' },
      { b: 0, c: 'x0' },
    ],
    [{ scopes: ['{{target.scopes.required}}', 'c'] }, { scopes: ['a', 'b', 'c'] }],
    [{ other: ['{{target.scopes.required}}', 'c'] }, { other: [['a', 'b'], 'c'] }],
  ])('of %j gives %j', (written, gives) => {
    expect(filled(written)).toEqual(gives)
  })

  it.each<[written: string, path: string]>([
    ['{{target.pth}}', 'target.pth'],
    ['x {{other.a.b}}', 'other.a.b'],
    ['{{target.url.deeper}}', 'target.url.deeper'],
    ['{{now + leeway.none}}', 'leeway.none'],
    ['{{now + 10x}}', 'length 10x'],
    ['{{target.url | no-such}}', 'filter no-such'],
  ])('of %j finds no value', (written, path) => {
    expect(() => filled(written)).toThrow(new MissingValue(path))
  })

  it('refuses a filter that changes nothing, since the good value would be sent', () => {
    expect(() => filled('{{target.url | https-scheme}}')).toThrow(FilterUnchanged)
    expect(() => filled('{{target.url | https-scheme}}')).toThrow(
      'https-scheme changes nothing in https://h.example/mcp',
    )
  })

  it('leaves alone whatever holds no template', () => {
    const plain = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('{{'))
    fc.assert(
      fc.property(plain, (value) => {
        expect(JSON.stringify(filled(value as JsonValue))).toBe(JSON.stringify(value))
      }),
      { seed: 1 },
    )
  })

  it('takes no template from the values that it puts in', () => {
    const hostile: Lookup = () => '{{target.url}}'
    expect(fill('a {{first}} b', hostile)).toBe('a {{target.url}} b')
    expect(fill('{{first}}', hostile)).toBe('{{target.url}}')
  })
})

it('reads an expression with its filters, its shift and its question mark', () => {
  expect(parseExpression('now - target.key_cache')).toMatchObject({
    path: ['now'],
    shift: { sign: -1, length: 'target.key_cache' },
  })
  expect(parseExpression('matrix.a.b? | origin|add-slash')).toMatchObject({
    path: ['matrix', 'a', 'b'],
    optional: true,
    shift: null,
    filters: ['origin', 'add-slash'],
  })
})

it('takes for a whole template only a text that is nothing else', () => {
  expect(wholeExpression('{{a.b}}')?.path).toEqual(['a', 'b'])
  expect(wholeExpression(' {{a.b}}')).toBeNull()
  expect(wholeExpression('{{a}}{{b}}')).toBeNull()
  expect(wholeExpression('a')).toBeNull()
})

it('finds every expression with the path to it', () => {
  const found = expressionsIn({ a: ['{{x}} {{y}}', { b: '{{z | host}}' }], c: 5 })
  expect(found.map(({ expression, path }) => [expression.text, path.join('.')])).toEqual([
    ['x', 'a.0'],
    ['y', 'a.0'],
    ['z | host', 'a.1.b'],
  ])
})

it.each<[length: string, gives: number]>([
  ['500ms', 0.5],
  ['20s', 20],
  ['1.5m', 90],
  ['2h', 7200],
  ['1d', 86_400],
])('%s are %d seconds', (length, gives) => {
  expect(seconds(length)).toBe(gives)
})

it.each(['', '5', 's', '-5s', '5 s', '5w', '1e3s'])('%j is no length', (length) => {
  expect(() => seconds(length)).toThrow(MissingValue)
})
