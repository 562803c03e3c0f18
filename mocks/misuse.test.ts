import { createHash, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeJwt, exportJWK, SignJWT } from 'jose'
import type { JWTPayload } from 'jose'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createIssuer } from './issuer.ts'
import type { IssuerOptions, MockIssuer } from './issuer.ts'
import type { JsonObject } from './json.ts'
import { seededClient } from './seed.ts'

const url = 'https://issuer.example'
const redirectUri = 'https://app.example/callback'
const verifier = 'v'.repeat(43)
const challenge = createHash('sha256').update(verifier).digest('base64url')
const exchangeType = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessType = 'urn:ietf:params:oauth:token-type:access_token'

let now = 1_700_000_000
let issuer: MockIssuer

function made(options: Partial<IssuerOptions> = {}): MockIssuer {
  const mock = createIssuer({ url, clock: () => now, ...options })
  for (const client of [
    seededClient({ id: 'app', redirectUris: [redirectUri], postLogoutRedirectUris: [url] }),
    seededClient({ id: 'other', redirectUris: [redirectUri] }),
    seededClient({
      id: 'native',
      redirectUris: ['http://127.0.0.1/callback', 'http://localhost:1/callback'],
      applicationType: 'native',
    }),
  ]) {
    mock.core.state.clients.set(client.id, client)
  }
  return mock
}

beforeEach(() => {
  issuer = made()
})

const good = {
  response_type: 'code',
  client_id: 'app',
  redirect_uri: redirectUri,
  state: 'a state & "more"',
  scope: 'openid read',
  resource: 'https://target.example/mcp',
  code_challenge: challenge,
  code_challenge_method: 'S256',
}

type Change = Record<string, string | null>

function query(change: Change = {}): string {
  const entries = Object.entries({ ...good, ...change }).filter(([, value]) => value !== null)
  return new URLSearchParams(entries as [string, string][]).toString()
}

async function at(path: string, change: Change = {}, by = issuer): Promise<Response> {
  return by.handle(new Request(`${url}${path}?${query(change)}`))
}

async function post(path: string, form: Change, header: Record<string, string> = {}) {
  const entries = Object.entries(form).filter(([, value]) => value !== null)
  const body = new URLSearchParams(entries as [string, string][])
  const request = new Request(url + path, { method: 'POST', body, headers: header })
  const response = await issuer.handle(request)
  const text = await response.text()
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as JsonObject }
}

async function code(change: Change = {}): Promise<string> {
  const back = new URL(await issuer.authorize(`${url}/authorize?${query(change)}`))
  return back.searchParams.get('code') ?? ''
}

const byCode = (text: string, change: Change = {}): Change => ({
  grant_type: 'authorization_code',
  code: text,
  client_id: 'app',
  redirect_uri: redirectUri,
  code_verifier: verifier,
  ...change,
})

const refusedWith = async (answer: ReturnType<typeof post>): Promise<unknown[]> => {
  const { status, body } = await answer
  return [status, body['error']]
}

