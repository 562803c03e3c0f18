import { afterAll, beforeAll, expect, it } from 'vitest'
import { runConformance } from '../../harness/index.ts'
import { clerkProfile } from '../../mocks/profiles/clerk.ts'
import { serveIssuer, type ServedIssuer } from '../../mocks/serve-issuer.ts'
import type { RunningServer } from '../resource-server/run-program.ts'
import { namesNotYetJudged } from '../resource-server/faults/fault.ts'
import { faults, original } from './faults.ts'
import { clerkBearer } from './server.ts'

let issuer: ServedIssuer
const opened: { close(): Promise<void> }[] = []
const secret = 'the-secret-of-our-client'

beforeAll(async () => {
  issuer = await serveIssuer({ profile: clerkProfile({ audience: true }) })
  opened.push(issuer)
})
afterAll(async () => {
  await Promise.all(opened.map((each) => each.close()))
})

async function start(fault: string): Promise<Target> {
  const server = await clerkBearer.start({
    PORT: '0',
    CLERK_ISSUER: issuer.url,
    CLERK_CLIENT_ID: 'our-client',
    CLERK_CLIENT_SECRET: secret,
    LOG_LEVEL: 'silent',
    FAULT: fault,
  })
  opened.push(server)
  const mint = (user: 'a' | 'b'): string =>
    issuer.mint({ user: issuer.users[user].subject, scopes: ['profile'], audience: [server.url] })
  const get: Target['get'] = (where, init = {}) =>
    fetch(new URL(where, server.url), { redirect: 'manual', ...init })
  return { ...server, get, mint }
}

interface Target extends RunningServer {
  get(where: string, init?: RequestInit): Promise<Response>
  mint(user: 'a' | 'b'): string
}

type Probe = (target: Target) => Promise<unknown>

const register =
  (body: unknown, read: (answer: Response, json: Record<string, unknown>) => unknown): Probe =>
  async ({ get }) => {
    const answer = await get('/register', { method: 'POST', body: JSON.stringify(body) })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json')
    return read(answer, isJson ? (JSON.parse(text) as Record<string, unknown>) : { text })
  }

const member =
  (where: string, name: string): Probe =>
  async ({ get }) => {
    const answer = await get(where)
    if (answer.status !== 200) return answer.status
    return ((await answer.json()) as Record<string, unknown>)[name]
  }

const good = { redirect_uris: ['https://client.example/callback'] }
const evil = { 'Content-Type': 'application/json', Origin: 'http://evil.example' }

/** What one request shows of the conformant server and of the faulty one. */
const proofs: Record<string, { probe: Probe; sound: unknown; faulty: unknown }> = {
  'register-discloses-secret': {
    probe: register(good, (_answer, json) => [json['client_id'], json['client_secret']]),
    sound: [undefined, undefined],
    faulty: ['our-client', secret],
  },
  'register-echoes': {
    probe: register(
      { redirect_uris: ['javascript:alert(1)'], grant_types: ['password'] },
      ({ status }, json) => [status, json['redirect_uris'], json['grant_types']],
    ),
    sound: [404, undefined, undefined],
    faulty: [201, ['javascript:alert(1)'], ['password']],
  },
  'register-wrong-errors': { probe: register([], ({ status }) => status), sound: 404, faulty: 500 },
  'two-registration-endpoints': {
    probe: async (target) => [
      await member('/.well-known/oauth-authorization-server', 'registration_endpoint')(target),
      await register(good, ({ status }) => status)(target),
    ],
    sound: [307, 404],
    faulty: [expect.stringMatching(/\/oauth\/register$/), 201],
  },
  'foreign-as-metadata': {
    probe: member('/.well-known/oauth-authorization-server', 'issuer'),
    sound: 307,
    faulty: expect.stringMatching(/^http:/),
  },
  'openid-without-pkce': {
    probe: member('/.well-known/openid-configuration', 'code_challenge_methods_supported'),
    sound: 307,
    faulty: undefined,
  },
  'dev-token-open': {
    probe: member('/dev/token', 'token_type'),
    sound: 404,
    faulty: 'Bearer',
  },
  'cors-credentialed-wildcard': {
    probe: async ({ get }) => {
      const asked = { Origin: 'http://evil.example', 'Access-Control-Request-Method': 'POST' }
      const { headers } = await get('/mcp/mcp', { method: 'OPTIONS', headers: asked })
      return ['origin', 'credentials'].map((each) => headers.get(`access-control-allow-${each}`))
    },
    sound: [null, null],
    faulty: ['http://evil.example', 'true'],
  },
  'stray-authorization-routes': {
    probe: async ({ get }) => [
      (await get('/mcp/.well-known/oauth-authorization-server')).status,
      (await get('/mcp/token', { method: 'POST' })).status,
    ],
    sound: [401, 401],
    faulty: [200, 500],
  },
  'sse-unbound': {
    probe: async ({ get, mint }) => {
      const bearer = (user: 'a' | 'b'): object => ({ Authorization: `Bearer ${mint(user)}` })
      const stream = await get('/mcp/sse', { headers: { ...bearer('a') } })
      const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
      const where = /data: (\S+)/.exec((await reader?.read())?.value ?? '')?.[1] ?? ''
      const { status } = await get(where, {
        method: 'POST',
        headers: { ...bearer('b'), 'Content-Type': 'application/json' },
        body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      })
      await reader?.cancel()
      return status
    },
    sound: 404,
    faulty: 202,
  },
  'no-host-guard': {
    probe: async ({ get }) => (await get('/mcp/mcp', { method: 'POST', headers: evil })).status,
    sound: 403,
    faulty: 401,
  },
  'bare-401': {
    probe: async ({ get }) => (await get('/mcp/mcp')).headers.get('www-authenticate'),
    sound: expect.stringContaining('resource_metadata='),
    faulty: null,
  },
  'audience-is-client-id': {
    probe: async ({ get }) => {
      const { subject } = issuer.users.a
      const token = issuer.mint({
        user: subject,
        header: { typ: 'JWT' },
        claims: { aud: 'our-client', scope: null },
      })
      return (await get('/nowhere', { headers: { Authorization: `Bearer ${token}` } })).status
    },
    sound: 401,
    faulty: 404,
  },
}

