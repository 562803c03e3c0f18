import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createSecureServer, createServer as createHttp2Server } from 'node:http2'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { createServer as createTcpServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Answer } from './answer.ts'
import type { ServerCertificate } from './certificate-authority.ts'
import { DropConnection } from './drop-connection.ts'
import { readRequest } from './read-request.ts'
import type { MockRequest } from './read-request.ts'

/** One function from request to response, on loopback. */
export interface Serving {
  origin: string
  port: number
  close(): Promise<void>
}

export interface ServingOptions {
  /** A free one unless given. */
  port?: number
  host?: string
  /** Serves https with this certificate; plain http without. */
  certificate?: ServerCertificate
}

export type Handle = (request: MockRequest) => Promise<Answer | Response>
export type Incoming = IncomingMessage | Http2ServerRequest
type Outgoing = ServerResponse | Http2ServerResponse

/**
 * Serves a handler on loopback and nowhere else, over HTTP/1.1 and HTTP/2 on one port: without TLS
 * the first bytes tell which, with TLS the handshake (RFC 9113 sections 3.2 and 3.3). Bodies above
 * 1 MiB are refused; a `DropConnection` from the handler closes the connection, any other error is
 * a 500.
 * @throws Error for a host that is no loopback address, or when nothing can listen at the port
 */
export async function serve(handle: Handle, options: ServingOptions = {}): Promise<Serving> {
  const host = options.host ?? '127.0.0.1'
  if (!/^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|localhost)$/.test(host)) {
    throw new Error(
      `a mock listens on loopback only, found "${host}". Allowed: 127.0.0.1, ::1, localhost`,
    )
  }
  const scheme = options.certificate ? 'https' : 'http'
  const listener = (incoming: Incoming, outgoing: Outgoing): void =>
    void answer(handle, incoming, outgoing, scheme)
  const server = options.certificate
    ? createSecureServer({ ...options.certificate, allowHTTP1: true }, listener)
    : createPlainServer(listener)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const origin = `${scheme}://${host === '::1' ? '[::1]' : host}:${port}`
  return { origin, port, close: () => end(server, sockets) }
}

/** An origin under another name of the same machine. */
export function withName(origin: string, name: string): string {
  const { protocol, port } = new URL(origin)
  return `${protocol}//${name}:${port}`
}

const preface = 'PRI * HTTP/2.0'

/** HTTP/2 with prior knowledge begins with its preface; everything else is HTTP/1.1. */
function createPlainServer(listener: (incoming: Incoming, outgoing: Outgoing) => void): Server {
  const http1 = createServer(listener)
  const http2 = createHttp2Server(listener)
  return createTcpServer({ noDelay: true }, (socket) => {
    let head = Buffer.alloc(0)
    const decide = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk])
      const start = head.toString('latin1', 0, preface.length)
      // bytes may come one by one
      if (start.length < preface.length && preface.startsWith(start)) return
      socket.off('data', decide).pause()
      ;(start === preface ? http2 : http1).emit('connection', socket)
      socket.unshift(head)
      process.nextTick(() => socket.resume())
    }
    socket.on('data', decide)
  })
}

async function answer(
  handle: Handle,
  incoming: Incoming,
  outgoing: Outgoing,
  scheme: 'http' | 'https',
): Promise<void> {
  const gone = new AbortController()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) gone.abort()
  })
  try {
    if (isGrpc(incoming)) {
      const { answerGrpc } = await import('./grpc.ts')
      const { signal } = gone
      return await answerGrpc(handle, outgoing as Http2ServerResponse, { incoming, scheme, signal })
    }
    const request = await readRequest(incoming, scheme, gone)
    await write(request instanceof Answer ? request : await handle(request), outgoing)
  } catch (error) {
    if (error instanceof DropConnection || outgoing.headersSent) drop(incoming)
    else await write(new Answer('the mock failed', { status: 500 }), outgoing)
  }
}

function isGrpc(incoming: Incoming): boolean {
  return 'stream' in incoming && /^application\/grpc\b/.test(incoming.headers['content-type'] ?? '')
}

/** Ends the connection without an answer; where nothing is between, with a reset. */
function drop(incoming: Incoming): void {
  if ('stream' in incoming) incoming.stream.session?.destroy()
  else if (incoming.socket instanceof TLSSocket) incoming.socket.destroy()
  else incoming.socket.resetAndDestroy()
}

async function write(response: Answer | Response, outgoing: Outgoing): Promise<void> {
  const body =
    response instanceof Answer ? (response.body ?? '') : Buffer.from(await response.arrayBuffer())
  outgoing.statusCode = response.status
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value)
  if (!response.headers.has('content-length')) {
    outgoing.setHeader('content-length', Buffer.byteLength(body))
  }
  ;(outgoing as ServerResponse).end(body)
}

function end(server: Server, sockets: Set<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of sockets) socket.destroy()
  })
}
