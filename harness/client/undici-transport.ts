import { rootCertificates } from 'node:tls'
import type { Agent, Client, Dispatcher } from 'undici'
import type { HeaderList } from '../model.ts'
import type { HttpClientOptions, OpenedAnswer, RawRequest } from './http.ts'
import { isLoopback, lookupHost } from './loopback.ts'

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const framing = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/
const path = /^\/[\x21-\xff]*$/

/** Bytes of head or body from which a server may answer and close before it has read them all. */
const large = 16 * 1024

/** Whether undici sends this request just as it is written. */
export function isOrdinary({ method, path: target, headers, body }: RawRequest): boolean {
  const head = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  return (
    methods.has(method) &&
    path.test(target) &&
    head + target.length < large &&
    (body?.length ?? 0) < large * 4 &&
    headers.every(([name, value]) => isOrdinaryHeader(name, value))
  )
}

function isOrdinaryHeader(name: string, value: string): boolean {
  return token.test(name) && fieldValue.test(value) && !framing.has(name.toLowerCase())
}

export interface UndiciTransport {
  open: (request: RawRequest, signal: AbortSignal) => Promise<OpenedAnswer>
  close: () => Promise<void>
}

/** Ahead of the first request, which would wait for it. */
export const loadUndici = (): Promise<unknown> => import('undici')

/** Pooled connections by undici, loaded at the first request; proxies for what is not loopback. */
export function createUndiciTransport(options: HttpClientOptions): UndiciTransport {
  let direct: Promise<Agent> | null = null
  let proxied: Promise<Dispatcher> | null = null
  const single = new Map<string, Promise<Client>>()
  const clientFor = (origin: string, connection: string): Promise<Client> => {
    const name = `${connection} ${origin}`
    const client = single.get(name) ?? createClient(origin, options)
    single.set(name, client)
    return client
  }
  const dispatcherFor = (origin: string): Promise<Dispatcher> => {
    if (options.proxyFromEnvironment !== true || isLoopback(new URL(origin).hostname)) {
      return (direct ??= createAgent(options))
    }
    return (proxied ??= createProxyAgent(options))
  }
  const open = async (request: RawRequest, signal: AbortSignal): Promise<OpenedAnswer> => {
    const dispatcher =
      request.connection === undefined
        ? await dispatcherFor(request.url)
        : await clientFor(request.url, request.connection)
    const answer = await dispatcher.request({
      origin: request.url,
      path: request.path,
      method: request.method as Dispatcher.HttpMethod,
      headers: request.headers.flat(),
      body: request.body ?? null,
      responseHeaders: 'raw',
      signal,
    })
    return { status: answer.statusCode, headers: pairs(answer.headers), body: answer.body }
  }
  const close = async (): Promise<void> => {
    const all = await Promise.all([direct, proxied, ...single.values()])
    await Promise.all(all.map((dispatcher) => dispatcher?.destroy()))
  }
  return { open, close }
}

// no time limits of undici's own: the exchange has one deadline, and an open stream has none
const limits = { headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: 256 * 1024 }

async function createAgent({ ca }: HttpClientOptions): Promise<Agent> {
  const { Agent } = await import('undici')
  return new Agent({ ...limits, connect: connecting(ca) })
}

function connecting(ca: string | undefined): { lookup: typeof lookupHost; ca?: string[] } {
  return { lookup: lookupHost, ...(ca ? { ca: trusted(ca) } : {}) }
}

/** One connection, never more. */
async function createClient(origin: string, { ca }: HttpClientOptions): Promise<Client> {
  const { Client } = await import('undici')
  const connect = connecting(ca)
  return new Client(origin, { ...limits, connect, pipelining: 1, keepAliveTimeout: 30_000 })
}

async function createProxyAgent({ ca }: HttpClientOptions): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('undici')
  const tls = ca ? { connect: { ca: trusted(ca) }, requestTls: { ca: trusted(ca) } } : {}
  return new EnvHttpProxyAgent({ ...limits, ...tls })
}

/** A certificate authority of the tester's stands beside the built-in ones. */
export function trusted(ca: string): string[] {
  return [...rootCertificates, ca]
}

/** With `responseHeaders: 'raw'` undici gives a flat list, whatever its types say. */
function pairs(headers: unknown): HeaderList {
  const flat = headers as string[]
  const list: HeaderList = []
  for (let index = 0; index + 1 < flat.length; index += 2) {
    list.push([flat[index] ?? '', flat[index + 1] ?? ''])
  }
  return list
}
