import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import { createHttpClient } from './http.ts'
import type { GivenAnswer, HttpClient, HttpClientOptions, RawAnswer } from './http.ts'

const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of opened.splice(0).toReversed()) await close()
})

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const serve = (listener: RequestListener): Promise<string> => listen(createServer(listener))

/** A server that writes down the bytes it gets and answers each connection with fixed bytes. */
async function serveBytes(answer: string): Promise<{ origin: string; received: () => string }> {
  let received = ''
  const origin = await listen(
    createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1')
        if (received.includes('\r\n\r\n')) socket.end(answer, 'latin1')
      })
    }),
  )
  return { origin, received: () => received }
}

const plainAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'

function client(options: Partial<HttpClientOptions> = {}): HttpClient {
  const http = createHttpClient({ userAgent: 'mcp-auth-conformance/0', timeout: 5000, ...options })
  opened.push(() => http.close())
  return http
}

function given(answer: RawAnswer): GivenAnswer {
  if ('failure' in answer) throw new Error(`${answer.failure.code}: ${answer.failure.message}`)
  return answer
}

describe('what is sent', () => {
  it('keeps order, case and duplicates of header lines', async () => {
    const server = await serveBytes(plainAnswer)
    await client().exchange({
      method: 'POST',
      url: server.origin,
      path: '/mcp',
      headers: [
        ['X-Second', '2'],
        ['Authorization', 'Bearer one'],
        ['aUthorization', 'Bearer  two  '],
        ['content-type', 'application/json'],
      ],
      body: '{}',
    })
    const lines = server.received().split('\r\n')
    expect(lines[0]).toBe('POST /mcp HTTP/1.1')
    expect(lines.filter((line) => /^(x-|a|content-type|user)/i.test(line))).toEqual([
      'X-Second: 2',
      'Authorization: Bearer one',
      'aUthorization: Bearer  two  ',
      'content-type: application/json',
      'User-Agent: mcp-auth-conformance/0',
    ])
    expect(server.received().endsWith('\r\n\r\n{}')).toBe(true)
  })

  it.each([
    '//mcp',
    '/x/../mcp',
    '/%6dcp',
    '/mcp?a=1&a=2#no',
    '*',
    'http://other.example/mcp',
    '/ä',
  ])('sends the path %s as it is written', async (path) => {
    const server = await serveBytes(plainAnswer)
    await client().exchange({ method: 'GET', url: server.origin, path, headers: [] })
    expect(server.received().split('\r\n')[0]).toBe(`GET ${path} HTTP/1.1`)
  })

  it.each(['Bearer a\0b', 'Bearer a\x01b', 'Bearer a\nb', 'Bearer \x7f', 'Bearer ä'])(
    'sends the header value %j byte for byte',
    async (value) => {
      const server = await serveBytes(plainAnswer)
      const headers: [string, string][] = [['Authorization', value]]
      const request = { method: 'GET', url: server.origin, path: '/', headers }
      const answer = await client().exchange(request)
      expect(server.received()).toContain(`\r\nAuthorization: ${value}\r\n`)
      expect(given(answer).body).toBe('ok')
    },
  )

  it('writes what is not latin1 as UTF-8', async () => {
    const server = await serveBytes(plainAnswer)
    const headers: [string, string][] = [['Authorization', 'Bearer ‹x›']]
    await client().exchange({ method: 'GET', url: server.origin, path: '/', headers })
    expect(Buffer.from(server.received(), 'latin1').toString('utf8')).toContain('Bearer ‹x›')
  })

  it.each(['CONNECT', 'TRACE', 'BREW', 'get', 'GE T'])('sends the method %s', async (method) => {
    const server = await serveBytes(plainAnswer)
    const answer = await client().exchange({ method, url: server.origin, path: '/', headers: [] })
    expect(server.received().split('\r\n')[0]).toBe(`${method} / HTTP/1.1`)
    expect(given(answer).status).toBe(200)
  })

  it('sends framing headers as they are given', async () => {
    const server = await serveBytes(plainAnswer)
    const headers: [string, string][] = [
      ['Content-Length', '2'],
      ['Content-Length', '3'],
      ['Host', 'attacker.example'],
    ]
    const request = { method: 'POST', url: server.origin, path: '/', headers, body: '{}' }
    await client().exchange(request)
    expect(server.received()).toContain('Content-Length: 2\r\nContent-Length: 3\r\n')
    expect(server.received().match(/^host:.*/gim)).toEqual(['Host: attacker.example'])
  })
})

