import { describe, expect, it } from 'vitest'
import type { Revision } from '../model.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import type { RunContext } from './context.ts'
import { operationOf } from './request.ts'

const facts: JsonObject = {
  run: { id: 'r1' },
  tool: { safe: { name: 'look', arguments: { of: '{{run.id}}', deep: { a: 1 } } }, upload: 'none' },
  resource: { guarded: { uri: 'note://1' } },
  prompt: { safe: { name: 'greet' } },
}

function runOf(revision: Revision): RunContext {
  const run: Partial<RunContext> = {
    revision,
    wire: revision === '2026-07-28' ? 'stateless' : 'stateful',
    base: { method: 'tools/list', params: { cursor: 'c' } },
    facts,
    now: 0,
  }
  return run as RunContext
}

const built = (
  argument: JsonObject,
  session: string | null = null,
  revision: Revision = '2025-11-25',
) => {
  const operation = operationOf(argument, session, runOf(revision))
  const headers = Object.fromEntries(
    operation.headers.map(([name, value]) => [name.toLowerCase(), value]),
  )
  const message = operation.body === undefined ? null : (JSON.parse(operation.body) as JsonValue)
  return { ...operation, headers, message }
}

describe('the message of a send', () => {
  it('without an operation is BASE', () => {
    expect(built({})).toMatchObject({
      httpMethod: 'POST',
      message: { jsonrpc: '2.0', method: 'tools/list', params: { cursor: 'c' } },
      needsSession: true,
    })
  })

  it.each<[JsonObject, string, JsonObject]>([
    [{ call: 'safe' }, 'tools/call', { name: 'look', arguments: { of: 'r1', deep: { a: 1 } } }],
    [
      { call: 'safe', arguments: { of: '2' } },
      'tools/call',
      { name: 'look', arguments: { of: '2' } },
    ],
    [{ read: 'guarded' }, 'resources/read', { uri: 'note://1' }],
    [{ subscribe: 'guarded' }, 'resources/subscribe', { uri: 'note://1' }],
    [{ 'get-prompt': 'safe' }, 'prompts/get', { name: 'greet', arguments: {} }],
    [
      { complete: 'safe' },
      'completion/complete',
      { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'text', value: '' } },
    ],
    [{ request: { method: 'ping', params: { x: 1 } } }, 'ping', { x: 1 }],
  ])('of %j is a %s with what was declared of the role', (argument, method, params) => {
    expect(built(argument).message).toMatchObject({ method, params })
  })

  it('takes edits deep into its params', () => {
    const argument = { call: 'safe', params: { arguments: { deep: { b: 2 } }, _meta: { c: 3 } } }
    expect(built(argument).message).toMatchObject({
      params: { name: 'look', arguments: { of: 'r1', deep: { a: 1, b: 2 } }, _meta: { c: 3 } },
    })
  })

  it.each([{ call: 'upload' }, { call: 'unheard-of' }, { read: 'safe' }])(
    'does not apply where the server has no such thing: %j',
    (argument) => {
      expect(() => built(argument)).toThrow(
        expect.objectContaining({ name: 'CannotTake', kind: 'assume' }),
      )
    },
  )

  it('has another id each time', () => {
    const ids = [built({}), built({})].map(({ answerId }) => answerId)
    expect(new Set(ids).size).toBe(2)
  })

  it('needs no session for a handshake', () => {
    expect(built({ request: { method: 'initialize' } }).needsSession).toBe(false)
    expect(built({ request: { method: 'server/discover' } }).needsSession).toBe(false)
    expect(built({}, null, '2026-07-28').needsSession).toBe(false)
  })

  it('carries session and version as the revision has them', () => {
    expect(built({}, 's1').headers).toMatchObject({
      'mcp-session-id': 's1',
      'mcp-protocol-version': '2025-11-25',
    })
    expect(built({}, 's1', '2025-03-26').headers).not.toHaveProperty('mcp-protocol-version')
    const stateless = built({ call: 'safe' }, 's1', '2026-07-28').headers
    expect(stateless).toMatchObject({ 'mcp-method': 'tools/call', 'mcp-name': 'look' })
    expect(stateless).not.toHaveProperty('mcp-session-id')
  })
})

describe('messages that get no answer of their own', () => {
  it('a notification has no id', () => {
    const { message, answerId } = built({ notify: 'notifications/cancelled' }, 's1')
    expect(message).toEqual({ jsonrpc: '2.0', method: 'notifications/cancelled' })
    expect(answerId).toBeNull()
  })

  it('a response answers what nobody asked', () => {
    const { message, headers, answerId } = built({ respond: true }, 's1')
    expect(message).toEqual({ jsonrpc: '2.0', id: 'unasked', result: {} })
    expect(headers['mcp-session-id']).toBe('s1')
    expect(answerId).toBeNull()
  })

  it('a termination is a DELETE of the session, without a body', () => {
    const { httpMethod, headers, body } = built({ terminate: true }, 's1')
    expect([httpMethod, headers['mcp-session-id'], body]).toEqual(['DELETE', 's1', undefined])
    expect(headers).not.toHaveProperty('content-type')
  })
})

it('a batch holds one message for each call, in one session', () => {
  const { message, headers, needsSession } = built(
    { batch: [{ call: 'safe' }, { request: { method: 'ping' } }, { notify: 'n' }] },
    's1',
    '2025-03-26',
  )
  expect(message).toMatchObject([{ method: 'tools/call' }, { method: 'ping' }, { method: 'n' }])
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'mcp-session-id': 's1' })
  expect(headers).not.toHaveProperty('mcp-name')
  expect(needsSession).toBe(true)
})

describe('a raw request', () => {
  it('sends its own text, to which no answer is due', () => {
    const operation = operationOf({ raw: { text: '{"jsonrpc":' } }, null, runOf('2025-11-25'))
    expect(operation).toMatchObject({ httpMethod: 'POST', body: '{"jsonrpc":', answerId: null })
  })

  it('sends so many bytes', () => {
    expect(operationOf({ raw: { bytes: 3 } }, null, runOf('2025-11-25')).body).toBe('xxx')
  })

  it('with another method keeps the message of BASE', () => {
    expect(built({ raw: { method: 'PUT' } })).toMatchObject({
      httpMethod: 'PUT',
      message: { method: 'tools/list' },
      needsSession: false,
    })
  })

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE'])('by %s has no body', (method) => {
    const { body, headers } = built({ raw: { method } }, 's1', '2026-07-28')
    expect(body).toBeUndefined()
    for (const name of ['content-type', 'mcp-method']) expect(headers).not.toHaveProperty(name)
  })

  it('stays in a session that it is given', () => {
    expect(built({ raw: { text: '{}' } }, 's1').headers['mcp-session-id']).toBe('s1')
    expect(built({ raw: { method: 'GET' } }, 's1').headers['mcp-session-id']).toBe('s1')
  })
})
