import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { auth0Audience, ownAccessTokens } from '../../mocks/profiles/auth0.ts'
import {
  ask,
  call,
  message,
  startAuth0System,
  type TestedSystem,
} from '../../tests/auth0-system.ts'
import { readApiSettings, readSettings } from './settings.ts'

const api = 'http://localhost:8787'
const metadata = 'https://mcp.acme.test/.well-known/oauth-protected-resource/mcp'
let system: TestedSystem

beforeAll(async () => {
  system = await startAuth0System()
}, 60_000)
afterAll(() => system.close())
beforeEach(() => {
  system.calls.length = 0
  system.api.answer = null
})

const greet = (
  token = system.mint(),
  args: Record<string, unknown> = { name: ' Ada ' },
): ReturnType<typeof call> => call(system, token, 'greet', args)

/** Answers the next exchanges with these members, over what a tenant says. */
async function answerExchange(members: object, status = 200): Promise<void> {
  const body = JSON.stringify(
    Object.assign(
      { access_token: ofApi(), token_type: 'Bearer', expires_in: 60, scope: 'read:private' },
      members,
    ),
  )
  const { undo } = await system.tenant.arrange({ response: { endpoint: 'token', status, body } })
  onTestFinished(undo)
}

function ofApi(claims = {}): string {
  return system.mint({ audience: [api], scopes: ['read:private'], claims })
}

describe('the door of the MCP server', () => {
  it('publishes its metadata at both well-known URLs', async () => {
    for (const path of ['/mcp', '']) {
      const url = new URL(`/.well-known/oauth-protected-resource${path}`, system.url)
      expect((await ask(url.href)).json).toEqual({
        resource: auth0Audience,
        authorization_servers: [system.tenant.url],
        scopes_supported: ['tool:greet', 'tool:whoami'],
        bearer_methods_supported: ['header'],
        resource_name: 'Example MCP Server with Custom Token Exchange',
      })
    }
  })

  it('tells somebody without a token where to get one, and what to ask for', async () => {
    const answer = await ask(system.url, message('tools/list'))
    expect(answer.status).toBe(401)
    expect(answer.challenge).toBe(
      `Bearer resource_metadata="${metadata}", scope="tool:greet tool:whoami"`,
    )
  })

  it.each([
    ['the claims of another issuer', { claims: { iss: 'https://other.example/' } }],
    ['another audience', { audience: [api] }],
    ['no client', { claims: { azp: null } }],
    ['no subject', { claims: { sub: null } }],
    ['no end', { claims: { exp: null } }],
    ['the type of another purpose', { header: { typ: 'logout+jwt' } }],
    ['what only ID tokens have', { claims: { nonce: 'n' } }],
    ['a key that it is bound to', { claims: { cnf: { jkt: 'x' } } }],
  ])('refuses a token with %s', async (_what, change) => {
    const answer = await ask(system.url, { token: system.mint(change), ...message('tools/list') })
    expect(answer.status).toBe(401)
    expect(answer.json).toEqual({ error: 'invalid_token', error_description: 'Invalid token' })
    expect(answer.challenge).toContain('error="invalid_token", error_description="Invalid token"')
  })

  it.each(['JWT', 'at+jwt', 'application/at+jwt'])('takes access tokens typed %s', async (typ) => {
    const token = system.mint({ header: { typ } })
    expect((await ask(system.url, { token, ...message('tools/list') })).status).toBe(200)
  })

  it('says of a header that it cannot read that it cannot read it', async () => {
    const answer = await ask(system.url, {
      headers: { Authorization: 'Bearer one two' },
      body: {},
    })
    expect(answer.status).toBe(400)
    expect(answer.json).toEqual({
      error: 'invalid_request',
      error_description: 'Invalid Authorization header format',
    })
  })

  it.each(['greet', 'whoami'])('answers a call of %s without its scope by 403', async (name) => {
    const token = system.mint({ scopes: [] })
    const answer = await ask(system.url, { token, ...message('tools/call', { name }) })
    expect(answer.status).toBe(403)
    expect(answer.challenge).toContain('error="insufficient_scope"')
    expect(answer.challenge).toContain(`scope="tool:${name}"`)
  })
})