describe('the authorization endpoint', () => {
  it('sends the code with state and iss, and the error as well', async () => {
    const back = new URL(await issuer.authorize(`${url}/authorize?${query()}`))
    expect(back.origin + back.pathname).toBe(redirectUri)
    expect([...back.searchParams.keys()].toSorted()).toEqual(['code', 'iss', 'state'])
    expect(back.searchParams.get('state')).toBe(good.state)
    expect(back.searchParams.get('iss')).toBe(issuer.url)
    const denied = new URL(
      await issuer.authorize(`${url}/authorize?${query({ client_id: 'other' })}`, {
        consent: false,
      }),
    )
    expect(denied.searchParams.get('error')).toBe('access_denied')
    expect(denied.searchParams.get('state')).toBe(good.state)
    expect(denied.searchParams.get('iss')).toBe(issuer.url)
  })

  it.each([
    ['an unknown client', { client_id: 'nobody' }],
    ['no client', { client_id: null }],
    ['another path', { redirect_uri: `${redirectUri}/more` }],
    ['a path that climbs', { redirect_uri: `${redirectUri}/../callback` }],
    ['an added query', { redirect_uri: `${redirectUri}?a=b` }],
    ['another host', { redirect_uri: 'https://evil.example/callback' }],
    ['user-info', { redirect_uri: 'https://app.example@evil.example/callback' }],
    ['other case', { redirect_uri: 'https://app.example/CALLBACK' }],
    ['a final slash', { redirect_uri: `${redirectUri}/` }],
    ['http', { redirect_uri: 'http://app.example/callback' }],
    ['another port', { redirect_uri: 'https://app.example:8443/callback' }],
    [
      'localhost with another port',
      { client_id: 'native', redirect_uri: 'http://localhost:2/callback' },
    ],
    [
      'loopback with another path',
      { client_id: 'native', redirect_uri: 'http://127.0.0.1:2/other' },
    ],
    ['loopback of a web client', { redirect_uri: 'http://127.0.0.1:2/callback' }],
    [
      'loopback with user-info',
      { client_id: 'native', redirect_uri: 'http://127.0.0.1:2@evil.example/callback' },
    ],
  ])('shows %s on a page and sends nothing anywhere', async (_, change) => {
    const response = await at('/authorize', change)
    expect(response.status).toBe(400)
    expect(response.headers.get('location')).toBeNull()
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  })

  it.each([
    ['no challenge', { code_challenge: null, code_challenge_method: null }, 'invalid_request'],
    ['plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['no method, which means plain', { code_challenge_method: null }, 'invalid_request'],
    ['a short challenge', { code_challenge: 'abc' }, 'invalid_request'],
    ['no response type', { response_type: null }, 'invalid_request'],
    ['a token', { response_type: 'token' }, 'unsupported_response_type'],
    ['an ID token', { response_type: 'id_token token' }, 'unsupported_response_type'],
    ['a fragment', { response_mode: 'fragment' }, 'invalid_request'],
    ['a malformed scope', { scope: 'a"b' }, 'invalid_scope'],
    ['a relative resource', { resource: '/mcp' }, 'invalid_target'],
    ['a request object', { request: 'a.b.c' }, 'request_not_supported'],
    ['prompt=none without a session', { prompt: 'none' }, 'login_required'],
    ['prompt=none and more', { prompt: 'none login' }, 'invalid_request'],
    ['a wrong max_age', { max_age: 'x' }, 'invalid_request'],
  ])('tells the client of %s', async (_, change, error) => {
    const response = await at('/authorize', change)
    const back = new URL(response.headers.get('location') ?? '')
    expect(back.origin + back.pathname).toBe(redirectUri)
    expect(back.searchParams.get('error')).toBe(error)
    expect(back.searchParams.get('state')).toBe(good.state)
    expect(back.searchParams.get('iss')).toBe(issuer.url)
  })

  it('lets a native client choose the port of a loopback address', async () => {
    for (const port of ['', ':1', ':65000']) {
      const redirect = `http://127.0.0.1${port}/callback`
      const change = { client_id: 'native', redirect_uri: redirect }
      expect(await code(change)).not.toBe('')
    }
  })

  it('goes on with unknown parameters, by POST too, and answers as a form', async () => {
    expect(await code({ x_unknown: '1' })).not.toBe('')
    const request = new Request(`${url}/authorize`, {
      method: 'POST',
      body: new URLSearchParams(good),
    })
    expect((await issuer.handle(request)).status).toBe(200)
    const back = await issuer.authorize(`${url}/authorize?${query({ response_mode: 'form_post' })}`)
    expect(new URLSearchParams(new URL(back).hash.slice(1)).get('code')).not.toBeNull()
  })
})

describe('the pages', () => {
  const marker = `"><script>alert('x')</script>`

  async function page(by: MockIssuer, change: Change = {}) {
    const response = await at('/authorize', change, by)
    const text = await response.text()
    const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    const fields = Object.fromEntries(
      [...text.matchAll(/name="(login|form_token)" value="([^"]+)"/g)].map((each) => [
        each[1] ?? '',
        each[2] ?? '',
      ]),
    )
    return { response, text, cookie, fields }
  }

  const submit = (path: string, form: Record<string, string>, cookie: string) =>
    issuer.handle(
      new Request(url + path, {
        method: 'POST',
        body: new URLSearchParams(form),
        headers: { cookie },
      }),
    )

  const alice = { username: 'alice', password: 'wonderland' }

  it('cannot be framed, stored or scripted, and have a cookie bound to the host', async () => {
    const { response, text } = await page(issuer)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("form-action 'self' https://app.example")
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('set-cookie')).toMatch(
      /^__Host-browser=[\w-]{32}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    )
    expect(text).toContain('<html lang="en">')
    expect(text).not.toContain('<script')
    for (const id of ['username', 'password']) expect(text).toContain(`<label for="${id}">`)
  })

  it('escape what others named', async () => {
    const client = seededClient({ id: 'marked', name: marker, redirectUris: [redirectUri] })
    issuer.core.state.clients.set(client.id, client)
    const login = await page(issuer, {
      client_id: 'marked',
      scope: `read${'<b>'}`,
      login_hint: marker,
      state: marker,
    })
    const wrong = await submit(
      '/login',
      { ...login.fields, ...alice, username: marker },
      login.cookie,
    )
    const consent = await submit('/login', { ...login.fields, ...alice }, login.cookie)
    const unknown = await at('/authorize', { client_id: marker, redirect_uri: marker })
    const texts = [
      login.text,
      ...(await Promise.all([wrong, consent, unknown].map((r) => r.text()))),
    ]
    for (const text of texts) {
      expect(text).not.toContain('<script')
      expect(text).not.toContain('<b>')
    }
    expect(texts[0]).toContain('&#60;script&#62;')
    expect(texts[2]).toContain('&#60;b&#62;')
  })

  it('say that the password was wrong, for readers of screens too', async () => {
    const { fields, cookie } = await page(issuer)
    const wrong = await submit('/login', { ...fields, ...alice, password: 'x' }, cookie)
    expect(wrong.status).toBe(400)
    expect(await wrong.text()).toMatch(/role="alert"[^>]*>Username or password is wrong/)
  })

  it('show client, host of its document and host of the redirect before consent', async () => {
    const { fields, cookie } = await page(issuer)
    const text = await (await submit('/login', { ...fields, ...alice }, cookie)).text()
    for (const shown of ['app', 'app.example', good.resource, 'openid', 'read', 'alice']) {
      expect(text).toContain(`>${shown}<`)
    }
  })

  it.each(['/login', '/consent'])('take no form at %s that another site sent', async (path) => {
    const { fields, cookie } = await page(issuer)
    if (path === '/consent') await submit('/login', { ...fields, ...alice }, cookie)
    const form = { ...fields, ...alice, decision: 'allow' }
    const other = await page(issuer)
    for (const forged of [
      await submit(path, { ...form, form_token: '' }, cookie),
      await submit(path, { ...form, form_token: other.fields['form_token'] ?? '' }, cookie),
      await submit(path, form, ''),
      await submit(path, form, other.cookie),
    ]) {
      expect([400, 403]).toContain(forged.status)
      expect(forged.headers.get('location')).toBeNull()
    }
  })

  it('go through consent once for a client, and again for the next', async () => {
    const { fields, cookie } = await page(issuer)
    const consent = await (await submit('/login', { ...fields, ...alice }, cookie)).text()
    const [, token = ''] = /name="form_token" value="([^"]+)"/.exec(consent) ?? []
    const form = { login: fields['login'] ?? '', form_token: token, decision: 'allow' }
    expect((await submit('/consent', form, cookie)).status).toBe(303)
    expect((await submit('/consent', form, cookie)).status).toBe(400)
    const again = (change: Change) =>
      issuer.handle(new Request(`${url}/authorize?${query(change)}`, { headers: { cookie } }))
    expect((await again({ prompt: 'none' })).headers.get('location')).toContain('code=')
    expect((await again({ client_id: 'other' })).status).toBe(200)
    expect((await again({ scope: 'openid write' })).status).toBe(200)
    const none = await again({ client_id: 'other', prompt: 'none' })
    expect(none.headers.get('location')).toContain('error=consent_required')
    expect(await (await again({ prompt: 'login' })).text()).toContain('type="password"')
  })
})

