import { request as httpRequest } from 'node:http'
import { connect as connectPlain } from 'node:net'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import type { HeaderList } from '../model.ts'
import { failureOf } from './failure.ts'
import type { OpenedAnswer, RawRequest } from './http.ts'
import { lookupHost } from './loopback.ts'
import { openTunnel } from './proxy.ts'
import { trusted } from './undici-transport.ts'

const chunkBytes = 16 * 1024

/** How the target is reached. */
export interface Way {
  /** PEM text of a certificate authority to trust besides the built-in ones. */
  ca?: string | undefined
  proxy?: URL | null
}

/**
 * Sends bytes that no HTTP library lets through (control characters, odd methods, odd paths) on a
 * connection of its own, and leaves the reading of the answer to Node's parser.
 * A server may answer an oversized request and close before it has read it all: the request is
 * written in pieces, and an answer that has begun ends the writing.
 */
export async function openRaw(
  request: RawRequest,
  signal: AbortSignal,
  way: Way = {},
): Promise<OpenedAnswer> {
  const bytes = requestBytes(request)
  // the answer that races with our own writing is lost once in a while
  const tries = bytes.length > chunkBytes ? 3 : 1
  for (let attempt = 1; ; attempt += 1) {
    try {
      const socket = await connectTo(new URL(request.url), signal, way)
      return await attemptRaw(request, bytes, signal, socket)
    } catch (error) {
      if (signal.aborted || attempt >= tries || failureOf(error).code !== 'reset') throw error
    }
  }
}

function attemptRaw(
  request: RawRequest,
  bytes: Buffer,
  signal: AbortSignal,
  socket: Socket,
): Promise<OpenedAnswer> {
  return new Promise((resolve, reject) => {
    const connection = new WriteReplaced(socket, bytes)
    const stop = (): void => {
      socket.destroy()
      reject(signal.reason as Error)
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    const reading = httpRequest({
      method: request.method === 'HEAD' ? 'HEAD' : 'GET',
      createConnection: () => connection,
      maxHeaderSize: 256 * 1024,
    })
    reading.on('response', (response) => {
      signal.removeEventListener('abort', stop)
      response.on('close', () => socket.destroy())
      resolve({
        status: response.statusCode ?? 0,
        headers: pairs(response.rawHeaders),
        body: response,
      })
    })
    reading.on('error', (error) => {
      signal.removeEventListener('abort', stop)
      socket.destroy()
      reject(error)
    })
    reading.end()
  })
}

/** Through a proxy also plain HTTP goes in a tunnel, so that our bytes arrive as they are. */
async function connectTo(url: URL, signal: AbortSignal, { ca, proxy }: Way): Promise<Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  const tunnel = proxy ? await openTunnel(proxy, url, signal) : null
  if (url.protocol !== 'https:') return tunnel ?? connectPlain({ host, port, lookup: lookupHost })
  const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host }
  const over = tunnel ? { socket: tunnel } : { host, port, lookup: lookupHost }
  return connectTls({ ...over, ...name, ...(ca ? { ca: trusted(ca) } : {}) })
}

/** What `node:http` writes is swallowed; the socket gets our bytes instead. */
class WriteReplaced extends Duplex {
  private readonly socket: Socket
  private answered = false

  constructor(socket: Socket, bytes: Buffer) {
    super()
    this.socket = socket
    const write = (): void => this.writePieces(bytes, 0)
    if ('encrypted' in socket) socket.once('secureConnect', write)
    else if (socket.connecting) socket.once('connect', write)
    else write()
    socket.on('data', (chunk: Buffer) => {
      this.answered = true
      if (!this.push(chunk)) socket.pause()
    })
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.fail(error))
    socket.on('close', () => this.push(null))
  }

  /** A turn of the event loop between pieces lets an early answer be read before the next write. */
  private writePieces(bytes: Buffer, from: number): void {
    if (this.answered || this.socket.destroyed || from >= bytes.length) return
    const next = from + chunkBytes
    const on = (): void => void setImmediate(() => this.writePieces(bytes, next))
    if (this.socket.write(bytes.subarray(from, next))) on()
    else this.socket.once('drain', on)
  }

  /** After an answer has begun, a reset only ends it. */
  private fail(error: Error): void {
    if (this.answered) this.push(null)
    else this.destroy(error)
  }

  override _read(): void {
    this.socket.resume()
  }

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy()
    done(error)
  }
}

function requestBytes({ method, url, path, headers, body }: RawRequest): Buffer {
  const has = (wanted: string): boolean => headers.some(([name]) => name.toLowerCase() === wanted)
  const content = typeof body === 'string' ? Buffer.from(body, 'utf8') : body
  const lines: HeaderList = [
    ...(has('host') ? [] : [['Host', new URL(url).host] as [string, string]]),
    ...headers,
    ...(has('connection') ? [] : [['Connection', 'close'] as [string, string]]),
  ]
  if (content && !has('content-length') && !has('transfer-encoding')) {
    lines.push(['Content-Length', String(content.length)])
  }
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)]
  return Buffer.concat([textBytes(`${head.join('\r\n')}\r\n\r\n`), content ?? new Uint8Array()])
}

/** One byte a character where that is possible, UTF-8 where it is not. */
function textBytes(text: string): Buffer {
  // eslint-disable-next-line no-control-regex
  return Buffer.from(text, /^[\x00-\xff]*$/.test(text) ? 'latin1' : 'utf8')
}

function pairs(flat: string[]): HeaderList {
  const list: HeaderList = []
  for (let index = 0; index + 1 < flat.length; index += 2) {
    list.push([flat[index] ?? '', flat[index + 1] ?? ''])
  }
  return list
}