describe('the tools', () => {
  it('are listed for everybody, read-only and with what they give', async () => {
    const { json } = await ask(system.url, {
      token: system.mint({ scopes: [] }),
      ...message('tools/list'),
    })
    const { tools } = json['result'] as unknown as { tools: Record<string, unknown>[] }
    expect(tools.map(({ name, title, annotations }) => [name, title, annotations])).toEqual([
      ['whoami', 'Who Am I Tool', { readOnlyHint: true }],
      ['greet', 'Greet User with Custom Token Exchange', { readOnlyHint: true }],
      ['get_datetime', 'Get DateTime', { readOnlyHint: true }],
    ])
    expect(tools.map(({ outputSchema }) => outputSchema)).toEqual([
      expect.objectContaining({ required: ['user', 'scopes'] }),
      expect.objectContaining({ required: ['result'] }),
      expect.objectContaining({ required: ['result'] }),
    ])
  })

  it('whoami says who the token is about', async () => {
    const token = system.mint({ claims: { name: 'Alice', gty: 'x' } })
    const said = {
      user: { sub: system.tenant.users.a.subject, azp: system.tenant.clientId, name: 'Alice' },
      scopes: ['tool:greet', 'tool:whoami'],
    }
    const { text, data } = await call(system, token, 'whoami')
    expect(data).toEqual(said)
    expect(text).toBe(JSON.stringify(said, null, 2))
  })

  it('get_datetime needs no scope and says microseconds', async () => {
    const { text, data } = await call(system, system.mint({ scopes: [] }), 'get_datetime')
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/)
    expect(data).toEqual({ result: text })
  })

  it('greet adds what the API says to this caller', async () => {
    const { sub } = decodeJwt(system.mint())
    const said = { msg: 'Hello from upstream API', sub, scopes: ['read:private'] }
    const { text, data } = await greet()
    expect(text).toBe(
      `Hello, Ada (${sub})!\nUpstream API Response: ${JSON.stringify(said, null, 2)}`,
    )
    expect(data).toEqual({ result: text })
  })

  it('greet works on the stateful wire as well', async () => {
    const token = system.mint()
    const opened = await ask(system.url, {
      token,
      body: {
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'test', version: '1' },
        },
      },
    })
    const headers = { 'Mcp-Session-Id': opened.headers.get('mcp-session-id') ?? '' }
    const params = { name: 'greet', arguments: { name: 'Ada' } }
    const body = { jsonrpc: '2.0', id: 2, method: 'tools/call', params }
    const { text } = await ask(system.url, { token, headers, body })
    expect(text).toContain('Hello from upstream API')
  })

  it('greet without a name is an error', async () => {
    const { json } = await ask(system.url, {
      token: system.mint(),
      ...message('tools/call', { name: 'greet', arguments: {} }),
    })
    expect(JSON.stringify(json)).toMatch(/name/)
    expect(system.calls).toEqual([])
  })
})

