import { afterAll, describe, expect, test } from 'vitest'
import { closeTestedServers, initialize, type TestedServer } from '../tested-server.ts'
import { gateFaults } from './gate.ts'
import { proof, seeBoth, status, type Proof } from './proof.ts'

afterAll(closeTestedServers)

const call = {
  jsonrpc: '2.0',
  id: 2,
  method: 'tools/call',
  params: { name: 'whoami', arguments: {} },
}

/** The status of a request without a token in a session that alice opened. */
function inSession(body: unknown): Proof['probe'] {
  return async (server: TestedServer) => {
    const opened = await server.send({ body: initialize })
    const id = opened.headers.get('mcp-session-id') ?? ''
    return (await server.send({ token: null, body, headers: { 'Mcp-Session-Id': id } })).status
  }
}

const proofs: Record<string, Proof> = {
  'batch-escapes-guard': proof(inSession([call, { ...call, id: 3 }]), 401, 200),
  'guard-literal-path': proof(status({ token: null, path: '/mcp/' }), 401, 200),
}

describe.each(Object.keys(gateFaults))('%s', (fault) => {
  test('shows in one request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})
