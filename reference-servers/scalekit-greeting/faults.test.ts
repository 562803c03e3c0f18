import { afterAll, describe, expect, test } from 'vitest'
import {
  closeGreetings,
  startGreeting,
  type GreetingSystem,
} from '../../tests/vendors/greeting-system.ts'
import { stateless } from '../local-rsa/tested-server.ts'
import { namesNotYetJudged } from '../resource-server/faults/fault.ts'
import { faults, original } from './faults.ts'

afterAll(closeGreetings)

const origin = { Origin: 'https://client.example' }
const greeting = stateless('tools/call', { name: 'greet_user', arguments: { name: 'Saif' } })
const administration = stateless('tools/call', { name: 'admin_tool', arguments: {} })

interface Proof {
  probe: (system: GreetingSystem) => Promise<unknown>
  good: unknown
  faulty: unknown
}

const proofs: Record<string, Proof> = {
  'metadata-url-dead': {
    probe: async ({ send }) => {
      const { challenge } = await send({ token: null })
      const path = /resource_metadata="https:\/\/greeting.example([^"]*)"/.exec(challenge)?.[1]
      return (await send({ method: 'GET', path: path ?? '', token: null })).status
    },
    good: 200,
    faulty: 404,
  },
  'well-known-substring-bypass': {
    probe: async ({ send }) =>
      (await send({ method: 'GET', path: '/x/.well-known/y', token: null })).status,
    good: 401,
    faulty: 404,
  },
  'preflight-401': {
    probe: async ({ send }) => {
      const headers = { ...origin, 'Access-Control-Request-Method': 'POST' }
      return (await send({ method: 'OPTIONS', token: null, headers })).status
    },
    good: 204,
    faulty: 401,
  },
  'cors-inside-auth': {
    probe: async ({ send }) => {
      const refused = await send({ token: null, headers: origin })
      const opened = await send({ headers: origin })
      return [
        refused.headers.get('access-control-allow-origin'),
        opened.headers.get('access-control-allow-origin'),
        opened.headers.get('access-control-expose-headers')?.includes('Mcp-Session-Id') ?? false,
      ]
    },
    good: [origin.Origin, origin.Origin, true],
    faulty: [null, origin.Origin, false],
  },
  'limiter-shadows-endpoint': {
    probe: async ({ send }) => [
      (await send({ token: null })).status,
      (await send()).text === 'null',
    ],
    good: [401, false],
    faulty: [401, true],
  },
  'nested-result': {
    probe: async ({ send }) => {
      const { result } = JSON.parse((await send(greeting)).text) as {
        result: { content: { text: string }[]; structuredContent?: unknown }
      }
      return [result.content[0]?.text, result.structuredContent]
    },
    good: ['Hi Saif, welcome to Scalekit!', undefined],
    faulty: [
      '{"content":[{"type":"text","text":"Hi Saif, welcome to Scalekit!"}]}',
      { content: [{ type: 'text', text: 'Hi Saif, welcome to Scalekit!' }] },
    ],
  },
  // these three are asked of the SDK as well
  'issuer-optional': statusOf({ claims: { iss: null } }),
  'skip-issuer': statusOf({ claims: { iss: 'https://other.example' } }),
  'skip-audience': statusOf({ audience: ['https://other.example'] }),
  'accept-missing-exp': statusOf({ claims: { exp: null } }),
  'jwks-never-refreshed': {
    probe: async ({ send, issuer, mint }) => {
      await send()
      await issuer.rotateKey()
      return (await send({ token: mint() })).status
    },
    good: 200,
    faulty: 401,
  },
  'errors-as-401': {
    probe: async ({ send, issuer }) => {
      await issuer.arrange({ fail: { endpoints: ['jwks'], how: 500 } })
      return (await send()).status
    },
    good: 503,
    faulty: 401,
  },
  'metadata-audience-drift': {
    probe: async ({ send }) => {
      const path = '/.well-known/oauth-protected-resource'
      const { text } = await send({ method: 'GET', path, token: null })
      return (JSON.parse(text) as { resource: string }).resource
    },
    good: 'https://greeting.example',
    faulty: 'https://greeting.example/mcp',
  },
}

function statusOf(order: Parameters<GreetingSystem['mint']>[0]): Proof {
  return {
    probe: async ({ send, mint }) => (await send({ token: mint(order) })).status,
    good: 401,
    faulty: 200,
  }
}

describe.each(Object.entries(proofs))('%s', (fault, { probe, good, faulty }) => {
  test('shows in a request', async () => {
    expect(await probe(await startGreeting())).toEqual(good)
    expect(await probe(await startGreeting({ FAULT: fault }))).toEqual(faulty)
  })
})

test('each fault that no check judges is proven here', () => {
  expect(namesNotYetJudged(faults).filter((fault) => !(fault in proofs))).toEqual([])
})

test('FAULT=original plants the defects of the published example together', async () => {
  expect(original.filter((fault) => !(fault in faults))).toEqual([])
  const { send, mint } = await startGreeting({ FAULT: 'original' })
  const lowerCase = { Authorization: `bearer ${mint()}` }
  expect((await send({ token: null, headers: lowerCase })).status).toBe(401)
  expect((await send({ token: 'invalid-token' })).challenge).not.toContain('error=')
  expect((await send({ token: mint({ claims: { exp: null, iss: null } }) })).status).toBe(200)
  const { text } = await send({ ...administration, token: mint({ scopes: [] }) })
  expect(text).toContain('Welcome, administrator.')
})
