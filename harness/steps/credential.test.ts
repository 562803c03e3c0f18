import { expect, it } from 'vitest'
import type { JsonObject } from '../protocol/json.ts'
import type { RunContext } from './context.ts'
import { editHeaders, requestFor } from './credential.ts'
import type { Operation } from './request.ts'

const operation: Operation = {
  httpMethod: 'POST',
  headers: [['Content-Type', 'application/json']],
  body: '{"params":{"_meta":{"kept":1}}}',
  needsSession: false,
  answerId: 1,
}

const carriedBy = (carry: JsonObject) =>
  requestFor(operation, { carry }, 'TOKEN', {
    targetUrl: 'https://h.example/mcp?a=1',
    extraHeaders: [],
  } as unknown as RunContext)

it.each([
  [{ in: 'meta', name: 'access_token' }, '"_meta":{"kept":1,"access_token":"TOKEN"}'],
  [
    { in: 'meta', name: 'authorization', scheme: 'Bearer' },
    '"_meta":{"kept":1,"authorization":"Bearer TOKEN"}',
  ],
  [{ in: 'form', name: 'access_token' }, 'access_token=TOKEN'],
  [{ in: 'cookie', name: 'token' }, '["Cookie","token=TOKEN"]'],
  [{ in: 'query', name: 'token' }, '/mcp?a=1&token=TOKEN'],
  [{ in: 'header', name: 'X-Token', scheme: '' }, '["X-Token","TOKEN"]'],
])('carries a token as %j and nowhere else', (carry, written) => {
  const { headers, path, body } = carriedBy(carry)
  const whole = [JSON.stringify(headers), path, body].join('\n')
  expect(whole).toContain(written)
  expect(whole.split('TOKEN')).toHaveLength(2)
})

const requestOf = (argument: JsonObject, token: string | null = 'TOKEN') =>
  requestFor(operation, argument, token, {
    targetUrl: 'https://h.example/a/../mcp',
    extraHeaders: [['X-Extra', '1']],
  } as unknown as RunContext)
const linesOf = (argument: JsonObject, token: string | null = 'TOKEN') =>
  requestOf(argument, token).headers.filter(([name]) => name === 'Authorization')

it('a token is a Bearer line; without one there is none', () => {
  expect(linesOf({})).toEqual([['Authorization', 'Bearer TOKEN']])
  expect(linesOf({}, null)).toEqual([])
})

it('raw authorization lines stand instead of the token, as written', () => {
  const lines = ['bearer  x', '']
  expect(linesOf({ authorization: lines })).toEqual(lines.map((line) => ['Authorization', line]))
  expect(linesOf({ authorization: 'Basic eA==' })).toEqual([['Authorization', 'Basic eA==']])
})

it('edits of headers win over everything that was there before', () => {
  const { headers } = requestOf({
    header: { 'content-TYPE': 'text/plain', authorization: null, 'x-extra': ['2', '3'] },
  })
  expect(headers).toEqual([
    ['content-TYPE', 'text/plain'],
    ['x-extra', '2'],
    ['x-extra', '3'],
  ])
  expect(editHeaders([['A', '1']], undefined)).toEqual([['A', '1']])
})

it.each<[JsonObject, string]>([
  [{}, '/a/../mcp'],
  [{ path: '/x/%2e%2e//mcp;a' }, '/x/%2e%2e//mcp;a'],
  [{ path: 'https://h.example/messages?s=1' }, '/messages?s=1'],
  [{ query: { 'a b': '&' } }, '/a/../mcp?a%20b=%26'],
  [{ path: '/p?q=1', query: { r: 2 } }, '/p?q=1&r=2'],
])('%j goes to %s of the target', (argument, path) => {
  expect(requestOf(argument)).toMatchObject({ url: 'https://h.example', path })
})

it.each(['https://h.example:444/m', 'http://h.example/m', 'https://h.example.evil/m'])(
  'the token is not carried to %s',
  (path) => {
    expect(() => requestOf({ path })).toThrow(expect.objectContaining({ kind: 'assume' }))
  },
)
