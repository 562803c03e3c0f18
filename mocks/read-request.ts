import { Answer } from './answer.ts'
import { HeaderFields } from './header-fields.ts'
import type { Incoming } from './serve.ts'

/** What a handler may ask of a request; a `Request` of the standard can tell all of it. */
export interface MockRequest extends Pick<
  Request,
  'method' | 'url' | 'signal' | 'text' | 'json' | 'arrayBuffer'
> {
  readonly headers: Pick<Headers, 'get' | 'has'> & Iterable<[string, string]>
}

const mostBytes = 1024 * 1024
/** What the standard's `Request` cannot say. */
const unsayable = new Set(['CONNECT', 'TRACE', 'TRACK'])
const utf8 = new TextDecoder()

/**
 * The request, read to its end, or the answer to one that the standard has no form for. It is none of
 * the standard's own: making that, with its streams, takes longer than all that is done with it.
 * @throws Error (rejects) when the caller goes away before its end
 */
export async function readRequest(
  incoming: Incoming,
  scheme: 'http' | 'https',
  gone: AbortController,
): Promise<MockRequest | Answer> {
  const { method = 'GET', url = '/' } = incoming
  const body = await readBytes(incoming)
  if (body === null) return new Answer('the body is too long', { status: 413 })
  const host = incoming.headers.host ?? incoming.headers[':authority'] ?? 'localhost'
  const absolute = url.startsWith('/')
    ? `${scheme}://${String(host)}${url}`
    : url.replace(/^\*$/, `${scheme}://localhost/`)
  try {
    const { href, username, password } = new URL(absolute)
    if (!unsayable.has(method.toUpperCase()) && username === '' && password === '') {
      return {
        method,
        url: href,
        headers: headersOf(incoming),
        // few ask for it, and it is dear
        get signal() {
          return gone.signal
        },
        text: async () => utf8.decode(body),
        json: async () => JSON.parse(utf8.decode(body)) as unknown,
        arrayBuffer: async () => new Uint8Array(body).buffer,
      }
    }
  } catch {
    // there is no such URL
  }
  return new Answer('there is no such request', { status: 400 })
}

/** Null for more than a mock takes. @throws Error (rejects) when the caller goes away before the end */
export async function readBytes(incoming: Incoming): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= mostBytes) chunks.push(chunk)
  })
  await new Promise((resolve, reject) => {
    incoming.once('end', resolve).once('error', reject).once('close', reject)
  })
  return size > mostBytes ? null : Buffer.concat(chunks)
}

/** Without the pseudo-headers of HTTP/2; repeated lines stay repeated. */
export function headersOf({ rawHeaders }: Incoming): HeaderFields {
  const headers = new HeaderFields()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = [rawHeaders[index], rawHeaders[index + 1]]
    if (!name.startsWith(':')) headers.append(name, value)
  }
  return headers
}