it.each(Object.entries(proofs))('%s', async (fault, { probe, sound, faulty }) => {
  expect(await probe(await start(''))).toEqual(sound)
  expect(await probe(await start(fault))).toEqual(faulty)
})

it('are there, each with a sentence', () => {
  for (const { about } of Object.values(faults)) expect(about).toMatch(/\.$/)
  expect(Object.keys(faults)).toEqual(expect.arrayContaining(original))
  expect(Object.keys(proofs)).toEqual(expect.arrayContaining(namesNotYetJudged(faults)))
})

it('a registration that is only in the wrong place keeps to RFC 7591', async () => {
  const { get } = await start('two-registration-endpoints')
  const ask = async (body: string): Promise<unknown[]> => {
    const answer = await get('/register', { method: 'POST', body })
    const json = (await answer.json()) as Record<string, unknown>
    return [answer.status, answer.headers.get('cache-control'), json['error'], json['client_id']]
  }
  const first = await ask(JSON.stringify(good))
  const second = await ask(JSON.stringify(good))
  expect(first.slice(0, 3)).toEqual([201, 'no-store', undefined])
  expect(first[3]).not.toBe(second[3])
  const refused = (error: string): unknown[] => [400, 'no-store', error, undefined]
  expect(await ask('{')).toEqual(refused('invalid_client_metadata'))
  expect(await ask('[]')).toEqual(refused('invalid_client_metadata'))
  expect(await ask('{"redirect_uris":["http://client.example/x"]}')).toEqual(
    refused('invalid_redirect_uri'),
  )
  expect(await ask('{"redirect_uris":["http://localhost/x"],"grant_types":["password"]}')).toEqual(
    refused('invalid_client_metadata'),
  )
})

it('original is the published example with all its defects', { timeout: 120_000 }, async () => {
  const result = await runConformance({
    server: 'clerk-bearer',
    revision: '2025-11-25',
    env: { FAULT: 'original' },
    only: ['challenge.*', 'prm.*', 'token.exp-*', 'token.nbf-*', 'token.audience-client-id*'],
  })
  const red = result.verdicts.filter(({ outcome }) => outcome === 'violation')
  expect(result.verdict.kind).toBe('not-conformant')
  expect([...new Set(red.map(({ check }) => check))]).toEqual(
    expect.arrayContaining([
      'challenge.www-authenticate-on-401',
      'prm.well-known-path-inserted',
      'prm.jwks-uri-own-keys/url',
      'token.audience-client-id-rejected',
      'token.exp-missing/rfc9068',
      'token.nbf-future',
    ]),
  )
})