describe('a code', () => {
  it('gives tokens once; the second time everything is taken back', async () => {
    const text = await code()
    const { status, body } = await post('/token', byCode(text))
    expect(status).toBe(200)
    const info = () =>
      issuer.handle(
        new Request(`${url}/userinfo`, {
          headers: { authorization: `Bearer ${String(body['access_token'])}` },
        }),
      )
    expect((await info()).status).toBe(200)
    expect(await refusedWith(post('/token', byCode(text)))).toEqual([400, 'invalid_grant'])
    expect((await info()).status).toBe(401)
    const refresh = { grant_type: 'refresh_token', client_id: 'app' }
    const token = String(body['refresh_token'])
    expect(await refusedWith(post('/token', { ...refresh, refresh_token: token }))).toEqual([
      400,
      'invalid_grant',
    ])
  })

  it('gives tokens once, and dead ones, when it comes twice at the same moment', async () => {
    const text = await code()
    const both = await Promise.all([post('/token', byCode(text)), post('/token', byCode(text))])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 400])
    const given = both.find(({ status }) => status === 200)
    const headers = { authorization: `Bearer ${String(given?.body['access_token'])}` }
    const info = await issuer.handle(new Request(`${url}/userinfo`, { headers }))
    expect(info.status).toBe(401)
  })

  it.each([
    ['an unknown one', { code: 'x' }, 'invalid_grant'],
    ['none', { code: null }, 'invalid_request'],
    ['another client', { client_id: 'other' }, 'invalid_grant'],
    ['another redirect', { redirect_uri: 'https://app.example/other' }, 'invalid_grant'],
    ['no redirect', { redirect_uri: null }, 'invalid_grant'],
    ['a wrong verifier', { code_verifier: 'w'.repeat(43) }, 'invalid_grant'],
    ['the challenge as the verifier', { code_verifier: challenge }, 'invalid_grant'],
    ['a short verifier', { code_verifier: 'v' }, 'invalid_grant'],
    ['no verifier', { code_verifier: null }, 'invalid_grant'],
    ['a foreign resource', { resource: 'https://other.example/mcp' }, 'invalid_target'],
  ])('is refused with %s, and still good for its owner', async (_, change, error) => {
    const text = await code()
    expect(await refusedWith(post('/token', byCode(text, change)))).toEqual([400, error])
    expect((await post('/token', byCode(text))).status).toBe(200)
  })

  it('expires after a minute', async () => {
    const text = await code()
    now += 60
    expect(await refusedWith(post('/token', byCode(text)))).toEqual([400, 'invalid_grant'])
  })
})

