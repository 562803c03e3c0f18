import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MintOrder } from '../../mocks/tester-powers.ts'
import {
  closeGreetings,
  metadata,
  serverUrl,
  startGreeting,
  type GreetingSystem,
} from '../../tests/vendors/greeting-system.ts'
import { stateless } from '../local-rsa/tested-server.ts'

let system: GreetingSystem
beforeAll(async () => {
  system = await startGreeting()
})
afterAll(closeGreetings)

const metadataUrl = `${serverUrl}/.well-known/oauth-protected-resource`

async function connect(order: MintOrder = {}): Promise<Client> {
  const transport = new StreamableHTTPClientTransport(new URL(system.url), {
    requestInit: { headers: { Authorization: `Bearer ${system.mint(order)}` } },
  })
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport as Parameters<Client['connect']>[0])
  return client
}

const call = (name: string, args: object = {}): ReturnType<typeof stateless> =>
  stateless('tools/call', { name, arguments: args })

describe('the tools', () => {
  test('are served on the stateful wire', async () => {
    const client = await connect({ scopes: ['usr:read', 'admin'] })
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['greet_user', 'admin_tool', 'get_org_data'])
    const greeting = await client.callTool({ name: 'greet_user', arguments: { name: 'Saif' } })
    expect(greeting).toEqual({
      content: [{ type: 'text', text: 'Hi Saif, welcome to Scalekit!' }],
    })
    const administrator = await client.callTool({ name: 'admin_tool' })
    expect(administrator.content).toEqual([{ type: 'text', text: 'Welcome, administrator.' }])
    await client.close()
  })

  test('are served on the stateless wire', async () => {
    const { status, text } = await system.send(call('greet_user', { name: 'John' }))
    expect(status).toBe(200)
    expect(text).toContain('Hi John, welcome to Scalekit!')
  })

  test('say what is wrong with their arguments in the result', async () => {
    const client = await connect()
    const result = await client.callTool({ name: 'greet_user', arguments: {} })
    expect(result.isError).toBe(true)
    await client.close()
  })

  test.each([
    ['its own name', { org_id: 'org_9', oid: null }, 'org_9'],
    ["the vendor's name", { oid: 'org_8' }, 'org_8'],
    ['both', { org_id: 'org_9', oid: 'org_8' }, 'org_9'],
  ])('show the organization of a token that has it under %s', async (_name, claims, shown) => {
    const { text } = await system.send({ ...call('get_org_data'), token: system.mint({ claims }) })
    expect(JSON.parse(text)).toMatchObject({ result: { structuredContent: { org_id: shown } } })
  })
})

describe('a tool that a token does not allow', () => {
  test('is refused with the scopes that it needs', async () => {
    const { status, text, challenge } = await system.send(call('admin_tool'))
    expect([status, JSON.parse(text)]).toEqual([403, { error: 'Insufficient permissions' }])
    expect(challenge).toBe(
      'Bearer realm="OAuth", error="insufficient_scope", error_description="The access token lacks a scope that this request needs.", ' +
        `resource_metadata="${metadataUrl}", scope="usr:read admin"`,
    )
  })

  test('is refused to a token without an organization', async () => {
    const token = system.mint({ claims: { oid: null } })
    const { status, challenge } = await system.send({ ...call('get_org_data'), token })
    expect([status, challenge]).toEqual([403, expect.stringContaining('insufficient_scope')])
    expect((await system.send({ ...call('greet_user', { name: 'Saif' }), token })).status).toBe(200)
  })

  test.each([
    ['the text alone', { scopes: null }, 200],
    ['the list alone', { scope: null }, 200],
    ['an empty text beside the list', { scope: '' }, 403],
    ['neither', { scope: null, scopes: null }, 403],
  ])('reads the scopes of %s', async (_name, claims, status) => {
    const token = system.mint({ scopes: ['usr:read', 'admin'], claims })
    expect((await system.send({ ...call('admin_tool'), token })).status).toBe(status)
  })
})

