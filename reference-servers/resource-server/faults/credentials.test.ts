import { afterAll, describe, expect, test } from 'vitest'
import { closeTestedServers, stateless } from '../../local-rsa/tested-server.ts'
import { credentialFaults } from './credentials.ts'
import { carried, lines, literal, proof, seeBoth, status, type Proof } from './proof.ts'

afterAll(closeTestedServers)

const long = 'x'.repeat(20_000)
const who = stateless('tools/call', { name: 'whoami', arguments: {} })
const notes = stateless('tools/call', { name: 'list_notes', arguments: {} })
const add = stateless('tools/call', { name: 'add_note', arguments: { text: 'too early' } })
const write = stateless('tools/call', { name: 'write_note', arguments: { text: 'x' } })

const proofs: Record<string, Proof> = {
  'proprietary-token-header': proof(status({}), 200, 401),
  'case-sensitive-scheme': proof(
    carried((token) => ({ Authorization: `bearer ${token}` })),
    200,
    401,
  ),
  'header-whitespace-crashes': proof(
    carried((token) => ({ Authorization: `Bearer  ${token}` })),
    200,
    500,
  ),
  'scheme-optional': proof(
    carried((token) => ({ Authorization: `Token ${token}` })),
    401,
    200,
  ),
  'token-from-query': proof(
    async (server) => {
      const path = `/mcp?token=${await server.issuer.mint()}`
      return (await server.send({ token: 'bad', path })).status
    },
    401,
    200,
  ),
  'token-from-body': proof(
    async (server) => {
      const params = { _meta: { access_token: await server.issuer.mint() } }
      const body = { jsonrpc: '2.0', id: 1, method: 'ping', params }
      return (await server.send({ token: null, body })).status
    },
    401,
    // Let in, and then without a session.
    400,
  ),
  'token-from-cookie': proof(
    carried((token) => ({ Cookie: `a=b; token=${token}`, Origin: 'https://evil.example' })),
    403,
    200,
  ),
  'last-authorization-wins': proof(
    lines((token) => ['Authorization', 'Bearer bad', 'Authorization', `Bearer ${token}`]),
    400,
    200,
  ),
  'duplicate-authorization-crashes': proof(
    lines((token) => ['Authorization', `Bearer ${token}`, 'Authorization', 'Bearer bad']),
    400,
    500,
  ),
  'oversized-token-crashes': proof(
    literal(() => long),
    431,
    500,
  ),
  'oversized-token-passes': proof(
    literal(() => long),
    431,
    200,
  ),
  'undefined-token-is-guest': proof(
    literal(() => 'undefined'),
    401,
    200,
  ),
  'token-json-parse-crashes': proof(
    literal(() => 'a.b.c'),
    401,
    500,
  ),
  'identity-from-request': proof(
    async (server) => {
      const headers = { ...who.headers, 'X-User-Id': 'bob' }
      return /alice|bob/.exec((await server.send({ ...who, headers })).text)?.[0]
    },
    'alice',
    'bob',
  ),
  'loopback-address-believed': proof(
    status({ token: null, headers: { 'X-Forwarded-For': '127.0.0.1' } }),
    401,
    200,
  ),
  'scopes-from-request': proof(
    async (server) => {
      const token = await server.issuer.mint({ claims: { scope: 'mcp:read' } })
      const headers = { ...write.headers, 'X-Roles': 'admin' }
      return (await server.send({ ...write, headers, token })).status
    },
    403,
    200,
  ),
  'tool-runs-before-decision': proof(
    async (server) => {
      await server.send(notes)
      await server.send({ ...add, token: 'bad' })
      return (await server.send(notes)).text.includes('too early')
    },
    false,
    true,
  ),
}

describe.each(Object.keys(credentialFaults))('%s', (fault) => {
  test('shows in one request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})
