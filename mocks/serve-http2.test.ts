import { once } from 'node:events'
import http from 'node:http'
import { connect } from 'node:http2'
import https from 'node:https'
import { connect as connectTcp } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { ScalekitClient } from '@scalekit-sdk/node'
import { afterEach, describe, expect, it } from 'vitest'
import { createAuthority } from './certificate-authority.ts'
import { DropConnection } from './drop-connection.ts'
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

/** What comes back for bytes that are sent piece by piece, each when the one before has arrived. */
function sendRaw(origin: string, pieces: string[]): Promise<string> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const socket = connectTcp(Number(port), hostname)
    socket.setNoDelay(true).setEncoding('latin1').on('error', reject)
    let received = ''
    socket.on('data', (text: string) => (received += text))
    socket.once('data', () => setImmediate(() => socket.end()))
    socket.on('close', () => resolve(received))
    const send = async (): Promise<void> => {
      for (const piece of pieces) {
        await new Promise((sent) => socket.write(piece, 'latin1', sent))
        // the server, in this process, reads it in the next turn
        await turn()
        await turn()
      }
    }
    socket.on('connect', () => void send())
  })
}

describe('the first bytes', () => {
  const settings = '\0\0\0\u0004\0\0\0\0\0'
  const preface = `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${settings}`
  it.each([
    ['HTTP/2', [preface], /^\0\0/],
    ['HTTP/2 in pieces', [preface.slice(0, 3), preface.slice(3)], /^\0\0/],
    ['HTTP/1.1 that begins alike', ['P', 'OST / HTTP/1.1\r\nhost: a\r\n\r\n'], /^HTTP\/1.1 200/],
    ['another method', ['PRIVATE / HTTP/1.1\r\nhost: a\r\n\r\n'], /^HTTP\/1.1 400/],
    ['nothing known', ['\u0016\u0003\u0001'], /^HTTP\/1.1 400/],
  ])('tell %s', async (_what, pieces, expected) => {
    const { origin } = await start(echo)
    expect(await sendRaw(origin, pieces)).toMatch(expected)
  })
})

describe('a connection that is dropped', () => {
  const dropping: Handle = async () => {
    throw new DropConnection()
  }
  it.each([
    ['HTTP/1.1', false],
    ['HTTP/1.1 over TLS', true],
  ])('ends %s without an answer', async (_what, secure) => {
    const { origin, ca } = await start(dropping, secure)
    const sent = (secure ? https.get : http.get)(origin, { agent: false, ...(ca ? { ca } : {}) })
    const [error] = (await once(sent, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
  })

  it.each([
    ['HTTP/2', false],
    ['HTTP/2 over TLS', true],
  ])('ends %s without an answer', async (_what, secure) => {
    const { origin, ca } = await start(dropping, secure)
    const session = connect(origin, ca === undefined ? {} : { ca })
    const stream = session.request({ ':path': '/' })
    const answered: unknown[] = []
    stream.on('response', (headers) => answered.push(headers)).resume()
    await Promise.all([once(stream, 'close'), once(session, 'close')])
    expect(answered).toEqual([])
    expect(stream.rstCode).not.toBe(0)
  })
})

describe('a gRPC call', () => {
  const call = '/scalekit.v1.auth.AuthService/UpdateLoginUserDetails'
  /** Headers and trailers of the answer to one message. */
  async function send(
    origin: string,
    message: Buffer,
    path = call,
  ): Promise<Record<string, unknown>> {
    const session = connect(origin)
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      'grpc-timeout': '20000m',
      'x-sdk-version': 'own/1',
    })
    const all: Record<string, unknown> = {}
    stream.on('response', (headers) => Object.assign(all, headers))
    stream.on('trailers', (headers) => Object.assign(all, headers))
    stream.resume().end(message)
    await once(stream, 'close')
    session.close()
    return all
  }
  const empty = Buffer.from([0, 0, 0, 0, 0])

  it('arrives as its REST twin, with the headers of its caller and without those of gRPC', async () => {
    const seen: Record<string, string>[] = []
    const { origin } = await start(async ({ headers }) => {
      seen.push(Object.fromEntries(headers))
      return Response.json({})
    })
    expect(await send(origin, empty)).toMatchObject({ ':status': 200, 'grpc-status': '0' })
    expect(seen).toEqual([{ 'content-type': 'application/json', 'x-sdk-version': 'own/1' }])
  })

  it.each([
    [401, { message: 'who are you?' }, ['16', 'who%20are%20you%3F', false]],
    [404, { message: 'x', error_code: 'RESOURCE_NOT_FOUND' }, ['5', 'x', true]],
    [400, { message: 'x', error_code: 'INVALID_ARGUMENT' }, ['3', 'x', true]],
    [503, 'down', ['14', 'refused', false]],
    [500, 'broken', ['13', 'refused', false]],
  ])('says %i as gRPC says it', async (status, body, expected) => {
    const { origin } = await start(async () => Response.json(body, { status }))
    const answer = await send(origin, empty)
    const detailed = 'grpc-status-details-bin' in answer
    expect(answer[':status']).toBe(200)
    expect([answer['grpc-status'], answer['grpc-message'], detailed]).toEqual(expected)
  })

  it.each([
    ['compressed', Buffer.from([1, 0, 0, 0, 0]), '12'],
    ['cut', Buffer.from([0, 0, 0, 0, 9, 1]), '13'],
    ['no message', Buffer.from([0, 0, 0, 0, 1, 255]), '13'],
    ['nothing', Buffer.alloc(0), '13'],
  ])('is refused when its message is %s', async (_what, message, code) => {
    const { origin } = await start(async () => Response.json({}))
    expect(await send(origin, message)).toMatchObject({ 'grpc-status': code })
  })

  it('is a plain 404 for a method that is not there', async () => {
    const { origin } = await start(async () => Response.json({}))
    const answer = await send(origin, empty, '/scalekit.v1.auth.AuthService/Other')
    expect(answer[':status']).toBe(404)
    expect(answer).not.toHaveProperty('grpc-status')
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

  it('is told of a method that is not there as by the real one', async () => {
    const { origin } = await start(handle)
    const client = new ScalekitClient(origin, 'skc_1', 'test_secret')
    const error = await client.organization.listOrganization({}).catch((thrown: Error) => thrown)
    expect((error as Error).constructor.name).toBe('ScalekitNotImplementedException')
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