describe('a refusal', () => {
  const named = `resource_metadata="${metadataUrl}", scope="usr:read"`
  const wrong =
    'error="invalid_token", error_description="The access token is expired, malformed, or not meant for this server.", '
  const missing = [401, { error: 'Missing Bearer token' }, `Bearer realm="OAuth", ${named}`]
  const bad = [401, { error: 'Invalid token' }, `Bearer realm="OAuth", ${wrong}${named}`]

  test.each([
    ['no token', {}, missing],
    ['another scheme', { Authorization: 'Basic YTpi' }, missing],
    ['a token that is none', { Authorization: 'Bearer invalid-token' }, bad],
  ])('of %s names the metadata', async (_name, headers, expected) => {
    const { status, text, challenge } = await system.send({ token: null, headers })
    expect([status, JSON.parse(text), challenge]).toEqual(expected)
  })

  test.each<[string, MintOrder]>([
    ['another issuer', { claims: { iss: 'https://other.example' } }],
    ['another server', { audience: ['https://other.example'] }],
    ['the past', { lifetime: -60 }],
    ['the future', { claims: { nbf: Math.floor(Date.now() / 1000) + 600 } }],
    ['eternity', { claims: { exp: null } }],
    ['nobody', { claims: { sub: null } }],
    ['a login', { claims: { nonce: 'n', at_hash: 'h' } }],
    ['another purpose', { header: { typ: 'logout+jwt' } }],
    ['a list of scopes that is none', { claims: { scopes: 'admin' } }],
  ])('meets a token of %s', async (_name, order) => {
    expect(await system.send({ token: system.mint(order) })).toMatchObject({
      status: 401,
      text: '{"error":"Invalid token"}',
    })
  })

  test.each(['at+jwt', null])('does not meet a token of the type %s', async (typ) => {
    expect((await system.send({ token: system.mint({ header: { typ } }) })).status).toBe(200)
  })

  test('takes the scheme in lower case', async () => {
    const headers = { Authorization: `bearer ${system.mint()}` }
    expect((await system.send({ token: null, headers })).status).toBe(200)
  })
})

describe('beside the endpoint', () => {
  test.each([null, 'invalid-token'])('is health, whatever the token: %s', async (token) => {
    const { status, text } = await system.send({ method: 'GET', path: '/health', token })
    expect([status, JSON.parse(text)]).toEqual([
      200,
      { status: 'healthy', server: 'Greeting MCP', version: '1.0.0' },
    ])
  })

  test('is the metadata that the operator wrote, with a name for people', async () => {
    const path = '/.well-known/oauth-protected-resource'
    const { text } = await system.send({ method: 'GET', path, token: null })
    expect(JSON.parse(text)).toEqual({
      ...metadata,
      authorization_servers: [`${system.issuer.url}/resources/res_71300000000000001`],
      resource_name: 'Greeting MCP',
    })
  })

  test('is no other metadata', async () => {
    const path = '/.well-known/openid-configuration'
    const { status, text } = await system.send({ method: 'GET', path, token: null })
    expect([status, text]).toEqual([404, 'Not Found'])
  })

  test.each([
    ['/docs', 'text/html'],
    ['/openapi.json', 'application/json'],
  ])('is %s, for those with a token', async (path, type) => {
    expect((await system.send({ method: 'GET', path, token: null })).status).toBe(401)
    const { status, headers } = await system.send({ method: 'GET', path })
    expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining(type)])
  })
})

describe('a web page', () => {
  const origin = { Origin: 'https://client.example' }

  test('asks before it sends a token', async () => {
    const headers = { ...origin, 'Access-Control-Request-Method': 'POST' }
    const answer = await system.send({ method: 'OPTIONS', token: null, headers })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-headers')).toContain('Authorization')
  })

  test('reads the challenge and the session id', async () => {
    const { headers } = await system.send({ token: null, headers: origin })
    expect(headers.get('access-control-allow-origin')).toBe('https://client.example')
    expect(headers.get('access-control-expose-headers')).toMatch(/WWW-Authenticate.*Mcp-Session-Id/)
  })

  test('of another origin is not served', async () => {
    const headers = { Origin: 'https://other.example' }
    expect((await system.send({ headers })).status).toBe(403)
  })
})

describe('the rate limit', () => {
  test('is said to have been reached, and when it ends', async () => {
    const limited = await startGreeting({ RATE_LIMIT: '2' })
    const headers = { Origin: 'https://client.example' }
    const statuses = [await limited.send(), await limited.send({ token: null })]
    expect(statuses.map(({ status }) => status)).toEqual([200, 401])
    const answer = await limited.send({ headers })
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      429,
      { error: 'Rate limit exceeded: 2 per 1 minute' },
    ])
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(answer.headers.get('access-control-expose-headers')).toContain('Retry-After')
    expect((await limited.send({ method: 'GET', path: '/health' })).status).toBe(200)
  })
})
