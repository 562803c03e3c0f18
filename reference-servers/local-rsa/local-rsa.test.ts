import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, importPKCS8 } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { localRsa } from './server.ts'
import {
  closeTestedServers,
  connectClient,
  startTestedServer,
  stateless,
  type Deviation,
  type TestedServer,
} from './tested-server.ts'

let server: TestedServer
beforeAll(async () => {
  server = await startTestedServer()
})
afterAll(closeTestedServers)

describe('the stateful wire', () => {
  test.each(['json', 'sse'])('serves the SDK client by %s', async (response) => {
    const target = await startTestedServer({ RESPONSE: response })
    const client = await connectClient(target)
    const greeting = await client.callTool({ name: 'greet', arguments: { name: 'World' } })
    expect(greeting.content).toEqual([
      { type: 'text', text: 'Hello, World! Your userid is alice.' },
    ])
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('write_note')
    const who = await client.callTool({ name: 'whoami' })
    expect(who.structuredContent).toEqual({ issuer: target.issuer.url, subject: 'alice' })
    await client.close()
  })

  test('keeps the notes of users apart', async () => {
    const alice = await connectClient(server)
    const bob = await connectClient(server, { claims: { sub: 'bob', email: 'alice@example.com' } })
    await alice.callTool({ name: 'add_note', arguments: { text: 'mine' } })
    expect((await alice.callTool({ name: 'list_notes' })).structuredContent).toEqual({
      notes: ['The own note of alice.', 'mine'],
    })
    expect((await bob.callTool({ name: 'list_notes' })).structuredContent).toEqual({
      notes: ['The own note of bob.'],
    })
    await Promise.all([alice.close(), bob.close()])
  })

  test('sends a message on the stream of the caller', async () => {
    const client = await connectClient(server)
    const message = new Promise((resolve) => {
      client.fallbackNotificationHandler = async (notification) => resolve(notification.method)
    })
    // The stream is opened after the handshake; the server only knows of it once it answers.
    const notify = (): unknown => client.callTool({ name: 'notify' })
    const again = setInterval(notify, 100)
    expect(await message).toBe('notifications/message')
    clearInterval(again)
    await client.close()
  })

  test('hides a session from everybody but its owner', async () => {
    const opened = await server.send({})
    const session = { 'Mcp-Session-Id': opened.headers.get('mcp-session-id') ?? '' }
    const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' }
    const bob = await server.issuer.mint({ claims: { sub: 'bob' } })
    expect((await server.send({ headers: session, body: list })).status).toBe(200)
    expect((await server.send({ headers: session, body: list, token: bob })).status).toBe(404)
    const ended = { method: 'DELETE', headers: session }
    expect((await server.send({ ...ended, token: bob })).status).toBe(404)
    expect((await server.send({ ...ended, token: null })).status).toBe(401)
    expect((await server.send(ended)).status).toBe(200)
    expect((await server.send({ headers: session, body: list })).status).toBe(404)
  })
})

