import { describe, expect, it } from 'vitest'
import type { TokenKind } from '../harness/model.ts'
import { createIssuer } from './issuer.ts'
import type { MockIssuer } from './issuer.ts'
import type { JsonObject } from './json.ts'

const url = 'https://issuer.example'
let now = 1_700_000_000
const issuer = createIssuer({ url, clock: () => now, clientId: 'a:b c', clientSecret: 'p&s+%é' })

const id = encodeURIComponent(issuer.clientId)
const secret = encodeURIComponent(issuer.clientSecret)
const client = `client_id=${id}&client_secret=${secret}`
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const grant = `grant_type=client_credentials&resource=https%3A%2F%2Fa.example%2Fmcp`

interface Answer {
  status: number
  header: Headers
  body: JsonObject
}

async function post(path: string, body: string, header: Record<string, string> = {}) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...header }
  const request = new Request(url + path, { method: 'POST', headers, body })
  const response = await issuer.handle(request)
  const answer: Answer = {
    status: response.status,
    header: response.headers,
    body: (await response.json()) as JsonObject,
  }
  return answer
}

describe('the token endpoint', () => {
  it('takes a client in the header, form-encoded, and in the body', async () => {
    const answers = [
      await post('/token', grant, { authorization: basic(`${id}:${secret}`) }),
      await post('/token', `${grant}&${client}`),
      await post('/token', `${grant}&client_id=${id}`, { authorization: basic(`${id}:${secret}`) }),
    ]
    for (const { status, header, body } of answers) {
      expect(status).toBe(200)
      expect(header.get('cache-control')).toBe('no-store')
      expect(header.get('pragma')).toBe('no-cache')
      expect(body).toEqual({
        access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        token_type: 'Bearer',
        expires_in: 3600,
      })
    }
  })

  it('gives a token for several resources their list as its audience', async () => {
    const { body } = await post('/token', `${grant}&resource=https%3A%2F%2Fb.example&${client}`)
    const payload = String(body['access_token']).split('.')[1] ?? ''
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JsonObject
    expect(claims['aud']).toEqual(['https://a.example/mcp', 'https://b.example'])
  })

  it.each([
    ['nothing', '', 401, 'invalid_client'],
    ['a wrong secret', `${grant}&client_id=${id}&client_secret=x`, 401, 'invalid_client'],
    ['no secret', `${grant}&client_id=${id}`, 401, 'invalid_client'],
    ['no grant type', client, 400, 'invalid_request'],
    ['an empty grant type', `grant_type=&${client}`, 400, 'invalid_request'],
    ['another grant', `grant_type=password&${client}`, 400, 'unsupported_grant_type'],
    ['no resource', `grant_type=client_credentials&${client}`, 400, 'invalid_target'],
    ['a relative resource', `${grant}&resource=/mcp&${client}`, 400, 'invalid_target'],
    ['a resource with a fragment', `${grant}&resource=a:b%23c&${client}`, 400, 'invalid_target'],
    ['a scope with two spaces', `${grant}&scope=a++b&${client}`, 400, 'invalid_scope'],
    ['a scope with a quote', `${grant}&scope=%22&${client}`, 400, 'invalid_scope'],
    ['a parameter twice', `${grant}&scope=a&scope=b&${client}`, 400, 'invalid_request'],
    ['many resources', `${grant}${'&resource=a:b'.repeat(120)}`, 400, 'invalid_request'],
  ])('refuses %s', async (_, body, status, error) => {
    const answer = await post('/token', body)
    expect([answer.status, answer.body['error']]).toEqual([status, error])
    expect(answer.header.get('cache-control')).toBe('no-store')
    expect(answer.header.has('www-authenticate')).toBe(status === 401)
  })

  it.each([
    ['basic without a colon', basic('abc'), 401, 'invalid_client'],
    ['basic with a wrong secret', basic(`${id}:x`), 401, 'invalid_client'],
    ['basic that is not form-encoded', basic('a:b c:p&s+%é'), 401, 'invalid_client'],
    ['another scheme', 'Bearer x', 401, 'invalid_client'],
  ])('refuses %s', async (_, authorization, status, error) => {
    const answer = await post('/token', grant, { authorization })
    expect([answer.status, answer.body['error']]).toEqual([status, error])
  })

  it('refuses two ways of authentication at once, and two names', async () => {
    const authorization = basic(`${id}:${secret}`)
    const both = await post('/token', `${grant}&${client}`, { authorization })
    expect([both.status, both.body['error']]).toEqual([400, 'invalid_request'])
    const other = await post('/token', `${grant}&client_id=other`, { authorization })
    expect([other.status, other.body['error']]).toEqual([401, 'invalid_client'])
  })

  it('takes a form by POST only', async () => {
    const header = { 'content-type': 'application/json' }
    expect((await post('/token', '{}', header)).body['error']).toBe('invalid_request')
    const got = await issuer.handle(new Request(`${url}/token`))
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

describe('introspection', () => {
  const ask = async (token: string): Promise<JsonObject> =>
    (await post('/introspect', `token=${encodeURIComponent(token)}&${client}`)).body

  async function issued(kind: TokenKind, change: JsonObject = {}, by: MockIssuer = issuer) {
    const { kid, ...changed } = change
    const { header, claims } = by.parts({ kind, user: 'a', audience: 'https://a', scopes: ['r'] })
    const payload = JSON.stringify({ ...claims, ...changed })
    const text = JSON.stringify(kid === undefined ? header : { ...header, kid })
    return by.sign({ header: text, payload, key: 'current', alg: 'RS256' })
  }

  it('says what is arranged over what it knows, until that is undone', async () => {
    const token = await issued('access-token')
    const { undo } = await issuer.arrange({ introspection: { active: 'true', iss: null } })
    const arranged = await ask(token)
    expect([arranged['active'], 'iss' in arranged, 'sub' in arranged]).toEqual([
      'true',
      false,
      true,
    ])
    await undo()
    expect(await ask(token)).toMatchObject({ active: true, iss: url })
  })

  it('tells the client about a live access token and a refresh token', async () => {
    expect(await ask(await issued('access-token'))).toMatchObject({
      active: true,
      iss: url,
      sub: 'alice',
      aud: 'https://a',
      scope: 'r',
      token_type: 'Bearer',
    })
    expect(await ask(await issued('refresh-token'))).toMatchObject({ token_use: 'refresh' })
    expect(await ask(issuer.refreshToken)).toMatchObject({ active: true, token_use: 'refresh' })
  })

  it('does not say that it is active what is not', async () => {
    const good = await issued('access-token')
    const [header, , signature] = good.split('.')
    const foreign = createIssuer({ url, clock: () => now, key: 'second', kid: 'local-key' })
    const dead = [
      'x',
      'a.b.c',
      `${good}.x`,
      `${header}.e30.${signature}`,
      good.slice(0, good.lastIndexOf('.') + 1),
      await issued('id-token'),
      await issued('access-token', { exp: now }),
      await issued('access-token', { exp: null }),
      await issued('access-token', { nbf: now + 1 }),
      await issued('access-token', { iss: 'https://other.example' }),
      await issued('access-token', { kid: 'other-key' }),
      await issued('access-token', {}, foreign),
    ]
    for (const token of dead) expect(await ask(token)).toEqual({ active: false })
  })

  it('follows the clock, and keys that are published beside', async () => {
    const token = await issued('access-token')
    now += 3600
    expect(await ask(token)).toEqual({ active: false })
    const { undo } = await issuer.arrange({ 'publish-key': { name: 'next', alg: 'ES256' } })
    const { header, claims } = issuer.parts({
      kind: 'access-token',
      user: 'b',
      audience: 'https://a',
      scopes: [],
    })
    const { kid = null } = issuer.publicJwk('next')
    const next = await issuer.sign({
      header: JSON.stringify({ ...header, alg: 'ES256', kid }),
      payload: JSON.stringify(claims),
      key: 'next',
      alg: 'ES256',
    })
    expect(await ask(next)).toMatchObject({ active: true, sub: 'bob' })
    await undo()
    expect(await ask(next)).toEqual({ active: false })
  })

  it('is for the client alone, and needs a token', async () => {
    const anonymous = await post('/introspect', `token=${await issued('access-token')}`)
    expect([anonymous.status, anonymous.body['error']]).toEqual([401, 'invalid_client'])
    const empty = await post('/introspect', client)
    expect([empty.status, empty.body['error']]).toEqual([400, 'invalid_request'])
  })

  it('forgets a revocation that is undone, whichever of two', async () => {
    const token = await issued('access-token')
    const one = await issuer.arrange({ revoke: { token } })
    const two = await issuer.arrange({ revoke: { token: issuer.refreshToken } })
    expect([await ask(token), await ask(issuer.refreshToken)]).toEqual([
      { active: false },
      { active: false },
    ])
    await one.undo()
    expect(await ask(token)).toMatchObject({ active: true })
    expect(await ask(issuer.refreshToken)).toEqual({ active: false })
    await two.undo()
  })
})