describe('a refresh token', () => {
  const refresh = (token: unknown, change: Change = {}) =>
    post('/token', {
      grant_type: 'refresh_token',
      client_id: 'app',
      refresh_token: String(token),
      ...change,
    })

  it('is good once; a used one that comes again ends its family', async () => {
    const { body } = await post('/token', byCode(await code()))
    const next = await refresh(body['refresh_token'])
    expect(next.status).toBe(200)
    expect(await refusedWith(refresh(body['refresh_token']))).toEqual([400, 'invalid_grant'])
    expect(await refusedWith(refresh(next.body['refresh_token']))).toEqual([400, 'invalid_grant'])
  })

  it('is good once when it comes twice at the same moment', async () => {
    const { body } = await post('/token', byCode(await code()))
    const both = [refresh(body['refresh_token']), refresh(body['refresh_token'])]
    const statuses = (await Promise.all(both)).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([200, 400])
  })

  it.each([
    ['another client', { client_id: 'other' }, 'invalid_grant'],
    ['a wider scope', { scope: 'read admin' }, 'invalid_scope'],
    ['another resource', { resource: 'https://other.example' }, 'invalid_target'],
    ['an unknown one', { refresh_token: 'x' }, 'invalid_grant'],
    ['none', { refresh_token: null }, 'invalid_request'],
  ])('is refused with %s', async (_, change, error) => {
    const { body } = await post('/token', byCode(await code()))
    expect(await refusedWith(refresh(body['refresh_token'], change))).toEqual([400, error])
    expect((await refresh(body['refresh_token'])).status).toBe(200)
  })

  it('keeps its end when it is rotated', async () => {
    let { body } = await post('/token', byCode(await code()))
    for (const days of [20, 9]) {
      now += days * 86_400
      ;({ body } = await refresh(body['refresh_token']))
      expect(body['access_token']).toBeTypeOf('string')
    }
    now += 86_400
    expect(await refusedWith(refresh(body['refresh_token']))).toEqual([400, 'invalid_grant'])
  })
})