describe('the stateless wire', () => {
  test.each(['json', 'sse'])('serves 2026-07-28 at the same endpoint by %s', async (response) => {
    const target = await startTestedServer({ RESPONSE: response })
    const greet = stateless('tools/call', { name: 'greet', arguments: { name: 'World' } })
    const answer = await target.send(greet)
    expect(answer.text).toContain('Hello, World! Your userid is alice.')
    expect(answer.status).toBe(200)
    expect((await target.send(stateless('server/discover'))).text).toContain('2026-07-28')
    expect((await target.send({ ...greet, token: null })).status).toBe(401)
  })

  test('opens a stream for messages', async () => {
    const listen = stateless('subscriptions/listen', { notifications: { toolsListChanged: true } })
    const response = await fetch(server.url, {
      method: 'POST',
      headers: {
        ...listen.headers,
        Authorization: `Bearer ${await server.issuer.mint()}`,
        Accept: 'application/json, text/event-stream',
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(listen.body),
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    await server.send(stateless('tools/call', { name: 'notify' }))
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString('utf8')
      if (text.includes('tools/list_changed')) break
    }
    expect(text).toContain('notifications/tools/list_changed')
  })
})

describe.each(['stateful', 'stateless'])('a guarded tool on the %s wire', (wire) => {
  test('needs its scope before it is dispatched', async () => {
    const params = { name: 'write_note', arguments: { text: 'x' } }
    const token = await server.issuer.mint({ claims: { scope: 'mcp:read' } })
    const stateful = { body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params } }
    const call = wire === 'stateless' ? stateless('tools/call', params) : stateful
    const denied = await server.send({ ...call, token })
    expect(denied.status).toBe(403)
    expect(denied.challenge).toBe(
      'Bearer error="insufficient_scope", error_description="The access token lacks a scope that this request needs.", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp", scope="mcp:read mcp:write"',
    )
  })
})

describe('refusals', () => {
  const metadata =
    'resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"'

  test('no credentials: where to get in, and no error', async () => {
    for (const headers of [{}, { Authorization: 'Basic dTpw' }, { Authorization: 'Token x' }]) {
      const answer = await server.send({ token: null, headers: { ...headers } })
      expect(answer.status).toBe(401)
      expect(answer.challenge).toBe(`Bearer ${metadata}, scope="mcp:read"`)
    }
  })

  test.each(['Bearer', 'Bearer a b', 'bearer\ta'])('%j is a bad request', async (line) => {
    const answer = await server.send({ token: null, headers: { Authorization: line } })
    expect(answer.status).toBe(400)
    expect(answer.challenge).toContain('Bearer error="invalid_request"')
  })

  test.each(['bearer', 'BEARER', 'bEaReR', 'Bearer '])(
    '%j is the scheme Bearer',
    async (scheme) => {
      const Authorization = `${scheme} ${await server.issuer.mint()}`
      expect((await server.send({ token: null, headers: { Authorization } })).status).toBe(200)
    },
  )

  const now = Math.floor(Date.now() / 1000)
  test.each<[string, Deviation]>([
    ['foreign audience', { claims: { aud: 'https://other.example/mcp' } }],
    ['no audience', { claims: { aud: undefined } }],
    ['audience within a list within a list', { claims: { aud: [['https://mcp.example/mcp']] } }],
    ['prefix of the audience', { claims: { aud: 'https://mcp.example/mcp/other' } }],
    ['foreign issuer', { claims: { iss: 'https://other.example' } }],
    ['no issuer', { claims: { iss: undefined } }],
    ['expired', { claims: { exp: now - 3600 } }],
    ['expired and without scope', { claims: { exp: now - 3600, scope: '' } }],
    ['without end', { claims: { exp: undefined } }],
    ['of tomorrow', { claims: { nbf: now + 600 } }],
    ['without subject', { claims: { sub: undefined } }],
    ['empty subject', { claims: { sub: '' } }],
    ['marked as a refresh token', { claims: { token_use: 'refresh' } }],
    ['client as a number', { claims: { client_id: 5 } }],
    ['typ JWT', { header: { typ: 'JWT' } }],
    ['no typ', { header: { typ: undefined } }],
    ['unknown kid', { header: { kid: 'two' } }],
    ['critical header', { header: { crit: ['urn:test:x'], 'urn:test:x': 1 } }],
  ])('%s: the token is refused', async (_name, deviation) => {
    const answer = await server.send({ token: await server.issuer.mint(deviation) })
    expect(answer.status).toBe(401)
    expect(answer.challenge).toBe(
      `Bearer error="invalid_token", error_description="The access token is expired, malformed, or not meant for this server.", ${metadata}, scope="mcp:read"`,
    )
  })

  test.each<[string, Deviation]>([
    ['a list of audiences', { claims: { aud: ['https://x.example', 'https://mcp.example/mcp'] } }],
    ['upper-case host', { claims: { aud: 'https://MCP.example/mcp' } }],
    ['media type in full', { header: { typ: 'application/AT+JWT' } }],
    ['no kid', { header: { kid: undefined } }],
    ['unknown claims', { claims: { x: { y: 1 } }, header: { z: 1 } }],
    ['issued in half a minute', { claims: { iat: now + 30 } }],
  ])('%s: the token holds', async (_name, deviation) => {
    expect((await server.send({ token: await server.issuer.mint(deviation) })).status).toBe(200)
  })

  test('a token elsewhere than in the header is none', async () => {
    const token = await server.issuer.mint()
    const query = await server.send({ token: null, path: `/mcp?access_token=${token}` })
    const cookie = await server.send({ token: null, headers: { Cookie: `access_token=${token}` } })
    expect([query.status, cookie.status]).toEqual([401, 401])
  })

  test('the header decides before body, path and method do', async () => {
    const big = 'x'.repeat(5_000_000)
    for (const body of ['{', big]) {
      expect((await server.send({ token: null, body })).status).toBe(401)
    }
    for (const path of ['/mcp/', '/x/..//mcp', '/%6dcp', '/MCP', '/sse', '/']) {
      expect((await server.send({ token: null, path })).status).toBe(401)
    }
    for (const method of ['GET', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS']) {
      expect((await server.send({ token: null, method })).status).toBe(401)
    }
    const put = await server.send({ method: 'PUT' })
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST, GET, DELETE'])
  })

  test('pages of other origins may not call', async () => {
    const answer = await server.send({ headers: { Origin: 'https://evil.example' } })
    expect(answer.status).toBe(403)
  })

  test('a client of its own is not the user of the same name', async () => {
    const target = await startTestedServer()
    const token = await target.issuer.mint({ claims: { client_id: 'alice' } })
    const who = stateless('tools/call', { name: 'whoami' })
    expect((await target.send({ ...who, token })).text).toContain('client:alice')
  })

  test('only listed clients may call where a list is set', async () => {
    const target = await startTestedServer({ CLIENT_ALLOWLIST: 'tester' })
    const token = await target.issuer.mint({ claims: { client_id: undefined, azp: 'tester' } })
    expect((await target.send({})).status).toBe(200)
    expect((await target.send({ token })).status).toBe(401)
  })
})

describe('metadata and CORS', () => {
  test.each(['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'])(
    '%s describes the resource',
    async (path) => {
      const headers = { 'X-Forwarded-Host': 'evil.example' }
      const answer = await server.send({ method: 'GET', path, token: null, headers })
      expect(answer.headers.get('content-type')).toContain('application/json')
      expect(JSON.parse(answer.text)).toEqual({
        resource: 'https://mcp.example/mcp',
        authorization_servers: [server.issuer.url],
        scopes_supported: ['mcp:read'],
        bearer_methods_supported: ['header'],
        resource_name: 'Local RSA notes',
      })
    },
  )

  test('a preflight of a named origin is answered without a token', async () => {
    const Origin = 'https://client.example'
    const target = await startTestedServer({ ALLOWED_ORIGINS: Origin })
    const headers = { Origin, 'Access-Control-Request-Method': 'POST' }
    const preflight = await target.send({ method: 'OPTIONS', token: null, headers })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(Origin)
    const refused = await target.send({ token: null, headers: { Origin } })
    expect(refused.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
  })
})

describe('keys', () => {
  test('a new key works at once, an old one ends with its publication', async () => {
    const target = await startTestedServer({ KEY_MAX_AGE_MS: '0' })
    expect((await target.send({})).status).toBe(200)
    const { publicKey, privateKey } = await generateKeyPair('RS256')
    target.issuer.keys.push({ ...(await exportJWK(publicKey)), kid: 'two' })
    const token = await target.issuer.mint({ header: { kid: 'two' }, key: privateKey })
    expect((await target.send({ token })).status).toBe(200)
    target.issuer.keys.shift()
    expect((await target.send({})).status).toBe(401)
  })

  test('an outage is no bad token, and good keys outlast it', async () => {
    const target = await startTestedServer()
    target.issuer.outage = { status: 500, body: '' }
    const cold = await target.send({})
    expect([cold.status, cold.challenge, cold.headers.get('retry-after')]).toEqual([503, '', '1'])
    target.issuer.outage = null
    expect((await target.send({})).status).toBe(200)
    target.issuer.outage = { status: 500, body: '' }
    const unknown = await target.issuer.mint({ header: { kid: 'two' } })
    expect((await target.send({ token: unknown })).status).toBe(503)
    expect((await target.send({})).status).toBe(200)
  })

  test('a cooldown bounds the requests for unknown keys', async () => {
    const target = await startTestedServer({ KEY_COOLDOWN_MS: '60000' })
    const token = await target.issuer.mint({ header: { kid: 'two' } })
    for (let count = 0; count < 5; count += 1) {
      expect((await target.send({ token })).status).toBe(401)
    }
    expect(target.issuer.requests).toHaveLength(1)
  })

  test.each(['<html>', '[]', '{"keys":null}', '{"keys":[', '{"keys":[]}', 'x'.repeat(2_000_000)])(
    'a key set of %.12s opens nothing',
    async (body) => {
      const target = await startTestedServer()
      target.issuer.outage = { status: 200, body }
      expect([401, 503]).toContain((await target.send({})).status)
      target.issuer.outage = null
      expect((await target.send({})).status).toBe(200)
    },
  )

  test('keys come from the metadata of the issuer itself', async () => {
    const target = await startTestedServer({ JWKS_URI: 'discover' })
    expect((await target.send({})).status).toBe(200)
    const misled = await startTestedServer({ JWKS_URI: 'discover' })
    misled.issuer.named = 'https://other.example'
    expect((await misled.send({})).status).toBe(503)
  })

  test('a pair of its own is made on the first start, for its owner only', async () => {
    const KEYS_DIR = join(mkdtempSync(join(tmpdir(), 'local-rsa-')), 'keys')
    const env = { KEYS_DIR, JWKS_URI: '' }
    const target = await startTestedServer(env)
    const path = join(KEYS_DIR, 'private.pem')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const key = await importPKCS8(readFileSync(path, 'utf8'), 'RS256')
    expect((await target.send({ token: await target.issuer.mint({ key }) })).status).toBe(200)
    expect((await target.send({})).status).toBe(401)
    const again = await startTestedServer({ ...env, ISSUER: target.issuer.url })
    const token = await target.issuer.mint({ key })
    expect((await again.send({ token })).status).toBe(200)
  })
})

describe('the environment', () => {
  test.each([
    [{}, 'ISSUER is not set.'],
    [{ ISSUER: 'x', RESPONSE: 'xml' }, 'RESPONSE is "xml". Allowed: json, sse.'],
    [{ ISSUER: 'x', KEY_MAX_AGE_MS: 'long' }, 'KEY_MAX_AGE_MS is "long"'],
    [{ ISSUER: 'x', FAULT: 'no-such' }, 'FAULT names "no-such"'],
  ])('%j is an error that says so', async (env, message) => {
    await expect(localRsa.start({ PORT: '0', JWKS_URI: 'discover', ...env })).rejects.toThrow(
      message,
    )
  })

  test('the resource defaults to the URL of the endpoint', async () => {
    const target = await startTestedServer({ RESOURCE: '' })
    const { text } = await target.send({
      method: 'GET',
      path: '/.well-known/oauth-protected-resource',
    })
    expect(JSON.parse(text)).toMatchObject({ resource: target.url })
  })
})
