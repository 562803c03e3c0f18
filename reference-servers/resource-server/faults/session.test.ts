import { Agent, request as httpRequest } from 'node:http'
import { afterAll, describe, expect, test } from 'vitest'
import {
  closeTestedServers,
  initialize,
  type Answer,
  type TestedServer,
} from '../../local-rsa/tested-server.ts'
import { proof, seeBoth, status, type Proof } from './proof.ts'
import { sessionFaults } from './session.ts'

afterAll(closeTestedServers)

const listing = { jsonrpc: '2.0', id: 2, method: 'tools/list' }
const whoami = call('whoami', {})

function call(name: string, args: Record<string, string>): object {
  return { jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name, arguments: args } }
}

interface Session {
  server: TestedServer
  token: string
  id: string
  send(request: Parameters<TestedServer['send']>[0]): Promise<Answer>
}

async function openSession(server: TestedServer, claims = {}, headers = {}): Promise<Session> {
  const token = await server.issuer.mint({ claims })
  const opened = await server.send({ token, body: initialize, headers })
  const id = opened.headers.get('mcp-session-id') ?? ''
  const send: Session['send'] = (request) =>
    server.send({ token, body: listing, ...request, headers: { 'Mcp-Session-Id': id } })
  return { server, token, id, send }
}

/** What is seen in a session that alice opened. */
function inSession(see: (session: Session) => Promise<unknown>, claims = {}): Proof['probe'] {
  return async (server) => see(await openSession(server, claims))
}

const asBob = inSession(async ({ server, send }) => {
  const token = await server.issuer.mint({ claims: { sub: 'bob' } })
  const { status: code, text } = await send({ token, body: whoami })
  return code === 200 ? /\\"subject\\":\\"(\w+)/.exec(text)?.[1] : code
})

const deletedByBob = inSession(async ({ server, send }) => {
  const token = await server.issuer.mint({ claims: { sub: 'bob' } })
  return (await send({ method: 'DELETE', token, body: undefined })).status
})

/** A token that runs out while the session goes on. */
async function afterExpiry(server: TestedServer): Promise<unknown> {
  const exp = Math.floor(Date.now() / 1000) + 1
  const { send } = await openSession(server, { exp })
  await new Promise((resolve) => setTimeout(resolve, 1000 * exp + 50 - Date.now()))
  return (await send({})).status
}

/** The events that bob gets who resumes after alice's first one. */
async function replayedToBob(server: TestedServer): Promise<unknown> {
  const alice = await openSession(server)
  const stream = await listen(server, alice)
  await alice.send({ body: call('notify', {}) })
  const [, lastEventId = ''] = /^id: (.*)$/m.exec(await stream()) ?? []
  await alice.send({ body: call('notify', {}) })
  const bob = await openSession(server, { sub: 'bob' })
  const resumed = await fetch(server.url, {
    headers: { ...headersOf(bob), 'Last-Event-ID': lastEventId },
  })
  if (!resumed.ok || resumed.body === null) return resumed.status
  const reader = resumed.body.pipeThrough(new TextDecoderStream()).getReader()
  const { value = '' } = await reader.read()
  await reader.cancel()
  return /^data: /m.test(value)
}

async function listen(server: TestedServer, session: Session): Promise<() => Promise<string>> {
  const { body } = await fetch(server.url, { headers: headersOf(session) })
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  return async () => (await reader?.read())?.value ?? ''
}

function headersOf({ token, id }: Session): Record<string, string> {
  return {
    Accept: 'text/event-stream',
    Authorization: `Bearer ${token}`,
    'Mcp-Session-Id': id,
  }
}

/** The status of a second request on one connection, without a token, after a good one. */
async function onOneConnection(server: TestedServer): Promise<unknown> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const send = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { agent, method: 'POST', headers: { ...plain, ...headers } }
      const sent = httpRequest(server.url, options, (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      })
      sent.on('error', reject).end(JSON.stringify(initialize))
    })
  await send({ Authorization: `Bearer ${await server.issuer.mint()}` })
  const second = await send({})
  agent.destroy()
  return second
}

