import { createHash } from 'node:crypto'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createControl } from './control.ts'
import { serve } from './serve.ts'
import type { Serving } from './serve.ts'
import { serveIssuer } from './serve-issuer.ts'
import type { ServedIssuer } from './serve-issuer.ts'

/** Members of answers, each as whoever reads it expects it. */
type Answer = Record<
  'ids' | 'kid' | 'location' | 'message' | 'previous' | 'requests' | 'token' | 'undo',
  never
>

interface Described {
  requestBody: Content
  responses: Record<number, Content>
}
interface Content {
  content: { 'application/json': { schema: object } }
}

let issuer: ServedIssuer
let control: Serving
beforeAll(async () => {
  issuer = await serveIssuer()
  control = await serve(createControl(issuer))
})
afterAll(async () => {
  await control.close()
  await issuer.close()
})

async function use(
  power: string,
  input: unknown = {},
  headers: Record<string, string> = {},
): Promise<[number, Answer]> {
  const answer = await fetch(`${control.origin}/${power}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(input),
  })
  return [answer.status, (await answer.json()) as Answer]
}

const payloadOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >

describe('the control API', () => {
  it('mints what it is told', async () => {
    const order = { audience: ['https://api.example'], claims: { sub: 'carol' }, lifetime: -5 }
    const [status, { token }] = await use('mint', order)
    expect(status).toBe(200)
    const { sub, aud, exp, iat } = payloadOf(token)
    expect([sub, aud, Number(exp) - Number(iat)]).toEqual(['carol', 'https://api.example', -5])
  })

  it('takes an endpoint down and brings it back', async () => {
    const statusOf = async (): Promise<number> => (await fetch(issuer.jwksUri)).status
    const order = { fail: { endpoints: ['jwks'], how: 503 } }
    const [, { undo }] = await use('arrange', order)
    expect(await statusOf()).toBe(503)
    await use('undo', { undo })
    expect(await statusOf()).toBe(200)
  })

  it('rotates and retires keys', async () => {
    const kids = async (): Promise<string[]> => {
      const { keys } = (await (await fetch(issuer.jwksUri)).json()) as { keys: { kid: string }[] }
      return keys.map(({ kid }) => kid)
    }
    const [, { kid, previous }] = await use('rotate-key')
    expect(await kids()).toEqual(expect.arrayContaining([kid, previous]))
    await use('retire-key', { kid: previous })
    expect(await kids()).toEqual([kid])
  })

  it('freezes and moves the clock', async () => {
    await use('freeze-clock', { at: 1_790_000_000 })
    expect(await use('move-clock', { by: 60 })).toEqual([200, { now: 1_790_000_060 }])
    issuer.clock.reset()
  })

  it('shows the requests without their secrets, and forgets them', async () => {
    await use('clear-requests')
    await fetch(`${issuer.jwksUri}?client_secret=geheim`)
    const [, { requests }] = await use('requests')
    expect(requests).toHaveLength(1)
    expect(JSON.stringify(requests)).not.toContain('geheim')
  })

  it('sets, lists and forgets who and what the issuer knows', async () => {
    const idsOf = async (kind: string): Promise<string[]> => {
      const [, { ids }] = await use('list', { kind })
      return ids
    }
    await use('set-user', { subject: 'x|1', username: 'x', password: 'y', email: 'x@y.example' })
    await use('set-client', {
      id: 'https://c.example/client',
      redirectUris: ['https://c.example/'],
    })
    await use('set-resource', { id: 'res_1', identifiers: ['https://r.example'], scopes: ['a'] })
    await use('set-organization', { id: 'org_1', name: 'One' })
    const own = {
      users: 'x|1',
      clients: 'https://c.example/client',
      resources: 'res_1',
      organizations: 'org_1',
    }
    for (const [kind, id] of Object.entries(own)) {
      expect(await idsOf(kind)).toContain(id)
      await use('remove', { kind, id })
      expect(await idsOf(kind)).not.toContain(id)
    }
  })

  it('undoes one arrangement once, and the rest together', async () => {
    const order = { fail: { endpoints: ['jwks'], how: 503 } }
    const [, one] = await use('arrange', order)
    const [, two] = await use('arrange', { metadata: { issuer: 'https://other.example' } })
    const [, three] = await use('arrange', order)
    expect(new Set([one, two, three].map(({ undo }) => undo)).size).toBe(3)
    expect(await use('undo', one)).toEqual([200, { undone: [one.undo] }])
    expect(await use('undo', one)).toMatchObject([400, { message: /there is no arrangement/ }])
    expect(await use('undo')).toEqual([200, { undone: [three.undo, two.undo] }])
    expect(await use('undo')).toEqual([200, { undone: [] }])
    expect((await fetch(issuer.jwksUri)).status).toBe(200)
  })

  it('logs a user in, from the authorization URL to the redirect', async () => {
    const redirect = 'https://app.example/callback'
    await use('set-client', { id: 'app', redirectUris: [redirect] })
    const url = new URL(`${issuer.url}/authorize`)
    const challenge = createHash('sha256').update('v'.repeat(43)).digest('base64url')
    url.search = String(
      new URLSearchParams({
        response_type: 'code',
        client_id: 'app',
        redirect_uri: redirect,
        state: 'own',
        code_challenge: challenge,
        code_challenge_method: 'S256',
      }),
    )
    const [status, { location }] = await use('log-in', { url: url.href })
    expect(status).toBe(200)
    expect(new URL(location).searchParams.get('state')).toBe('own')
    expect(new URL(location).searchParams.get('code')).not.toBeNull()
  })

  it('answers in the form that it describes, and takes what it describes', async () => {
    const { paths } = (await (await fetch(`${control.origin}/openapi.json`)).json()) as {
      paths: Record<string, { post: Described }>
    }
    const token = { user: issuer.users.a.subject, audience: ['https://api.example'] }
    const [, minted] = await use('mint', token)
    const [, rotated] = await use('rotate-key')
    const [, { undo }] = await use('arrange', { slow: { endpoints: ['jwks'], milliseconds: 1 } })
    const inputs: Record<string, object> = {
      mint: token,
      parts: { kind: 'id-token', user: 'a', audience: 'https://api.example', scopes: [] },
      sign: { header: '{}', payload: '', key: 'current', alg: 'RS256' },
      revoke: minted,
      'log-in': { url: 'https://elsewhere.example' },
      list: { kind: 'users' },
      'set-user': { ...issuer.users.a },
      'set-client': { id: 'c' },
      'set-resource': { id: 'r' },
      'set-organization': { id: 'o', name: 'O' },
      remove: { kind: 'organizations', id: 'o' },
      'trust-issuer': { issuer: 'https://other.example', jwks: { keys: [] } },
      'retire-key': { kid: rotated.previous },
      arrange: { revoke: minted },
      undo: { undo },
      'move-clock': { by: 1 },
    }
    const ajv = new Ajv2020({ strict: false })
    for (const [path, { post }] of Object.entries(paths)) {
      const power = path.slice(1)
      const input = inputs[power] ?? {}
      expect(ajv.validate(post.requestBody.content['application/json'].schema, input)).toBe(true)
      const [status, body] = await use(power, input)
      expect([power, status]).toEqual([power, power === 'log-in' ? 400 : 200])
      const { schema } = post.responses[status]?.content['application/json'] ?? {}
      expect([power, ajv.validate(schema ?? false, body), ajv.errors]).toEqual([power, true, null])
    }
    await use('undo')
  })

  it.each([
    ['mint', { user: 'nobody' }, /no user "nobody"/],
    ['set-client', { id: 'x', redirectUris: 5 }, /at redirectUris/],
    ['set-client', { id: 'x', redirectUri: [] }, /redirectUri/],
    ['set-user', { subject: 'x' }, /at username/],
    ['arrange', { delay: {} }, /slow/],
    ['arrange', {}, /slow/],
    ['rotate-key', { alg: 'XX' }, /XX/],
    ['retire-key', { kid: 'x' }, /no older key/],
    ['public-key', { name: 'x' }, /no key "x"/],
    ['freeze-clock', { at: 1e300 }, /at at/],
    ['move-clock', { by: 1e15 }, /9999/],
    ['requests', { since: -1 }, /at since/],
  ])('says of %s %j what is wrong', async (power, input, message) => {
    const [status, body] = await use(power, input)
    expect(status).toBe(400)
    expect(body.message).toMatch(message)
  })

  it.each([
    ['an unknown power', 404, ['fly']],
    ['an unknown member', 400, ['mint', { audiance: [] }]],
    ['what a form of a web page can send', 415, ['mint', {}, { 'content-type': 'text/plain' }]],
    ['a web page', 403, ['mint', {}, { origin: 'https://evil.example' }]],
    ['a page of another site', 403, ['mint', {}, { 'sec-fetch-site': 'cross-site' }]],
  ] as [string, number, Parameters<typeof use>][])('refuses %s', async (_what, status, order) => {
    const [found, body] = await use(...order)
    expect(found).toBe(status)
    expect(body).toHaveProperty('message')
  })

  it('refuses another host name, which a rebound name would send', async () => {
    const answer = await createControl(issuer)(new Request('http://evil.example/openapi.json'))
    expect(answer.status).toBe(403)
  })

  it('describes itself', async () => {
    const answer = await fetch(`${control.origin}/openapi.json`)
    const { openapi, paths } = (await answer.json()) as { openapi: string; paths: object }
    expect(openapi).toBe('3.1.0')
    expect(Object.keys(paths)).toContain('/rotate-key')
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })
})