describe('a token exchange', () => {
  const own = (): Change => ({ client_id: issuer.clientId, client_secret: issuer.clientSecret })
  const exchange = (change: Change): Change => ({
    grant_type: exchangeType,
    subject_token_type: accessType,
    resource: 'https://upstream.example/api',
    ...own(),
    ...change,
  })
  const subject = async (claims: JsonObject = {}): Promise<string> => {
    const parts = issuer.parts({ kind: 'access-token', user: 'a', audience: url, scopes: ['read'] })
    const payload = JSON.stringify({ ...parts.claims, ...claims })
    return issuer.sign({
      header: JSON.stringify(parts.header),
      payload,
      key: 'current',
      alg: 'RS256',
    })
  }

  it('gives a token about the same user for the target', async () => {
    const { status, body } = await post('/token', exchange({ subject_token: await subject() }))
    expect(status).toBe(200)
    expect(body['issued_token_type']).toBe(accessType)
    expect(decodeJwt(String(body['access_token']))).toMatchObject({
      sub: 'alice',
      aud: 'https://upstream.example/api',
      scope: 'read',
    })
  })

  it('refuses what is missing, unknown, forged, expired or too much', async () => {
    const token = await subject()
    const [header, payload] = token.split('.')
    const forged = `${header}.${payload}.${'A'.repeat(342)}`
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`
    for (const [change, error] of [
      [{ subject_token: null }, 'invalid_request'],
      [{ subject_token: token, subject_token_type: null }, 'invalid_request'],
      [{ subject_token: token, subject_token_type: 'urn:x' }, 'invalid_request'],
      [{ subject_token: token, subject_token_type: accessType.toUpperCase() }, 'invalid_request'],
      [{ subject_token: token, subject_token_type: 'constructor' }, 'invalid_request'],
      [{ subject_token: token, actor_token: token }, 'invalid_request'],
      [{ subject_token: token, actor_token_type: accessType }, 'invalid_request'],
      [{ subject_token: token, requested_token_type: 'urn:x' }, 'invalid_request'],
      [{ subject_token: forged }, 'invalid_request'],
      [{ subject_token: unsigned }, 'invalid_request'],
      [{ subject_token: await subject({ exp: now }) }, 'invalid_request'],
      [{ subject_token: await subject({ iss: 'https://evil.example' }) }, 'invalid_request'],
      [{ subject_token: token, scope: 'read admin' }, 'invalid_scope'],
      [{ subject_token: token, resource: 'relative' }, 'invalid_target'],
      [
        { subject_token: token, client_secret: null, client_id: 'app', resource: 'a:b#c' },
        'invalid_target',
      ],
    ] as const) {
      expect(await refusedWith(post('/token', exchange(change)))).toEqual([400, error])
    }
  })

  it('takes a token of a trusted issuer, for a user of its own', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const keys = { keys: [await exportJWK(publicKey)] } as unknown as JsonObject
    const minted = (claims: JWTPayload): Promise<string> =>
      new SignJWT({ iss: 'https://idp.example', sub: 'alice', aud: url, exp: now + 60, ...claims })
        .setProtectedHeader({ alg: 'ES256' })
        .sign(privateKey)
    const type = 'urn:ietf:params:oauth:token-type:jwt'
    const ask = async (claims: JWTPayload = {}) =>
      post('/token', exchange({ subject_token: await minted(claims), subject_token_type: type }))
    expect(await refusedWith(ask())).toEqual([400, 'invalid_request'])
    issuer.core.state.trustedIssuers.set('https://idp.example', keys)
    const { body } = await ask({ email: 'bob@example.com' })
    expect(decodeJwt(String(body['access_token'])).sub).toBe('https://idp.example|alice')
    for (const claims of [{ aud: 'https://else.example' }, { exp: now }, { iss: url }]) {
      expect(await refusedWith(ask(claims))).toEqual([400, 'invalid_request'])
    }
  })
})

describe('a registration', () => {
  const register = async (body: unknown, type = 'application/json') => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const request = new Request(`${url}/register`, {
      method: 'POST',
      body: text,
      headers: { 'content-type': type },
    })
    const response = await issuer.handle(request)
    return { status: response.status, body: (await response.json()) as JsonObject }
  }
  const native = { redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: 'none' }

  it('answers 201 with everything, another id each time, a secret where one is due', async () => {
    const one = await register({ ...native, x_test: 1, application_type: 'native' })
    expect(one.status).toBe(201)
    expect(one.body).toMatchObject({ ...native, grant_types: ['authorization_code'] })
    expect(one.body).not.toHaveProperty('client_secret')
    const secrets = await Promise.all([1, 2].map(() => register({ redirect_uris: [redirectUri] })))
    const [first, second] = secrets.map(({ body }) => body)
    expect(first?.['client_secret']).not.toBe(second?.['client_secret'])
    expect(first?.['client_id']).not.toBe(second?.['client_id'])
  })

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'http://remote.example/cb',
    'https://app.example/cb#x',
    'https://*.example/cb',
    'https://user@app.example/cb',
    '/relative',
    'myapp:/cb',
    '',
    7,
    null,
  ])('refuses the redirect URI %j', async (uri) => {
    const { status, body } = await register({ redirect_uris: [uri] })
    expect([status, body['error']]).toEqual([400, 'invalid_redirect_uri'])
  })

  it.each([
    ['no redirect', {}, 'invalid_redirect_uri'],
    ['an empty list', { redirect_uris: [] }, 'invalid_redirect_uri'],
    ['loopback for the web', { ...native, application_type: 'web' }, 'invalid_redirect_uri'],
    [
      'an unknown method',
      { ...native, token_endpoint_auth_method: 'x' },
      'invalid_client_metadata',
    ],
    ['other grants alone', { ...native, grant_types: ['password'] }, 'invalid_client_metadata'],
    ['other responses', { ...native, response_types: ['token'] }, 'invalid_client_metadata'],
    [
      'no keys',
      { ...native, token_endpoint_auth_method: 'private_key_jwt' },
      'invalid_client_metadata',
    ],
    ['a name that is none', { ...native, client_name: {} }, 'invalid_client_metadata'],
    ['a logo that is none', { ...native, logo_uri: 'javascript:x' }, 'invalid_client_metadata'],
    ['a list', [], 'invalid_client_metadata'],
    ['no JSON', '{', 'invalid_client_metadata'],
    ['too much', { ...native, x: 'x'.repeat(70_000) }, 'invalid_client_metadata'],
  ])('refuses %s', async (_, metadata, error) => {
    const { status, body } = await register(metadata)
    expect([status, body['error']]).toEqual([400, error])
  })

  it('is read, replaced and deleted with its own token alone', async () => {
    const { body } = await register(native)
    const address = String(body['registration_client_uri'])
    const manage = async (method: string, token: unknown, change?: JsonObject) => {
      const response = await issuer.handle(
        new Request(address, {
          method,
          headers: { authorization: `Bearer ${String(token)}`, 'content-type': 'application/json' },
          ...(change ? { body: JSON.stringify(change) } : {}),
        }),
      )
      const text = await response.text()
      return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as JsonObject }
    }
    const own = body['registration_access_token']
    const other = (await register(native)).body['registration_access_token']
    expect((await manage('GET', other)).status).toBe(401)
    expect((await manage('GET', own)).body).toEqual(body)
    const change = { ...native, client_id: String(body['client_id']), client_name: 'renamed' }
    expect((await manage('PUT', own, change)).body['client_name']).toBe('renamed')
    expect((await manage('PUT', own, { ...change, client_id: 'app' })).status).toBe(400)
    expect((await manage('DELETE', own)).status).toBe(204)
    expect((await manage('GET', own)).status).toBe(401)
    expect((await at('/authorize', { client_id: String(body['client_id']) })).status).toBe(400)
  })
})

describe('a client metadata document', () => {
  const served = { status: 200, type: 'application/json', text: '', requests: 0 }
  const server = createServer((request, response) => {
    served.requests += 1
    if (request.url?.startsWith('/stall') === true) return
    const location = request.url === '/redirect' ? { location: '/client.json' } : {}
    const status = request.url === '/redirect' ? 302 : served.status
    response.writeHead(status, { 'content-type': served.type, ...location }).end(served.text)
  })
  let origin = ''

  beforeEach(async () => {
    if (!server.listening) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    issuer = made({ documents: { loopback: true } })
    Object.assign(served, { status: 200, type: 'application/json', requests: 0 })
    serve()
  })
  afterAll(() => void server.close())

  const id = (path = '/client.json'): string => origin + path
  const serve = (change: JsonObject = {}): void => {
    const document = {
      client_id: id(),
      client_name: 'A Program',
      redirect_uris: ['http://127.0.0.1:9/callback'],
      ...change,
    }
    served.text = JSON.stringify(document)
  }
  const asked = (change: Change = {}): Promise<Response> =>
    at('/authorize', { client_id: id(), redirect_uri: 'http://127.0.0.1:8/callback', ...change })

  it('describes a client, whose host is shown, and is kept', async () => {
    expect((await asked()).status).toBe(200)
    await asked()
    expect(served.requests).toBe(1)
    const change = { client_id: id(), redirect_uri: 'http://127.0.0.1:8/callback' }
    const text = await code(change)
    const answer = await post('/token', byCode(text, change))
    expect(decodeJwt(String(answer.body['access_token']))['client_id']).toBe(id())
    expect((await asked({ redirect_uri: 'https://evil.example/callback' })).status).toBe(400)
  })

  it.each([
    ['another client_id', () => serve({ client_id: `${id()}/` })],
    ['no redirect URI', () => serve({ redirect_uris: [] })],
    ['a secret', () => serve({ client_secret: 'x' })],
    ['a secret method', () => serve({ token_endpoint_auth_method: 'client_secret_basic' })],
    ['HTML', () => Object.assign(served, { type: 'text/html' })],
    ['no JSON', () => Object.assign(served, { text: '<' })],
    ['an error', () => Object.assign(served, { status: 500 })],
    ['too much', () => serve({ x: 'x'.repeat(70_000) })],
  ])('is refused with %s, and read anew when it is corrected', async (_, spoil) => {
    spoil()
    const response = await asked()
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
    Object.assign(served, { status: 200, type: 'application/json' })
    serve()
    expect((await asked()).status).toBe(200)
  })

  it('is not fetched through a redirect', async () => {
    serve({ client_id: id('/redirect') })
    expect((await asked({ client_id: id('/redirect') })).status).toBe(400)
    expect(served.requests).toBe(1)
  })

  it('is given up after five seconds', async () => {
    const start = performance.now()
    expect((await asked({ client_id: id('/stall') })).status).toBe(400)
    expect(performance.now() - start).toBeLessThan(8_000)
    server.closeAllConnections()
  }, 10_000)

  it('is not fetched from a service that only we can reach', async () => {
    const inside = [
      '127.0.0.1',
      '10.0.0.8',
      '169.254.169.254',
      '::1',
      '::ffff:127.0.0.1',
      'fd00::1',
    ]
    const port = new URL(origin).port
    for (const address of inside) {
      issuer = made({ documents: { resolve: async () => ['93.184.216.34', address] } })
      const response = await asked({ client_id: `https://inside.example:${port}/client.json` })
      expect(response.status).toBe(400)
    }
    issuer = made()
    for (const literal of [
      `https://127.0.0.1:${port}/c`,
      `https://[::1]:${port}/c`,
      `https://2130706433:${port}/c`,
      `https://[::ffff:7f00:1]:${port}/c`,
      `https://localhost:${port}/c`,
      `http://127.0.0.1:${port}/client.json`,
      'https://client.example',
      'https://client.example/a/../b',
      'https://client.example/a/%2e%2E/b',
      'https://user@client.example/a',
      'https://client.example/a#b',
    ]) {
      expect((await asked({ client_id: literal })).status).toBe(400)
    }
    expect(served.requests).toBe(0)
  })
})

