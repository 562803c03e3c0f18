import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { faults, original } from './faults.ts'
import {
  closeTestedServers,
  initialize,
  startTestedServer,
  stateless,
  type TestedServer,
} from './tested-server.ts'

afterAll(closeTestedServers)

type Probe = (server: TestedServer) => Promise<unknown>

const openingBy =
  (claims: object): Probe =>
  async (server) =>
    (await server.send({ token: await server.issuer.mint({ claims: { ...claims } }) })).status

const member =
  (path: string, name: string): Probe =>
  async (server) => {
    const { status, text } = await server.send({ method: 'GET', path, token: null })
    return status === 200 ? (JSON.parse(text) as Record<string, unknown>)[name] : status
  }

/** Who bob is told that he is, in the session of alice. */
const bobInSessionOfAlice: Probe = async (server) => {
  const opened = await server.send({ body: initialize })
  const headers = { 'Mcp-Session-Id': opened.headers.get('mcp-session-id') ?? '' }
  const token = await server.issuer.mint({ claims: { sub: 'bob', client_id: 'robert' } })
  const params = { name: 'whoami', arguments: {} }
  const body = { jsonrpc: '2.0', id: 2, method: 'tools/call', params }
  const { status, text } = await server.send({ token, headers, body })
  return status === 200 ? /\\"subject\\":\\"(\w+)/.exec(text)?.[1] : status
}

const whoami =
  (claims: object): Probe =>
  async (server) => {
    const token = await server.issuer.mint({ claims: { ...claims } })
    const { status, text } = await server.send({
      token,
      ...stateless('tools/call', { name: 'whoami' }),
    })
    return status === 200 ? /\\"subject\\":\\"(\w+)/.exec(text)?.[1] : status
  }

const counting: Probe = async (server) =>
  (await server.send(stateless('tools/call', { name: 'count_accounts' }))).status

const errorWithoutToken: Probe = async (server) =>
  /error="\w+"/.exec((await server.send({ token: null })).challenge)?.[0]

const metadata = '/.well-known/oauth-protected-resource'
const serverMetadata = '/.well-known/oauth-authorization-server'

/** What each request shows of the conformant server, and of the published example. */
const proofs: Record<string, { probe: Probe; sound: unknown; faulty: unknown }> = {
  'skip-audience': { probe: openingBy({ aud: 'other' }), sound: 401, faulty: 200 },
  'skip-issuer': { probe: openingBy({ iss: 'https://other.example' }), sound: 401, faulty: 200 },
  'skip-scopes': { probe: counting, sound: 403, faulty: 200 },
  'session-identity-sticky': { probe: bobInSessionOfAlice, sound: 404, faulty: 'tester' },
  'no-metadata': {
    probe: member(metadata, 'resource'),
    sound: 'https://mcp.example/mcp',
    faulty: 404,
  },
  'fictitious-as-metadata': {
    probe: async (server) => [
      await member(serverMetadata, 'issuer')(server),
      (await server.send({ method: 'GET', path: '/authorize', token: null })).status,
    ],
    sound: [404, 401],
    faulty: ['https://fastmcp.example.com/', 500],
  },
  'error-without-credentials': {
    probe: errorWithoutToken,
    sound: undefined,
    faulty: 'error="invalid_token"',
  },
  'accept-missing-exp': { probe: openingBy({ exp: undefined }), sound: 401, faulty: 200 },
  'ignore-nbf': { probe: openingBy({ nbf: 4_000_000_000 }), sound: 401, faulty: 200 },
  'subject-as-client': {
    probe: async (server) => [
      await whoami({})(server),
      await whoami({ client_id: undefined })(server),
      await whoami({ client_id: undefined, sub: undefined })(server),
    ],
    sound: ['alice', 'alice', 401],
    faulty: ['tester', 'alice', 'unknown'],
  },
  'no-host-guard': {
    probe: async (server) =>
      (await server.send({ headers: { Origin: 'https://evil.test' } })).status,
    sound: 403,
    faulty: 200,
  },
}

describe('FAULT=original', () => {
  let good: TestedServer
  let example: TestedServer
  beforeAll(async () => {
    good = await startTestedServer()
    example = await startTestedServer({ FAULT: 'original' })
  })

  it('is all that is proven here', () => {
    expect(Object.keys(proofs).toSorted()).toEqual(original.toSorted())
    expect(Object.keys(faults)).toEqual(expect.arrayContaining(original))
  })

  it.each(Object.entries(proofs))('holds %s', async (_name, { probe, sound, faulty }) => {
    expect(await probe(good)).toEqual(sound)
    expect(await probe(example)).toEqual(faulty)
  })
})

const alone: typeof proofs = {
  'fictitious-as-metadata': proofs['fictitious-as-metadata'] as (typeof proofs)[string],
  'object-id-is-credential': {
    probe: async (server) => {
      const params = { name: 'read_note', arguments: { id: 'note-alice' } }
      const { status, text } = await server.send({
        token: null,
        ...stateless('tools/call', params),
      })
      return status === 200 ? text.includes('The own note of alice.') : status
    },
    sound: 401,
    faulty: true,
  },
}

it.each(Object.entries(alone))('%s shows alone', async (name, { probe, sound, faulty }) => {
  expect(await probe(await startTestedServer())).toEqual(sound)
  expect(await probe(await startTestedServer({ FAULT: name }))).toEqual(faulty)
})