describe('what is received', () => {
  it('keeps order, case and duplicates of header lines', async () => {
    const origin = await serve((_, response) => {
      response.sendDate = false
      response.writeHead(401, [
        ['X-B', '1'],
        ['WWW-Authenticate', 'Basic realm="a"'],
        ['www-authenticate', 'Bearer'],
        ['x-b', '2'],
      ] as never)
      response.end()
    })
    const http = client()
    for (const method of ['GET', 'TRACE']) {
      const answer = given(await http.exchange({ method, url: origin, path: '/', headers: [] }))
      expect(answer.headers.slice(0, 4)).toEqual([
        ['X-B', '1'],
        ['WWW-Authenticate', 'Basic realm="a"'],
        ['www-authenticate', 'Bearer'],
        ['x-b', '2'],
      ])
    }
  })

  it('does not follow a redirect, also not one to itself', async () => {
    let asked = 0
    const origin = await serve((request, response) => {
      asked += 1
      response.writeHead(307, { location: request.url ?? '/' }).end()
    })
    const answer = given(
      await client().exchange({ method: 'GET', url: origin, path: '/mcp', headers: [] }),
    )
    expect([answer.status, asked]).toEqual([307, 1])
  })

  it('keeps 1 MiB of a body, counts the rest, and stops at 16 MiB', async () => {
    const piece = Buffer.alloc(256 * 1024, 'x')
    const origin = await serve((_, response) => {
      const more = (): void => {
        if (!response.destroyed && response.write(piece)) setImmediate(more)
      }
      response.on('drain', more).on('error', () => undefined)
      more()
    })
    const answer = given(
      await client().exchange({ method: 'GET', url: origin, path: '/', headers: [] }),
    )
    expect(answer.body.length).toBe(1024 * 1024)
    expect(answer.bytes).toBeGreaterThanOrEqual(16 * 1024 * 1024)
    expect(answer.bytes).toBeLessThan(17 * 1024 * 1024)
    expect(answer.cut).toBe('size')
  })

  it('yields at the deadline what a slow stream has given', async () => {
    const origin = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: first\n\n')
    })
    const request = { method: 'GET', url: origin, path: '/', headers: [], timeout: 300 }
    const answer = given(await client().exchange(request))
    expect(answer).toMatchObject({ status: 200, body: 'data: first\n\n', cut: 'deadline' })
  })

  it('yields what came before a reset in the middle of a body', async () => {
    const server = await serveBytes('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf')
    const request = { method: 'GET', url: server.origin, path: '/', headers: [] }
    expect(given(await client().exchange(request))).toMatchObject({ body: 'half', cut: 'reset' })
  })

  it('ends an event stream when the awaited message has come', async () => {
    const origin = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"id":7}\n\n')
    })
    const started = performance.now()
    const answer = given(
      await client().exchange({
        method: 'POST',
        url: origin,
        path: '/',
        headers: [],
        body: '{}',
        until: (body) => body.includes('"id":7'),
      }),
    )
    expect(answer).toMatchObject({ body: 'data: {"id":7}\n\n', cut: 'until' })
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it('does not cut a JSON answer short', async () => {
    const origin = await serve((_, response) => {
      response.setHeader('content-type', 'application/json')
      response.write('{"id":7,')
      setImmediate(() => response.end('"result":{}}'))
    })
    const request = { method: 'POST', url: origin, path: '/', headers: [], body: '{}' }
    const answer = await client().exchange({ ...request, until: () => true })
    expect(given(answer).body).toBe('{"id":7,"result":{}}')
  })

  it.each([32 * 1024, 1024 * 1024])(
    'reads the answer to a header of %i bytes, though the server closes early',
    async (length) => {
      const origin = await serve((_, response) => response.end('too late'))
      const headers: [string, string][] = [['Authorization', `Bearer ${'a'.repeat(length)}`]]
      const http = client()
      for (let time = 0; time < 5; time += 1) {
        const answer = await http.exchange({ method: 'POST', url: origin, path: '/', headers })
        expect(given(answer).status).toBe(431)
      }
    },
  )

  it('reads the answer to a body that the server does not wait for', async () => {
    const origin = await serve((request, response) => {
      response.writeHead(413, { connection: 'close' }).end('too much', () => request.destroy())
    })
    const body = 'x'.repeat(10 * 1024 * 1024)
    const answer = await client().exchange({
      method: 'POST',
      url: origin,
      path: '/',
      headers: [],
      body,
    })
    expect(given(answer)).toMatchObject({ status: 413, body: 'too much' })
  })
})

