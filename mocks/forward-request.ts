import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'

/** The requests of Node itself, taken before anybody replaces them. */
const send = { http: http.request, https: https.request }
const bodiless = new Set([204, 205, 304])

/**
 * Sends a request to a mock as it is, its Host included; `x-forwarded-host` and `x-forwarded-proto`
 * say whom and how it was meant to reach. Redirects are answers.
 * @throws Error (rejects) when there is no whole answer
 */
export async function forwardRequest(request: Request, mock: URL): Promise<Response> {
  const url = new URL(request.url)
  const body = Buffer.from(await request.arrayBuffer())
  const options = {
    method: request.method,
    host: hostOf(mock),
    port: mock.port,
    path: url.pathname + url.search,
    headers: headersFor(request, url, body),
    servername: serverName(mock),
    signal: request.signal,
  }
  return new Promise((resolve, reject) => {
    const sent = send[mock.protocol === 'https:' ? 'https' : 'http'](options, (incoming) => {
      readResponse(incoming, request.method).then(resolve, reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** The name to look for in the mock's certificate; none for an address. */
export function serverName({ hostname }: URL): string {
  return isIP(hostOf({ hostname })) === 0 ? hostname : ''
}

/** The host of a URL as sockets want it, without the brackets of an IPv6 address. */
export function hostOf({ hostname }: Pick<URL, 'hostname'>): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

function headersFor(request: Request, url: URL, body: Buffer): Record<string, string | number> {
  const headers: Record<string, string | number> = Object.fromEntries(request.headers)
  delete headers['transfer-encoding']
  if (body.length > 0 || headers['content-length'] !== undefined) {
    headers['content-length'] = body.length
  }
  return {
    host: url.host,
    ...headers,
    connection: 'close',
    'x-forwarded-host': url.host,
    'x-forwarded-proto': url.protocol.slice(0, -1),
  }
}

async function readResponse(incoming: http.IncomingMessage, method: string): Promise<Response> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  const { statusCode: status = 500, rawHeaders } = incoming
  const headers = new Headers()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2)
    if (!/^(connection|keep-alive|transfer-encoding)$/i.test(name)) headers.append(name, value)
  }
  const none = method === 'HEAD' || bodiless.has(status)
  return new Response(none ? null : new Uint8Array(Buffer.concat(chunks)), { status, headers })
}
