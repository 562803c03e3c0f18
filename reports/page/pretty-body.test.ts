import { assert, jsonValue, pre, property } from 'fast-check'
import { expect, test } from 'vitest'
import { prettyBody } from './pretty-body.ts'

test('members that repeat, large numbers and escapes stay as they were written', () => {
  const { text } = prettyBody(
    String.raw`{"a":1,"a":12345678901234567890,"b":"\u0041{,}"}`,
    '',
    1000,
  )
  expect(text).toBe(
    ['{', '  "a": 1,', '  "a": 12345678901234567890,', String.raw`  "b": "\u0041{,}"`, '}'].join(
      '\n',
    ),
  )
})

test('any JSON is laid out as JSON.stringify does it', () => {
  assert(
    property(jsonValue({ noUnicodeString: true }), (value) => {
      pre(typeof value === 'object' && value !== null)
      const expected = JSON.stringify(value, null, 2)
      expect(prettyBody(JSON.stringify(value), '', 1e6).text).toBe(expected)
    }),
    { seed: 7, numRuns: 200 },
  )
})

test('what is not JSON is left alone', () => {
  expect(prettyBody('{"a":', 'application/json', 100).text).toBe('{"a":')
})

test('a form has a line for each parameter', () => {
  const form = 'application/x-www-form-urlencoded'
  expect(prettyBody('a=1&b=2', form, 100).text).toBe('a=1\n&b=2')
})

test('a long body says how much is left', () => {
  expect(prettyBody('x'.repeat(30), '', 10)).toEqual({ text: 'x'.repeat(10), left: 20 })
})
