import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { DropConnection } from './issuer.ts'

/** One function from request to response, over HTTP on loopback. */
export interface Serving {
  origin: string
  close(): Promise<void>
}

/**
 * Serves a handler on loopback and nowhere else.
 * @throws Error for a host that is not a loopback address
 */
export async function serve(
  handle: (request: Request) => Promise<Response>,
  options: { port?: number; host?: string } = {},
): Promise<Serving> {
  const host = options.host ?? '127.0.0.1'
  if (!/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host)) {
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
  return { origin: `http://${host === '::1' ? '[::1]' : host}:${port}`, close: () => end(server) }
}

async function answer(
  handle: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const response = await handle(await requestOf(incoming))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(Buffer.from(await response.arrayBuffer()))
  } catch (error) {
    if (error instanceof DropConnection) incoming.socket.destroy()
    else {
      outgoing.writeHead(400, { 'content-type': 'application/json' })
      outgoing.end('{"error":"invalid_request"}')
    }
  }
}

const bodyLimit = 1024 * 1024

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headersDistinct)) {
    for (const each of value ?? []) headers.append(name, each)
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length
    if (size > bodyLimit) throw new Error('the body is too long')
    chunks.push(chunk as Buffer)
  }
  const method = incoming.method ?? 'GET'
  const url = `http://${incoming.headers.host ?? 'localhost'}${incoming.url ?? '/'}`
  const hasBody = method !== 'GET' && method !== 'HEAD' && size > 0
  return new Request(url, { method, headers, ...(hasBody ? { body: Buffer.concat(chunks) } : {}) })
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