describe('what fails', () => {
  it('calls a closed port refused', async () => {
    const origin = await serve(() => undefined)
    await opened.pop()?.()
    const answer = await client().exchange({ method: 'GET', url: origin, path: '/', headers: [] })
    expect(answer).toMatchObject({ failure: { code: 'refused' } })
    const raw = await client().exchange({ method: 'BREW', url: origin, path: '/', headers: [] })
    expect(raw).toMatchObject({ failure: { code: 'refused' } })
  })

  it.each(['GET', 'BREW'])('calls a dropped connection a reset (%s)', async (method) => {
    const origin = await listen(
      createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
    )
    const answer = await client().exchange({ method, url: origin, path: '/', headers: [] })
    expect(answer).toMatchObject({ failure: { code: 'reset' } })
  })

  it.each(['GET', 'BREW'])('gives up a silent server at the deadline (%s)', async (method) => {
    const origin = await listen(createTcpServer((socket) => socket.resume()))
    const request = { method, url: origin, path: '/', headers: [], timeout: 200 }
    const answer = await client().exchange(request)
    expect(answer).toMatchObject({ failure: { code: 'timeout' } })
    expect(answer.elapsed).toBeLessThan(2000)
  })

  it.each(['GET', 'BREW'])(
    'calls an answer that is no HTTP a protocol error (%s)',
    async (method) => {
      const { origin } = await serveBytes('SSH-2.0-OpenSSH_9.6\r\n')
      const answer = await client().exchange({ method, url: origin, path: '/', headers: [] })
      expect(answer).toMatchObject({ failure: { code: 'protocol' } })
    },
  )

  it.each(['GET', 'BREW'])(
    'calls plain HTTP behind https a failure of TLS (%s)',
    async (method) => {
      const origin = await listen(
        createTcpServer((socket) => socket.once('data', () => socket.end(plainAnswer))),
      )
      const url = origin.replace('http:', 'https:')
      const answer = await client().exchange({ method, url, path: '/', headers: [] })
      expect(answer).toMatchObject({ failure: { code: 'tls' } })
    },
  )

  it.each(['GET', 'BREW'])('does not trust a self-signed certificate (%s)', async (method) => {
    const pem = (name: string): Buffer =>
      readFileSync(new URL(`../../fixtures/keys/${name}`, import.meta.url))
    const options = { key: pem('listener.pem'), cert: pem('listener.crt.pem') }
    const url = await listen(createTlsServer(options, (_, response) => response.end()))
    const https = url.replace('http:', 'https:')
    const answer = await client().exchange({ method, url: https, path: '/', headers: [] })
    expect(answer).toMatchObject({ failure: { code: 'tls' } })
  })

  it('calls a name that does not resolve dns', async () => {
    const url = 'http://no-such-host.invalid'
    const answer = await client().exchange({ method: 'GET', url, path: '/', headers: [] })
    expect(answer).toMatchObject({ failure: { code: 'dns' } })
  })
})

describe('how many at a time', () => {
  it('never has more exchanges open than it may', async () => {
    let open = 0
    let most = 0
    const origin = await serve((_, response) => {
      open += 1
      most = Math.max(most, open)
      setImmediate(() => {
        open -= 1
        response.end()
      })
    })
    const http = client({ concurrency: 3 })
    const request = { method: 'GET', url: origin, path: '/', headers: [] }
    await Promise.all(Array.from({ length: 30 }, () => http.exchange(request)))
    expect(most).toBeLessThanOrEqual(3)
  })
})

describe('one connection', () => {
  it('carries all requests that name it, and only those', async () => {
    const ports: (number | undefined)[] = []
    const origin = await serve((request, response) => {
      ports.push(request.socket.remotePort)
      response.end()
    })
    const http = client()
    const request = { method: 'GET', url: origin, path: '/', headers: [] }
    const shared = { ...request, connection: 'shared' }
    for (const each of [shared, request, shared, { ...request, connection: 'other' }, shared]) {
      await http.exchange(each)
    }
    const [first, pooled, second, other, third] = ports
    expect([second, third]).toEqual([first, first])
    expect(new Set([first, pooled, other]).size).toBe(3)
  })
})

