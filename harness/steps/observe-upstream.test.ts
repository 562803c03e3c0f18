import { expect, it } from 'vitest'
import type { ObservedRequest } from '../model.ts'
import { createRedactor } from '../redact.ts'
import type { RunContext } from './context.ts'
import { observeUpstream } from './observe-upstream.ts'

const jwt = [{ alg: 'none' }, { sub: 'auth0|u1' }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat('c2lnbmF0dXJl')
  .join('.')

function seen(
  header: Record<string, string>,
  user?: object,
  body = '',
): { recorded: ObservedRequest; raw: ObservedRequest | undefined } {
  const redactor = createRedactor()
  redactor.register('token-of-the-client-1', 'access_token')
  const run = {
    facts: { tool: { 'calls-upstream': { name: 'call', ...(user ? { user } : {}) } } },
    receive: redactor.receive,
    redact: redactor.redactJson,
  } as unknown as RunContext
  const request = { endpoint: '/x', method: 'GET', path: '/x', query: {}, status: 200, at: 0 }
  const { requests, rawRequests } = observeUpstream([{ ...request, header, body }], run)
  return { recorded: (requests as ObservedRequest[])[0] as ObservedRequest, raw: rawRequests?.[0] }
}

it.each([
  [{ authorization: 'Bearer opaque-upstream-token-1' }, 'opaque-upstream-token-1'],
  [{ 'x-api-key': 'demo-api-key-12345' }, 'demo-api-key-12345'],
])('keeps the credential of %j for templates and out of the evidence', (header, credential) => {
  const { recorded, raw } = seen(header)
  expect(raw?.credential).toBe(credential)
  expect(recorded.credential).toBe('‹upstream_credential#1›')
  expect(JSON.stringify(recorded)).not.toContain(credential)
})

it.each(['undefined', 'null'])('shows %s in the place of a token as it is', (word) => {
  expect(seen({ authorization: `Bearer ${word}` }).recorded).toMatchObject({
    credential: word,
    header: { authorization: `Bearer ${word}` },
  })
})

it('knows the token of the client, wherever it stands', () => {
  const { recorded } = seen({ authorization: 'Bearer token-of-the-client-1' })
  expect(recorded.credential).toBe('‹access_token#1›')
  const inside = seen({}, undefined, '{"t":"token-of-the-client-1"}')
  expect(inside.recorded.body).toBe('{"t":"‹access_token#1›"}')
  expect(inside.recorded.credential).toBe(undefined)
})

it.each([
  [{ header: 'X-User-Id' }, { 'x-user-id': '1' }, '1'],
  [{ claim: 'sub' }, { authorization: `Bearer ${jwt}` }, 'auth0|u1'],
  [{ header: 'X-User-Id' }, {}, undefined],
  [undefined, { 'x-user-id': '1' }, undefined],
])('reads the user from the declared place %j', (place, header, user) => {
  expect(seen(header as Record<string, string>, place).recorded.user).toBe(user)
})