describe('client authentication by assertion', () => {
  it('is refused when it is for another server, expired, replayed or of another key', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const jwks = { keys: [await exportJWK(publicKey)] } as unknown as JsonObject
    issuer.core.state.clients.set('signing', seededClient({ id: 'signing', jwks }))
    let count = 0
    const ask = async (claims: JWTPayload = {}, key = privateKey) => {
      count += 1
      const common = { iss: 'signing', sub: 'signing', aud: url, exp: now + 60, jti: `j${count}` }
      const assertion = await new SignJWT({ ...common, ...claims })
        .setProtectedHeader({ alg: 'ES256' })
        .sign(key)
      return post('/token', {
        grant_type: 'client_credentials',
        resource: 'https://a.example',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      })
    }
    expect((await ask()).status).toBe(200)
    expect((await ask({ aud: [`${url}/token`] })).status).toBe(200)
    for (const refused of [
      ask({ aud: 'https://else.example' }),
      ask({ exp: now }),
      ask({ exp: now + 86_400 }),
      ask({ sub: 'app' }),
      ask({ iss: 'app' }),
      ask({ jti: 'j1' }),
      ask({}, other),
    ]) {
      expect(await refusedWith(refused)).toEqual([401, 'invalid_client'])
    }
    const bare = { grant_type: 'client_credentials', client_id: 'signing', resource: 'a:b' }
    expect(await refusedWith(post('/token', bare))).toEqual([401, 'invalid_client'])
  })
})