describe('the exchange', () => {
  it("trades the client's token for one of the API, with another audience and scope", async () => {
    const traded: string[] = []
    system.tenant.acceptSubjectType('urn:fastmcp:mcp', (request) => {
      traded.push(request.subjectToken)
      return ownAccessTokens(request)
    })
    const token = system.mint()
    await greet(token)
    expect(traded).toEqual([token])
    const [arrived] = system.calls
    expect(JSON.stringify(arrived)).not.toContain(token)
    const issued = decodeJwt(String(arrived?.headers.authorization).slice('Bearer '.length))
    expect(issued).toMatchObject({
      aud: api,
      scope: 'read:private',
      sub: system.tenant.users.a.subject,
      iss: system.tenant.url,
    })
  })

  it('is made by the SDK of the vendor', async () => {
    await greet()
    const request = system.tenant.requests().findLast(({ endpoint }) => endpoint === 'token')
    const sdk = Buffer.from(request?.header['auth0-client'] ?? '', 'base64url').toString()
    expect(JSON.parse(sdk)).toMatchObject({ name: '@auth0/auth0-auth-js' })
  })

  it.each([
    ['is refused', { error: 'access_denied', error_description: 'tenant text' }, 403],
    ['fails', { error: 'server_error', error_description: 'tenant text' }, 500],
    ['gives no access token', { access_token: undefined }, 200],
    ['gives no bearer token', { token_type: 'N_A' }, 200],
    ['gives a token of an unknown type', { token_type: 'mac' }, 200],
    [
      'gives another kind of token',
      { issued_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      200,
    ],
    ['gives a narrower scope', { scope: 'openid' }, 200],
  ])('that %s makes the call an error and leaves the API alone', async (_what, members, status) => {
    await answerExchange(members, status)
    expect(await greet()).toMatchObject({
      isError: true,
      text: 'Error executing tool greet: The upstream API could not be called for you.',
    })
    expect(system.calls).toEqual([])
  })

  it.each([
    ['another audience', { aud: 'https://other.example' }],
    ['another subject', { sub: 'auth0|somebody' }],
  ])('that gives a token with %s is an error too', async (_what, claims) => {
    await answerExchange({ access_token: ofApi(claims) })
    expect((await greet()).isError).toBe(true)
    expect(system.calls).toEqual([])
  })

  it('may give a token that nobody can read', async () => {
    system.api.answer = { status: 200, body: '{"msg":"hello"}' }
    await answerExchange({ access_token: 'opaque' })
    expect((await greet()).text).toContain('"msg": "hello"')
  })

  it.each([401, 403, 500])('API answers of %i make the call an error', async (status) => {
    system.api.answer = { status, body: '{"error":"upstream text"}' }
    const { isError, text } = await greet()
    expect(isError).toBe(true)
    expect(text).not.toContain('upstream text')
  })
})

describe('the API', () => {
  const at = (path: string): string => new URL(path, system.apiUrl).href

  it('has no use for the token of the MCP server', async () => {
    const answer = await ask(system.apiUrl, { token: system.mint() })
    expect(answer.status).toBe(401)
    expect(answer.json).toEqual({ error: 'invalid_token', error_description: 'Invalid token' })
    expect(answer.challenge).toBe(
      'Bearer error="invalid_token", error_description="Invalid token", scope="read:private"',
    )
  })

  it('serves a token of its own with its scope, and names a missing scope', async () => {
    expect((await ask(system.apiUrl, { token: ofApi() })).status).toBe(200)
    const answer = await ask(system.apiUrl, { token: system.mint({ audience: [api] }) })
    expect(answer.status).toBe(403)
    expect(answer.challenge).toContain('scope="read:private"')
    expect(answer.json).toEqual({
      error: 'insufficient_scope',
      error_description: 'Missing required scope: read:private',
    })
  })

  it.each([
    ['nothing', {}, ''],
    ['another scheme', { headers: { Authorization: 'Basic YTpi' } }, ''],
    ['a token in the query', {}, '?access_token=x'],
  ])('takes %s for no credentials', async (_what, asked, query) => {
    const answer = await ask(system.apiUrl + query, asked)
    expect([answer.status, answer.challenge]).toEqual([401, 'Bearer scope="read:private"'])
    expect(answer.json['error_description']).toBe('Missing or invalid Authorization header')
  })

  it('asks for a token before it says what is not there', async () => {
    expect((await ask(at('/other'))).status).toBe(401)
    expect((await ask(at('/other'), { token: ofApi() })).status).toBe(404)
    expect((await ask(system.apiUrl, { token: ofApi(), method: 'POST' })).status).toBe(405)
  })

  it('refuses tokens without a subject', async () => {
    expect((await ask(system.apiUrl, { token: ofApi({ sub: null }) })).status).toBe(401)
  })
})

describe('the configuration', () => {
  const env = {
    AUTH0_DOMAIN: 'acme.us.auth0.com',
    AUTH0_AUDIENCE: 'https://mcp.acme.test/mcp',
    API_AUTH0_AUDIENCE: api,
    MCP_AUTH0_CLIENT_ID: 'id',
    MCP_AUTH0_CLIENT_SECRET: 'secret',
    MCP_AUTH0_SUBJECT_TOKEN_TYPE: 'urn:fastmcp:mcp',
  }

  it('makes the issuer of the domain', () => {
    expect(readSettings(env).issuers).toEqual([
      { issuer: 'https://acme.us.auth0.com/', keys: { kind: 'discover' } },
    ])
    expect(readApiSettings(env)).toMatchObject({ baseUrl: api, scope: undefined })
  })

  it.each([
    [{ AUTH0_DOMAIN: '' }, 'AUTH0_DOMAIN is not set'],
    [{ AUTH0_DOMAIN: 'https://acme.us.auth0.com' }, 'which is not a bare host name'],
    [{ AUTH0_AUDIENCE: 'todo' }, 'which is not the URL of an MCP endpoint'],
    [{ MCP_SERVER_URL: 'https://other.example' }, 'different origins'],
    [{ CORS_ORIGINS: '*' }, 'CORS_ORIGINS holds "*"'],
  ])('%o is said in one sentence', (change, sentence) => {
    expect(() => readSettings({ ...env, ...change })).toThrow(sentence)
  })
})
