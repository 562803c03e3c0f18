import { request as httpRequest } from 'node:http'
import { afterAll, describe, expect, test } from 'vitest'
import { closeTestedServers, initialize, type TestedServer } from '../../local-rsa/tested-server.ts'
import { earlyAnswerFaults } from './early-answers.ts'
import { gateFaults } from './gate.ts'
import { legacyFaults } from './legacy.ts'
import { proof, seeBoth, status, type Proof } from './proof.ts'

afterAll(closeTestedServers)

const call = {
  jsonrpc: '2.0',
  id: 2,
  method: 'tools/call',
  params: { name: 'whoami', arguments: {} },
}

/** The status of a request without a token in a session that alice opened. */
function inSession(body: unknown, method = 'POST'): Proof['probe'] {
  return async (server: TestedServer) => {
    const opened = await server.send({ body: initialize })
    const headers = { 'Mcp-Session-Id': opened.headers.get('mcp-session-id') ?? '' }
    await server.send({ body: listing, headers })
    return (await server.send({ token: null, body, headers, method })).status
  }
}

/** Statuses of handshake, tool call and listing, all in one session and under one token, or none. */
function sessionUnder(token: string | null): Proof['probe'] {
  return async (server) => {
    const opened = await server.send({ token })
    const id = opened.headers.get('mcp-session-id') ?? ''
    const headers = id === '' ? {} : { 'Mcp-Session-Id': id }
    const called = await server.send({ token, headers, body: call })
    const listed = await server.send({ token, headers, body: { ...call, method: 'tools/list' } })
    return [opened.status, called.status, listed.status]
  }
}

const unknown = { jsonrpc: '2.0', id: 1, method: 'no/such-method' }
const notification = { jsonrpc: '2.0', method: 'notifications/initialized' }
const listing = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
const nobody = { token: null }

const proofs: Record<string, Proof> = {
  'tools-call-unguarded': proof(inSession(call), 401, 200),
  'public-session-tools': proof(sessionUnder(null), [401, 401, 401], [200, 200, 401]),
  'session-tools-ignore-bad-token': proof(sessionUnder('bad'), [401, 401, 401], [200, 200, 401]),
  'public-discovery': proof(sessionUnder(null), [401, 401, 401], [200, 401, 200]),
  'discovery-ignores-bad-token': proof(sessionUnder('bad'), [401, 401, 401], [200, 401, 200]),
  'delete-unguarded': proof(inSession(undefined, 'DELETE'), 401, 200),
  'batch-escapes-guard': proof(inSession([call, { ...call, id: 3 }]), 401, 200),
  'guard-literal-path': proof(status({ ...nobody, path: '/MCP' }), 401, 200),
  'verbs-unguarded': proof(status({ ...nobody, method: 'PUT', body: initialize }), 401, 200),
  'notifications-refused-first': proof(status({ ...nobody, body: notification }), 401, 400),
  'notifications-unguarded': proof(status({ ...nobody, body: notification }), 401, 202),
  'stream-unguarded': proof(
    async (server) =>
      (await fetch(server.url, { headers: { Accept: 'text/event-stream' } })).status,
    401,
    200,
  ),
  'delete-session-first': proof(inSession(undefined, 'DELETE'), 401, 404),
  'verb-405-without-allow': proof(status({ ...nobody, method: 'PUT' }), 401, 405),
  'verb-error-inside-200': proof(status({ ...nobody, method: 'PUT' }), 401, 200),
  'public-handshake': proof(status({ ...nobody, body: notification }), 401, 202),
  'unknown-method-inside-200': proof(status({ ...nobody, body: unknown }), 401, 200),
  'batch-refused-inside-200': proof(status({ ...nobody, body: [call] }), 401, 200),
  'verb-crashes': proof(status({ ...nobody, method: 'PATCH' }), 401, 500),
  'trace-echoes': proof(trace, 401, 200),
  'legacy-messages-unguarded': proof(
    status({ ...nobody, path: '/messages', body: listing }),
    401,
    200,
  ),
  'legacy-sse-unguarded': proof(olderStream, 401, 'result'),
  'body-before-auth': proof(status({ ...nobody, body: 'x'.repeat(200_000) }), 401, 413),
  'body-parser-crashes': proof(status({ ...nobody, body: '{' }), 401, 500),
  'unknown-method-lists-methods': proof(status({ ...nobody, body: unknown }), 401, 404),
}

/** What a message without a token brings onto the older stream; the status where there is none. */
async function olderStream(server: TestedServer): Promise<unknown> {
  const stream = await fetch(new URL('/sse', server.url))
  if (!stream.ok || stream.body === null) return stream.status
  const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader()
  const [, path = ''] = /^data: (.*)$/m.exec((await reader.read()).value ?? '') ?? []
  await server.send({ ...nobody, path, body: initialize })
  const [, answer = 'null'] = /^data: (.*)$/m.exec((await reader.read()).value ?? '') ?? []
  await reader.cancel()
  return Object.keys(JSON.parse(answer) as object).at(-1)
}

/** fetch refuses to send TRACE. */
async function trace(server: TestedServer): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(server.url, { method: 'TRACE' }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject).end()
  })
}

describe.each(Object.keys({ ...gateFaults, ...earlyAnswerFaults, ...legacyFaults }))(
  '%s',
  (fault) => {
    test('shows in one request', async () => {
      const { good, faulty } = proofs[fault] ?? {}
      expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
    })
  },
)
