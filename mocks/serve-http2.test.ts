import { connect } from 'node:http2'
import { ScalekitClient } from '@scalekit-sdk/node'
import { afterEach, describe, expect, it } from 'vitest'
import { createAuthority } from './certificate-authority.ts'
import { serve } from './serve.ts'
import type { Handle, Serving } from './serve.ts'

const open: Serving[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((serving) => serving.close()))
})

async function start(handle: Handle, secure = false): Promise<Serving & { ca?: string }> {
  const authority = secure ? await createAuthority() : null
  const certificate = await authority?.issue(['127.0.0.1', 'localhost'])
  const serving = await serve(handle, certificate ? { certificate } : {})
  open.push(serving)
  return authority ? { ...serving, ca: authority.certificate } : serving
}

/** The status and body of one request over HTTP/2. */
function ask(origin: string, path: string, ca?: string): Promise<string> {
  const session = connect(origin, ca === undefined ? {} : { ca })
  return new Promise((resolve, reject) => {
    session.on('error', reject)
    const stream = session.request({ ':path': path, 'x-own': 'yes' })
    let status = 0
    let body = ''
    stream.on('response', (headers) => (status = headers[':status'] ?? 0))
    stream.setEncoding('utf8').on('data', (text: string) => (body += text))
    stream.on('end', () => resolve(`${status} ${body}`))
    stream.on('error', reject)
  }).finally(() => session.close()) as Promise<string>
}

const echo: Handle = async ({ method, url, headers }) =>
  new Response(`${method} ${new URL(url).pathname} ${headers.get('x-own')}`)

describe('one port', () => {
  it('speaks HTTP/1.1 and HTTP/2 with prior knowledge', async () => {
    const { origin } = await start(echo)
    expect(await ask(origin, '/two')).toBe('200 GET /two yes')
    const answer = await fetch(`${origin}/one`, { headers: { 'x-own': 'yes' } })
    expect(await answer.text()).toBe('GET /one yes')
  })

  it('speaks both over TLS', async () => {
    const { origin, ca } = await start(echo, true)
    expect(origin).toMatch(/^https:/)
    expect(await ask(origin, '/two', ca)).toBe('200 GET /two yes')
  })
})

describe("Scalekit's SDK over HTTP/2", () => {
  const calls: { path: string; authorization: string | null; body: unknown }[] = []
  const handle: Handle = async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/oauth/token') {
      return Response.json({ access_token: 'machine', token_type: 'Bearer', expires_in: 86_399 })
    }
    const authorization = request.headers.get('authorization')
    calls.push({ path: pathname, authorization, body: await request.json() })
    if (authorization !== 'Bearer machine')
      return Response.json({ message: 'who?' }, { status: 401 })
    const [, connection] = /connections\/([^/]+)/.exec(pathname) ?? []
    if (connection === 'conn_1') return Response.json({ auth_request_id: 'req_1' })
    const status = connection === 'res_1' ? 404 : 400
    return Response.json({ message: 'not ours', error_code: 'INVALID_ID' }, { status })
  }
  const update = async (connection: string): Promise<unknown> => {
    const { origin } = await start(handle)
    const client = new ScalekitClient(origin, 'skc_1', 'test_secret')
    const user = { sub: '1', email: 'alice@example.com', customAttributes: { tier: 'gold' } }
    return client.auth.updateLoginUserDetails(connection, 'lri_1', user)
  }

  it('gets a token after it was refused, and hands the user over', async () => {
    calls.length = 0
    await update('conn_1')
    expect(calls.map(({ authorization }) => authorization)).toEqual([null, 'Bearer machine'])
    expect(calls[1]).toMatchObject({
      path: '/api/v1/connections/conn_1/auth-requests/lri_1/user',
      body: { sub: '1', email: 'alice@example.com', custom_attributes: { tier: 'gold' } },
    })
  })

  it.each([
    ['res_1', 'ScalekitNotFoundException'],
    ['conn_2', 'ScalekitBadRequestException'],
  ])('throws for %s what it throws for the real one: %s', async (connection, name) => {
    const error = await update(connection).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ errorCode: 'INVALID_ID' })
    expect((error as Error).constructor.name).toBe(name)
  })
})