describe('revocation and logout', () => {
  it('take back what is the own, and nothing of others', async () => {
    const { body } = await post('/token', byCode(await code()))
    const token = String(body['refresh_token'])
    expect(await refusedWith(post('/revoke', { token, client_id: 'other' }))).toEqual([
      400,
      'unauthorized_client',
    ])
    expect((await post('/revoke', { token: 'unknown', client_id: 'app' })).status).toBe(200)
    expect((await post('/revoke', { token, client_id: 'app' })).status).toBe(200)
    expect((await post('/revoke', { token, client_id: 'app' })).status).toBe(200)
    const refresh = { grant_type: 'refresh_token', client_id: 'app', refresh_token: token }
    expect(await refusedWith(post('/token', refresh))).toEqual([400, 'invalid_grant'])
  })

  it('send nobody to an address that is not registered', async () => {
    const to = (change: Change) =>
      issuer.handle(new Request(`${url}/logout?${new URLSearchParams(change as never)}`))
    const evil = { client_id: 'app', post_logout_redirect_uri: 'https://evil.example' }
    for (const change of [evil, { ...evil, client_id: '' }, { id_token_hint: 'x' }]) {
      const response = await to(change)
      expect([response.status, response.headers.get('location')]).toEqual([400, null])
    }
    const known = await to({ client_id: 'app', post_logout_redirect_uri: url, state: 's' })
    expect(known.headers.get('location')).toBe(`${url}?state=s`)
  })
})
