import { expect, it } from 'vitest'
import type { JsonObject } from '../protocol/json.ts'
import type { RunContext } from './context.ts'
import { requestFor } from './credential.ts'
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
