import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'

/** A server that is dead, closed, or something else altogether. */
export interface DullServer {
  url: string
  close(): Promise<void>
}

const html = '<!doctype html><title>Welcome</title><h1>It works</h1>'

const handlers: Record<string, RequestListener> = {
  '401 to everything': (_, response) => void response.writeHead(401).end(),
  '403 to everything': (_, response) => void response.writeHead(403).end('Forbidden'),
  '500 to everything': (_, response) => void response.writeHead(500).end('Internal Server Error'),
  '200 to everything': (_, response) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end(html),
  'a web site': (request, response) => {
    const found = request.method === 'GET'
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/html' }).end(html)
  },
  'a redirect to itself': (request, response) =>
    void response.writeHead(302, { location: request.url ?? '/' }).end(),
  'never an answer': () => undefined,
}

export const dullServers: string[] = ['a closed port', ...Object.keys(handlers)]

handlers['a locked door'] = (_, response) =>
  void response.writeHead(401, { 'www-authenticate': 'Bearer realm="closed"' }).end()

export async function startDullServer(name: string): Promise<DullServer> {
  const server = createServer(handlers[name] ?? (() => undefined))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  if (name === 'a closed port') await end(server)
  return { url: `http://127.0.0.1:${port}/mcp`, close: () => end(server) }
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
