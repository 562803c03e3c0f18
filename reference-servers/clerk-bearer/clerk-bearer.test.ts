import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clerkProfile, sessionToken } from '../../mocks/profiles/clerk.ts'
import { serveIssuer, type ServedIssuer } from '../../mocks/serve-issuer.ts'
import { stateless } from '../local-rsa/tested-server.ts'
import type { RunningServer } from '../resource-server/run-program.ts'
import { clerkBearer } from './server.ts'

let issuer: ServedIssuer
let server: RunningServer
let base = ''
const opened: { close(): Promise<void> }[] = []

beforeAll(async () => {
  issuer = await serveIssuer({ profile: clerkProfile({ audience: true }) })
  server = await start()
  base = new URL(server.url).origin
})
afterAll(async () => {
  await Promise.all([...opened, issuer].map((each) => each.close()))
})

async function start(env: Record<string, string> = {}): Promise<RunningServer> {
  const started = await clerkBearer.start({
    PORT: '0',
    CLERK_ISSUER: issuer.url,
    LOG_LEVEL: 'silent',
    ...env,
  })
  opened.push(started)
  return started
}

type Order = Parameters<ServedIssuer['mint']>[0]

const mint = (change: Order = {}): string =>
  issuer.mint({
    user: issuer.users.a.subject,
    scopes: ['profile', 'email'],
    audience: [server.url],
    ...change,
  })

