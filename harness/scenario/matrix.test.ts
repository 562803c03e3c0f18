import { expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { applyVariant, variantsOf } from './matrix.ts'
import { parseSource, positionOf } from './source.ts'

function expand(matrix: JsonValue, value: JsonValue): { values: JsonValue[]; said: string[] } {
  const said: string[] = []
  const values = variantsOf(matrix).map((variant) =>
    applyVariant(value, variant, (path, message) => said.push(`${path.join('.')}: ${message}`)),
  )
  return { values, said }
}

it('is one variant without a name where there is no matrix', () => {
  expect(variantsOf(undefined)).toEqual([{ label: null, axes: {} }])
})

it('crosses the axes in the order in which they are written', () => {
  const variants = variantsOf({ one: ['a', 'b'], two: { x: 1, y: 2 }, three: ['', null, true] })
  expect(variants).toHaveLength(12)
  expect(variants.slice(0, 4).map(({ label }) => label)).toEqual([
    'a, x, empty',
    'a, x, null',
    'a, x, true',
    'a, y, empty',
  ])
})

it.each<[written: JsonValue, gives: JsonValue[]]>([
  ['{{matrix.aud}}', [1, { deep: ['x'] }]],
  ['{{matrix.aud}}!', ['1!', '{"deep":["x"]}!']],
  [{ a: ['{{matrix.aud}}'] }, [{ a: [1] }, { a: [{ deep: ['x'] }] }]],
])('puts %j in with its type', (written, gives) => {
  expect(expand({ aud: { a: 1, b: { deep: ['x'] } } }, written)).toEqual({
    values: gives,
    said: [],
  })
})

it('replaces in keys, and reaches into the members of a value', () => {
  const { values, said } = expand(
    { how: { one: { name: 'aud', to: 5 }, two: { name: 'iss', to: null } } },
    { claims: { '{{matrix.how.name}}': '{{matrix.how.to}}' } },
  )
  expect(values).toEqual([{ claims: { aud: 5 } }, { claims: { iss: null } }])
  expect(said).toEqual([])
})

it('drops a member marked with a question mark where the variant has none', () => {
  const { values, said } = expand(
    { how: { one: { alg: 'none' }, two: {} } },
    { sign: { alg: '{{matrix.how.alg?}}', key: 'x' }, list: ['{{matrix.how.alg?}}'] },
  )
  expect(values).toEqual([
    { sign: { alg: 'none', key: 'x' }, list: ['none'] },
    { sign: { key: 'x' }, list: [] },
  ])
  expect(said).toEqual([])
})

it('complains of what no axis has, at the place of the template', () => {
  const { said } = expand(
    { how: { one: { alg: 1 } } },
    { a: { b: '{{matrix.how.agl}}' }, c: 'x {{matrix.x}}' },
  )
  expect(said).toEqual([
    'a.b: {{matrix.how.agl}} is not in the matrix. Axes: how',
    'c: {{matrix.x}} is not in the matrix. Axes: how',
  ])
})

it('leaves other templates for the run, with the filter inside of them', () => {
  const { values } = expand({ aud: { fact: '{{target.url}}', plain: 'https://h/mcp' } }, [
    '{{matrix.aud | origin}}',
    '{{target.path}}',
    '{{matrix.aud | origin}} x',
  ])
  expect(values).toEqual([
    ['{{target.url | origin}}', '{{target.path}}', '{{target.url | origin}} x'],
    ['https://h', '{{target.path}}', 'https://h x'],
  ])
})

it('says that a value from an axis is written there', () => {
  const { value } = parseSource(
    'x.yaml',
    "matrix:\n  aud:\n    one: 5\ntoken: { claims: { aud: '{{matrix.aud}}', exp: 1 } }\n",
  )
  const { matrix, ...rest } = value as JsonObject
  const [variant] = variantsOf(matrix)
  const applied =
    variant && applyVariant((value as JsonObject)['token'] ?? null, variant, () => undefined)
  expect(rest['token']).toEqual({ claims: { aud: '{{matrix.aud}}', exp: 1 } })
  const fallback = { file: '', line: 0, column: 0 }
  expect(positionOf(applied ?? null, ['claims', 'aud'], fallback)).toEqual({
    file: 'x.yaml',
    line: 3,
    column: 10,
  })
  expect(positionOf(applied ?? null, ['claims', 'exp'], fallback)).toMatchObject({ line: 4 })
})

it('complains of a filter that it does not know, or that comes too early', () => {
  const { said } = expand({ url: { plain: 'https://h/a', late: 'https://{{target.host}}/a' } }, [
    '{{matrix.url | upper-hots}}',
    '{{matrix.url | base64}}',
  ])
  expect(said).toEqual([
    '0: unknown filter "upper-hots"; did you mean "upper-host"?',
    '0: | upper-hots cannot be applied to "https://{{target.host}}/a", which is not known yet',
    '0: unknown filter "upper-hots"; did you mean "upper-host"?',
    '1: | base64 cannot be applied to "https://{{target.host}}/a", which is not known yet',
  ])
})
