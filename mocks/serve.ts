import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { DropConnection } from './drop-connection.ts'

/** One function from request to response, over HTTP on loopback. */
export interface Serving {
  origin: string
  port: number
  close(): Promise<void>
}

export interface ServingOptions {
  /** A free one unless given. */
  port?: number
  host?: string
}

type Handle = (request: Request) => Promise<Response>

const mostBytes = 1024 * 1024

/**
 * Serves a handler on loopback and nowhere else. Bodies above 1 MiB are refused; a `DropConnection`
 * from the handler closes the connection, any other error is a 500.
 * @throws Error for a host that is no loopback address, or when nothing can listen at the port
 */
export async function serve(handle: Handle, options: ServingOptions = {}): Promise<Serving> {
  const host = options.host ?? '127.0.0.1'
  if (!/^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|localhost)$/.test(host)) {
    throw new Error(
      `a mock listens on loopback only, found "${host}". Allowed: 127.0.0.1, ::1, localhost`,
    )
  }
  const server = createServer((incoming, outgoing) => void answer(handle, incoming, outgoing))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const origin = `http://${host === '::1' ? '[::1]' : host}:${port}`
  return { origin, port, close: () => end(server) }
}

async function answer(
  handle: Handle,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  try {
    const request = await readRequest(incoming, gone.signal)
    await write(request instanceof Response ? request : await handle(request), outgoing)
  } catch (error) {
    if (error instanceof DropConnection || outgoing.headersSent) incoming.socket.resetAndDestroy()
    else await write(new Response('the mock failed', { status: 500 }), outgoing)
  }
}

async function write(response: Response, outgoing: ServerResponse): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer())
  outgoing.statusCode = response.status
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value)
  if (!response.headers.has('content-length')) outgoing.setHeader('content-length', body.length)
  outgoing.end(body)
}

/** The request as the standard has it, or the answer to one that has no such form. */
async function readRequest(
  incoming: IncomingMessage,
  signal: AbortSignal,
): Promise<Request | Response> {
  const { method = 'GET', url = '/' } = incoming
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= mostBytes) chunks.push(chunk)
  }
  if (size > mostBytes) return new Response('the body is too long', { status: 413 })
  const absolute = url.startsWith('/')
    ? `http://${incoming.headers.host ?? 'localhost'}${url}`
    : url.replace(/^\*$/, 'http://localhost/')
  const bodiless = method === 'GET' || method === 'HEAD' || size === 0
  try {
    const headers = headersOf(incoming)
    const body = bodiless ? null : Buffer.concat(chunks)
    return new Request(absolute, { method, headers, signal, body })
  } catch {
    return new Response('there is no such request', { status: 400 })
  }
}

function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(incoming.headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  return headers
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
