import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createControl } from './control.ts'
import { serve } from './serve.ts'
import type { Serving } from './serve.ts'
import { serveIssuer } from './serve-issuer.ts'
import type { ServedIssuer } from './serve-issuer.ts'

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
): Promise<[number, never]> {
  const answer = await fetch(`${control.origin}/${power}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(input),
  })
  return [answer.status, (await answer.json()) as never]
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

  it.each([
    ['an unknown power', 404, ['fly']],
    ['an unknown member', 400, ['mint', { audiance: [] }]],
    ['what a form of a web page can send', 415, ['mint', {}, { 'content-type': 'text/plain' }]],
    ['a web page', 403, ['mint', {}, { origin: 'https://evil.example' }]],
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
