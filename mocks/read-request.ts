import type { Incoming } from './serve.ts'

const mostBytes = 1024 * 1024

/** The request as the standard has it, or the answer to one that has no such form. */
export async function readRequest(
  incoming: Incoming,
  scheme: 'http' | 'https',
  signal: AbortSignal,
): Promise<Request | Response> {
  const { method = 'GET', url = '/' } = incoming
  const body = await readBytes(incoming)
  if (body === null) return new Response('the body is too long', { status: 413 })
  const host = incoming.headers.host ?? incoming.headers[':authority'] ?? 'localhost'
  const absolute = url.startsWith('/')
    ? `${scheme}://${String(host)}${url}`
    : url.replace(/^\*$/, `${scheme}://localhost/`)
  const bodiless = method === 'GET' || method === 'HEAD' || body.length === 0
  try {
    const headers = headersOf(incoming)
    return new Request(absolute, {
      method,
      headers,
      signal,
      body: bodiless ? null : new Uint8Array(body),
    })
  } catch {
    return new Response('there is no such request', { status: 400 })
  }
}

/** Null for more than a mock takes. */
export async function readBytes(incoming: Incoming): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= mostBytes) chunks.push(chunk)
  }
  return size > mostBytes ? null : Buffer.concat(chunks)
}

/** Without the pseudo-headers of HTTP/2; repeated lines stay repeated. */
export function headersOf({ rawHeaders }: Incoming): Headers {
  const headers = new Headers()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2)
    if (!name.startsWith(':')) headers.append(name, value)
  }
  return headers
}