describe('streams that stay open', () => {
  it('gives the messages that have arrived, until it is closed', async () => {
    let push: (text: string) => void = () => undefined
    let closed: () => void = () => undefined
    const gone = new Promise<void>((resolve) => (closed = resolve))
    const origin = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.flushHeaders()
      push = (text) => void response.write(text)
      response.on('close', closed)
    })
    const stream = await client().openStream({ method: 'GET', url: origin, path: '/', headers: [] })
    expect(given(stream.answer).status).toBe(200)
    expect(stream.events()).toEqual([])
    push(
      'id: 0\ndata: \n\n: comment\n\nid: 1\nevent: message\ndata: {"method":\ndata: "a"}\n\ndata: half',
    )
    await expect.poll(() => stream.events()).toEqual([{ method: 'a' }])
    expect(stream.lastEventId()).toBe('1')
    stream.close()
    await gone
  })

  it('gives the answer of a server that refuses the stream', async () => {
    const origin = await serve((_, response) => response.writeHead(405).end('no stream here'))
    const stream = await client().openStream({ method: 'GET', url: origin, path: '/', headers: [] })
    expect(stream.answer).toMatchObject({ status: 405, body: 'no stream here' })
    expect(stream.events()).toEqual([])
  })
})

describe('behind a proxy', () => {
  /** A proxy that leads every tunnel to one server, and writes down what it was asked for. */
  async function proxyTo(server: string): Promise<string[]> {
    const asked: string[] = []
    const proxy = createServer((_, response) => response.writeHead(501).end())
    proxy.on('connect', (request, socket: Socket) => {
      asked.push(request.url ?? '')
      const { port } = new URL(server)
      const onward = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(onward).pipe(socket)
      })
      for (const each of [socket, onward]) each.on('error', () => undefined)
    })
    const url = await listen(proxy)
    for (const name of ['http_proxy', 'https_proxy']) vi.stubEnv(name, url)
    for (const name of ['no_proxy', 'NO_PROXY']) vi.stubEnv(name, 'direct.invalid')
    return asked
  }
  const behind = (): HttpClient => client({ proxyFromEnvironment: true })

  it.each(['GET', 'BREW'])('reaches another host through it (%s)', async (method) => {
    const server = await serveBytes(plainAnswer)
    const asked = await proxyTo(server.origin)
    const request = { method, url: 'http://target.example:8080', path: '//mcp', headers: [] }
    expect(given(await behind().exchange(request)).body).toBe('ok')
    expect(asked).toEqual(['target.example:8080'])
    expect(server.received()).toContain(`${method} //mcp HTTP/1.1\r\n`)
  })

  it.each(['GET', 'BREW'])(
    'speaks TLS with the target and not with the proxy (%s)',
    async (method) => {
      const server = await listen(
        createTcpServer((socket) => socket.once('data', () => socket.end(plainAnswer))),
      )
      const asked = await proxyTo(server)
      const request = { method, url: 'https://target.example', path: '/', headers: [] }
      expect(await behind().exchange(request)).toMatchObject({ failure: { code: 'tls' } })
      expect(asked).toEqual(['target.example:443'])
    },
  )

  it.each(['GET', 'BREW'])('leaves it out for loopback and for NO_PROXY (%s)', async (method) => {
    const server = await serveBytes(plainAnswer)
    const asked = await proxyTo(server.origin)
    const request = { method, url: server.origin, path: '/', headers: [] }
    expect(given(await behind().exchange(request)).body).toBe('ok')
    const direct = { ...request, url: 'http://api.direct.invalid' }
    expect(await behind().exchange(direct)).toMatchObject({ failure: { code: 'dns' } })
    expect(asked).toEqual([])
  })
})

describe('whose certificates are trusted', () => {
  it.each(['GET', 'get'])('an authority is that the tester names (%s)', async (method) => {
    const issuer = await serveIssuer({ https: true })
    opened.push(() => issuer.close())
    const ca = readFileSync(issuer.certificateFile ?? '', 'utf8')
    const url = new URL(issuer.metadataUrl)
    const request = { method, url: url.origin, path: url.pathname, headers: [] }
    const answer = await client().exchange(request)
    expect('failure' in answer && answer.failure.code).toBe('tls')
    expect(given(await client({ ca: `${ca}\n${ca}` }).exchange(request)).status).toBeLessThan(500)
  })
})