const plain = { Accept: 'application/json, text/event-stream', 'Content-Type': 'application/json' }
const revision = { 'MCP-Protocol-Version': '2026-07-28' }
const noLeeway = { CLOCK_LEEWAY: '0' }

/** How an id looks, with letters and digits made one. */
const shapeOfId = inSession(async ({ id }) => id.replaceAll(/[0-9a-f]/g, 'x'))

const proofs: Record<string, Proof> = {
  'decision-cached': { ...proof(afterExpiry, 401, 200), env: noLeeway },
  'session-ends-with-token': { ...proof(afterExpiry, 401, 404), env: noLeeway },
  'session-id-is-credential': proof(
    inSession(async ({ send }) => (await send({ token: null })).status),
    401,
    200,
  ),
  'session-stream-unguarded': proof(
    inSession(async ({ server, id }) => {
      const headers = { Accept: 'text/event-stream', 'Mcp-Session-Id': id }
      const { status: code, body } = await fetch(server.url, { headers })
      await body?.cancel()
      return code
    }),
    401,
    200,
  ),
  'bare-session-id-is-400': proof(
    inSession(async ({ send }) => (await send({ token: null })).status),
    401,
    400,
  ),
  'session-rescues-bad-token': proof(
    inSession(async ({ send }) => (await send({ token: 'bad' })).status),
    401,
    200,
  ),
  'refusal-with-session-id': proof(
    async (server) => (await server.send({ token: null })).headers.has('mcp-session-id'),
    false,
    true,
  ),
  'session-unbound': proof(asBob, 404, 'bob'),
  'session-identity-sticky': proof(asBob, 404, 'alice'),
  'session-of-another-is-guests': proof(asBob, 404, 'guest'),
  'session-of-another-is-400': proof(asBob, 404, 400),
  'session-owner-on-post-only': proof(deletedByBob, 404, 200),
  'session-events-shared': proof(replayedToBob, 400, true),
  'session-id-counter': proof(
    inSession(async ({ id }) => /^session-\d+$/.test(id)),
    false,
    true,
  ),
  'session-id-short': proof(shapeOfId, 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx', 'xxxxxxxx'),
  'session-id-short-after-time': proof(
    inSession(async ({ id }) => /^\d{13}-[0-9a-f]{8}$/.test(id)),
    false,
    true,
  ),
  'session-revived': proof(
    inSession(async ({ send }) => {
      await send({ method: 'DELETE', body: undefined })
      return (await send({})).status
    }),
    404,
    200,
  ),
  'session-id-adopted': proof(
    async (server) => (await openSession(server, {}, { 'Mcp-Session-Id': 'chosen' })).id,
    '',
    'chosen',
  ),
  'session-scopes-sticky': proof(
    inSession(async ({ server, send }) => {
      const token = await server.issuer.mint({ claims: { scope: 'mcp:read' } })
      return (await send({ token, body: call('write_note', { text: 'x' }) })).status
    }),
    403,
    200,
  ),
  'session-bound-to-token': proof(
    inSession(async ({ server, send }) => {
      const token = await server.issuer.mint({ claims: { jti: 'renewed' } })
      return (await send({ token })).status
    }),
    200,
    404,
  ),
  'stateless-session-header': proof(
    async (server) => (await server.send({ headers: revision })).headers.has('mcp-session-id'),
    false,
    true,
  ),
  'stateless-methods-in-session-layer': proof(
    status({ method: 'GET', headers: revision, body: undefined }),
    405,
    400,
  ),
  'connection-is-credential': proof(onOneConnection, 401, 200),
}

describe.each(Object.keys(sessionFaults))('%s', (fault) => {
  test('shows in one request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})