const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` })

const get = (where: string, init: RequestInit = {}): Promise<Response> =>
  fetch(new URL(where, base), { redirect: 'manual', ...init })

/** The status of a request to the endpoint with this token. */
async function statusWith(token: string): Promise<number> {
  const { headers, body } = stateless('tools/list')
  const response = await fetch(server.url, {
    method: 'POST',
    headers: {
      ...headers,
      ...bearer(token),
      Accept: 'application/json, text/event-stream',
      'Content-Type': 'application/json',
    },
    body: JSON.stringify(body),
  })
  await response.text()
  return response.status
}

describe('what is open to everybody', () => {
  it.each([
    ['GET', '/mcp/health', 200],
    ['GET', '/docs', 200],
    ['GET', '/openapi.json', 200],
    ['GET', '/.well-known/oauth-protected-resource/mcp/mcp', 200],
    ['GET', '/.well-known/oauth-protected-resource', 200],
    ['POST', '/register', 404],
    ['GET', '/dev/token', 404],
    ['GET', '/mcp', 401],
    ['GET', '/mcp/mcp', 401],
    ['GET', '/mcp/sse', 401],
    ['POST', '/mcp/messages/', 401],
    ['GET', '/mcp/authorize', 401],
    ['GET', '/mcp/.well-known/oauth-authorization-server', 401],
  ])('%s %s is %i', async (method, where, status) => {
    expect((await get(where, { method })).status).toBe(status)
  })

  it('answers 404 as the published server does, also behind the lock', async () => {
    const register = await get('/register', { method: 'POST' })
    expect(await register.json()).toEqual({ detail: 'Not Found' })
    const nowhere = await get('/nowhere', { headers: bearer(mint()) })
    expect([nowhere.status, await nowhere.json()]).toEqual([404, { detail: 'Not Found' }])
  })

  it('says that it is well, to every page', async () => {
    const health = await get('/mcp/health', { headers: { Origin: 'http://localhost:6274' } })
    expect(await health.text()).toBe('OK')
    expect(health.headers.get('access-control-allow-origin')).toBe('*')
    expect(health.headers.get('access-control-allow-credentials')).toBe(null)
  })

  it('describes itself as a resource of the Clerk instance', async () => {
    const own = await get('/.well-known/oauth-protected-resource/mcp/mcp')
    const document: unknown = await own.json()
    expect(document).toEqual({
      resource: `${base}/mcp/mcp`,
      authorization_servers: [issuer.url],
      scopes_supported: ['profile'],
      bearer_methods_supported: ['header'],
      resource_name: 'MCP OAuth Server Example',
      resource_documentation: `${base}/docs`,
    })
    expect(await (await get('/.well-known/oauth-protected-resource')).json()).toEqual(document)
  })

  it.each(['oauth-authorization-server', 'openid-configuration'])(
    'sends those who look for %s to the issuer, whose document it is',
    async (name) => {
      const sent = await get(`/.well-known/${name}`)
      expect([sent.status, sent.headers.get('location')]).toEqual([
        307,
        `${issuer.url}/.well-known/${name}`,
      ])
      const document = await fetch(sent.headers.get('location') ?? '')
      expect(await document.json()).toMatchObject({ issuer: issuer.url })
    },
  )

  it('documents each of its paths, on a page and for programs', async () => {
    const api = (await (await get('/openapi.json')).json()) as { paths: Record<string, object> }
    const page = await get('/docs')
    const text = await page.text()
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(Object.keys(api.paths)).toContain('/mcp/mcp')
    expect(Object.keys(api.paths)).not.toContain('/dev/token')
    for (const [where, operations] of Object.entries(api.paths)) {
      expect(text).toContain(`<code>${where}</code>`)
      for (const method of Object.keys(operations)) {
        const { status } = await get(where, { method: method.toUpperCase() })
        expect([200, 307, 401], `${method} ${where}`).toContain(status)
      }
    }
  })
})

describe('the tools', () => {
  const init = (): { requestInit: { headers: Record<string, string> } } => ({
    requestInit: { headers: bearer(mint()) },
  })
  const transports = {
    'Streamable HTTP': () => new StreamableHTTPClientTransport(new URL(server.url), init()),
    'the older transport': () => new SSEClientTransport(new URL('/mcp/sse', base), init()),
  }
  it.each(Object.entries(transports))('answer over %s', async (_name, open) => {
    const client = new Client({ name: 'test', version: '1' })
    await client.connect(open() as Parameters<Client['connect']>[0])
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['hello', 'add_numbers'])
    const greeting = await client.callTool({ name: 'hello', arguments: { name: 'World' } })
    expect(greeting.content).toEqual([
      { type: 'text', text: 'Hello, World! This is a protected endpoint.' },
    ])
    const sum = await client.callTool({ name: 'add_numbers', arguments: { a: 2, b: 3 } })
    expect(sum.content).toEqual([{ type: 'text', text: '5' }])
    const wrong = await client.callTool({ name: 'add_numbers', arguments: { a: 2.5, b: 'x' } })
    expect(wrong.isError).toBe(true)
    await client.close()
  })

  it('answer on the stateless wire', async () => {
    const { headers, body } = stateless('tools/call', {
      name: 'add_numbers',
      arguments: { a: 2, b: 3 },
    })
    const answer = await fetch(server.url, {
      method: 'POST',
      headers: {
        ...headers,
        ...bearer(mint()),
        Accept: 'application/json, text/event-stream',
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(body),
    })
    expect(await answer.json()).toMatchObject({ result: { content: [{ text: '5' }] } })
  })
})

describe('a stream of the older transport', () => {
  const message = { jsonrpc: '2.0', id: 1, method: 'ping' }
  const post = (where: string, token?: string): Promise<Response> =>
    get(where, {
      method: 'POST',
      headers: { ...(token && bearer(token)), 'Content-Type': 'application/json' },
      body: JSON.stringify(message),
    })

  it('takes messages of its owner alone, each with a token of its own', async () => {
    const stream = await get('/mcp/sse', { headers: bearer(mint()) })
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    const first = (await reader?.read())?.value ?? ''
    const where = /^event: endpoint\ndata: (\/mcp\/messages\/\?sessionId=\S+)\n\n$/.exec(first)?.[1]
    expect(where).toBeDefined()
    const messages = where ?? ''

    expect((await post(messages)).status).toBe(401)
    expect((await post(messages, mint({ lifetime: -60 }))).status).toBe(401)
    const foreign = await post(messages, mint({ user: issuer.users.b.subject }))
    expect([foreign.status, await foreign.text()]).toEqual([404, 'Could not find session'])
    const own = await post(messages, mint())
    expect([own.status, await own.text()]).toEqual([202, 'Accepted'])
    expect((await reader?.read())?.value).toContain('"id":1')

    await reader?.cancel()
    await expect.poll(async () => (await post(messages, mint())).status).toBe(404)
  })

  it('is opened by GET, and written to by POST', async () => {
    const posted = await post('/mcp/sse', mint())
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET'])
    const got = await get('/mcp/messages/', { headers: bearer(mint()) })
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

describe('tokens of Clerk', () => {
  it('are those of the service', () => {
    const claims = decodeJwt(mint())
    expect(claims).toMatchObject({ aud: server.url, client_id: issuer.clientId })
    expect(claims['scope']).toBe('profile email')
  })
  it.each<[what: string, order: Order, status: number]>([
    ['of a user, for this server', {}, 200],
    ['with the scopes in a list named scp', { claims: { scope: null, scp: ['profile'] } }, 200],
    ['typed with the whole media type', { header: { typ: 'application/at+jwt' } }, 200],
    ['without aud, as older instances write them', { audience: [] }, 401],
    ['whose aud is the client id', { claims: { aud: 'dGd3hVEbAbMZNBbK' } }, 401],
    [
      'of another instance, under the same keys',
      { claims: { iss: 'https://x.clerk.accounts.dev' } },
      401,
    ],
    ['typed JWT', { header: { typ: 'JWT' } }, 401],
    ['without exp', { claims: { exp: null } }, 401],
    ['that begins later', { claims: { nbf: Math.floor(Date.now() / 1000) + 600 } }, 401],
    ['without the scope', { scopes: ['email'] }, 403],
    ['with the scope in a text that is no list', { claims: { scope: null, scp: 'profile' } }, 403],
  ])('%s', async (_what, order, status) => {
    expect(await statusWith(mint(order))).toBe(status)
  })
  it('that are session tokens are no access tokens', async () => {
    expect(await statusWith(sessionToken(issuer, issuer.users.a, base))).toBe(401)
  })
})

describe('the settings', () => {
  it('need an issuer', async () => {
    await expect(clerkBearer.start({ PORT: '0' })).rejects.toThrow(/^CLERK_ISSUER is not set/)
  })
  it('take a base URL without a path', async () => {
    await expect(start({ BASE_URL: 'http://127.0.0.1:8000/app' })).rejects.toThrow(/^BASE_URL is/)
  })
  it('say what aud must name', async () => {
    server = await start({ CLERK_AUDIENCE: 'https://mcp.example' })
    expect(await statusWith(mint())).toBe(401)
    expect(await statusWith(mint({ audience: ['https://mcp.example'] }))).toBe(200)
  })
})

describe('the token for development', () => {
  it('is given on loopback to whoever turned it on, and speaks for nobody of the instance', async () => {
    server = await start({ DEV_TOKEN: '1' })
    const answer = await fetch(new URL('/dev/token', server.url))
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const given = (await answer.json()) as Record<string, string>
    expect(given).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'profile' })
    const token = given['access_token'] ?? ''
    expect(decodeJwt(token)).toMatchObject({
      iss: `${new URL(server.url).origin}/dev`,
      sub: 'dev-user',
      aud: server.url,
    })
    expect(await statusWith(token)).toBe(200)
    const document = await fetch(
      new URL('/.well-known/oauth-protected-resource/mcp/mcp', server.url),
    )
    expect(await document.json()).toMatchObject({ authorization_servers: [issuer.url] })
    // each process has its own key
    server = await start({ DEV_TOKEN: '1', BASE_URL: new URL(server.url).origin })
    expect(await statusWith(token)).toBe(401)
  })
  it('is not given to a network', async () => {
    await expect(start({ DEV_TOKEN: '1', HOST: '0.0.0.0' })).rejects.toThrow(/loopback/)
  })
})

describe('the log of the process', () => {
  it('tells of each request, and of no credential', async () => {
    const main = path.join(import.meta.dirname, '../../dist/reference-servers/clerk-bearer/main.js')
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env['PATH'], PORT: '0', CLERK_ISSUER: issuer.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await expect.poll(() => output).toContain('listens on')
    const url = /listens on (\S+)/.exec(output)?.[1] ?? ''
    const token = mint({ audience: [url] })
    await fetch(`${url}?access_token=${token}`, {
      headers: { ...bearer(token), 'X-Access-Token': token, Cookie: `token=${token}` },
    })
    await expect.poll(() => output).toContain('answered')
    child.kill()
    await once(child, 'exit')

    expect(output).not.toContain(token.slice(0, 40))
    expect(output).not.toContain(token.split('.')[2])
    const line = output.split('\n').find((each) => each.includes('answered')) ?? ''
    expect(JSON.parse(line)).toMatchObject({
      level: 30,
      request: {
        method: 'GET',
        path: '/mcp/mcp',
        headers: { authorization: '[redacted]', host: new URL(url).host },
      },
      status: 400,
      caller: { subject: issuer.users.a.subject, client: issuer.clientId },
    })
  })
})
