import { Agent, request as httpRequest } from 'node:http'
import { afterAll, describe, expect, test } from 'vitest'
import {
  closeTestedServers,
  initialize,
  stateless,
  type TestedRequest,
  type TestedServer,
} from '../../local-rsa/tested-server.ts'
import { proof, seeBoth, status, type Proof } from './proof.ts'
import { versionFaults } from './version.ts'

afterAll(closeTestedServers)

const under = (version: string): Record<string, string> => ({ 'MCP-Protocol-Version': version })
const anonymous = (version: string): TestedRequest => ({ token: null, headers: under(version) })
const listing = { jsonrpc: '2.0', id: 2, method: 'tools/list' }
const greeting = { name: 'greet', arguments: { name: 'World' } }
const writing = { name: 'write_note', arguments: { text: 'x' } }

/** Statuses of listings under these versions, in a session. */
function inSession(...versions: string[]): Proof['probe'] {
  return async (server) => {
    const opened = await server.send({ body: initialize })
    const id = opened.headers.get('mcp-session-id') ?? ''
    const ask = (version: string): Promise<{ status: number }> =>
      server.send({ body: listing, headers: { ...under(version), 'Mcp-Session-Id': id } })
    return Promise.all(versions.map(async (version) => (await ask(version)).status))
  }
}

/** Status and error code of a call whose Mcp-Name is that of another tool, with the base scope. */
function named(name: string, params: Record<string, unknown>): Proof['probe'] {
  return async (server) => {
    const token = await server.issuer.mint({ claims: { scope: 'mcp:read' } })
    const { headers, body } = stateless('tools/call', params)
    const answer = await server.send({ token, body, headers: { ...headers, 'Mcp-Name': name } })
    const { error } = JSON.parse(answer.text) as { error?: { code?: number } }
    return [answer.status, error?.code]
  }
}

/** The statuses of a complete request and of one without `_meta`, on one connection. */
async function withoutMeta(server: TestedServer): Promise<unknown> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const authorization = `Bearer ${await server.issuer.mint()}`
  const { headers, body } = stateless('tools/list')
  const accept = 'application/json, text/event-stream'
  const all = { ...headers, authorization, accept, 'content-type': 'application/json' }
  const send = (message: unknown): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(server.url, { method: 'POST', agent, headers: all }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      })
      sent.on('error', reject).end(JSON.stringify(message))
    })
  const statuses = [await send(body), await send({ ...(body as object), params: {} })]
  agent.destroy()
  return statuses
}

/** The status of a call that needs a scope which the token has not, by a client of this name. */
async function asAdmin(server: TestedServer): Promise<unknown> {
  const token = await server.issuer.mint({ claims: { scope: 'mcp:read' } })
  const { headers, body } = stateless('tools/call', writing)
  const asking = JSON.stringify(body).replace('"name":"test"', '"name":"admin"')
  return (await server.send({ token, headers, body: asking })).status
}

const mismatch = [400, -32_020]
const proofs: Record<string, Proof> = {
  'oldest-version-unguarded': proof(status(anonymous('2024-11-05')), 401, 200),
  'unknown-version-unguarded': proof(status(anonymous('1999-01-01')), 401, 200),
  'unknown-version-ignored': proof(inSession('1999-01-01', 'x'), [400, 400], [200, 200]),
  'unknown-version-crashes': proof(inSession('1999-01-01', 'x'), [400, 400], [500, 500]),
  'mirrored-headers-ignored': proof(named('whoami', greeting), mismatch, [200, undefined]),
  'authorized-by-mirrored-name': proof(
    named('whoami', writing),
    [403, undefined],
    [200, undefined],
  ),
  'meta-remembered': proof(withoutMeta, [200, 400], [200, 200]),
  'client-info-privileged': proof(asAdmin, 403, 200),
}

describe.each(Object.keys(versionFaults))('%s', (fault) => {
  test('shows in a request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})

test('an empty version opens as an unknown one does, and a known one does not', async () => {
  const both = (version: string): Promise<unknown[]> =>
    seeBoth('unknown-version-unguarded', proof(status(anonymous(version)), 401, 401))
  expect(await both('')).toEqual([401, 200])
  expect(await both('2025-03-26')).toEqual([401, 401])
})
