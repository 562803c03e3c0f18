import type { Readable } from 'node:stream'
import type { HeaderList } from '../model.ts'
import type { JsonValue } from '../protocol/json.ts'
import { EventReader, messageOf } from './event-stream.ts'
import { DeadlineExceeded, failureOf } from './failure.ts'
import type { Failure } from './failure.ts'
import { Limiter } from './limiter.ts'
import { isLoopback } from './loopback.ts'
import { proxyFor } from './proxy.ts'
import { openRaw } from './raw-http.ts'
import { keptBytes, readBody } from './read-body.ts'
import { createUndiciTransport, isOrdinary } from './undici-transport.ts'

/** One request, exactly as it is to be sent. */
export interface RawRequest {
  method: string
  /** Scheme, host and port. */
  url: string
  /** Path and query as they stand in the request line: `/x/../mcp` and `//mcp` survive. */
  path: string
  /** In this order and case; a name may come twice. `Host`, `User-Agent` and the framing are added. */
  headers: HeaderList
  body?: string | Uint8Array
  /** Requests of one name go one after the other over one kept-alive connection. */
  connection?: string
  /** Milliseconds for the whole exchange. */
  timeout?: number
  /** For an answer that is an event stream: reading ends when this holds for the body so far. */
  until?: (bodySoFar: string) => boolean
}

/** What came back. Nothing here was interpreted, and no redirect was followed. */
export type RawAnswer = GivenAnswer | NoAnswer

export interface GivenAnswer {
  status: number
  /** As received: order, case, duplicates. Bytes above 0x7f are latin1. */
  headers: HeaderList
  /** The first 1 MiB, read as UTF-8. */
  body: string
  /** All bytes that came, at most 16 MiB. */
  bytes: number
  /** Milliseconds until the last byte that was read. */
  elapsed: number
  /** Why the body was not read to its end; absent when it was. */
  cut?: 'deadline' | 'size' | 'reset' | 'until'
}

export interface NoAnswer {
  failure: Failure
  elapsed: number
}

/** An event stream that stays open, or the answer that was given instead. */
export interface EventStream {
  /** Of a stream that opened: status and headers, with an empty body. */
  answer: RawAnswer
  /** Messages that have arrived so far, oldest first. */
  events(): JsonValue[]
  /** Of the last event that had one. */
  lastEventId(): string | null
  close(): void
}

export interface HttpClient {
  /** Sends one request. Never throws for what the network or the server does. */
  exchange(request: RawRequest): Promise<RawAnswer>
  openStream(request: RawRequest): Promise<EventStream>
  /** Closes idle connections and open streams. */
  close(): Promise<void>
}

export interface HttpClientOptions {
  /** `mcp-auth-conformance/<version>`; sent unless the request has a User-Agent of its own. */
  userAgent: string
  /** Exchanges at a time for one origin. Default: 32 on loopback, 4 elsewhere. */
  concurrency?: number
  /** Milliseconds for one exchange. Default: 10,000. */
  timeout?: number
  /** PEM text of a certificate authority to trust besides the built-in ones. */
  ca?: string
  /** Use HTTP_PROXY, HTTPS_PROXY and NO_PROXY. Never for loopback. */
  proxyFromEnvironment?: boolean
  signal?: AbortSignal
}

/** Head of an answer; its body is still to be read. */
export interface OpenedAnswer {
  status: number
  headers: HeaderList
  body: Readable
}

/** Sends a request and gives the head of the answer. Rejects where there is none. */
export type Transport = (request: RawRequest, signal: AbortSignal) => Promise<OpenedAnswer>

/** The one HTTP client of the harness: undici for ordinary requests, our own writer for all others. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const limiters = new Map<string, Limiter>()
  const streams = new Set<EventStream>()
  const undici = createUndiciTransport(options)
  const raw: Transport = (request, signal) => {
    const url = new URL(request.url)
    const proxy = options.proxyFromEnvironment === true ? proxyFor(url, process.env) : null
    return openRaw(request, signal, { ca: options.ca, proxy })
  }

  const limiterOf = (origin: string): Limiter => {
    const known = limiters.get(origin)
    if (known) return known
    const limiter = new Limiter(options.concurrency ?? (isLoopback(hostOf(origin)) ? 32 : 4))
    limiters.set(origin, limiter)
    return limiter
  }

  const opened = async (request: RawRequest, deadline: Deadline): Promise<OpenedAnswer> => {
    const sent = withUserAgent(request, options.userAgent)
    const transport = isOrdinary(sent) ? undici.open : raw
    const opening = transport(sent, deadline.signal)
    // an answer that comes after the deadline is nobody's any more
    opening.then((late) => deadline.signal.aborted && discard(late.body)).catch(() => undefined)
    return Promise.race([opening, deadline.exceeded])
  }

  const exchangeNow = async (request: RawRequest, deadline: Deadline): Promise<RawAnswer> => {
    try {
      const { status, headers, body } = await opened(request, deadline)
      const until = isEventStream(headers) ? request.until : undefined
      const read = await readBody(body, deadline.signal, until)
      return { status, headers, ...read, elapsed: deadline.elapsed() }
    } catch (error) {
      return { failure: failureOf(error), elapsed: deadline.elapsed() }
    } finally {
      deadline.end()
    }
  }

  const exchange = (request: RawRequest): Promise<RawAnswer> => {
    const limiter = limiterOf(request.url)
    return limiter.run(async () => {
      const answer = await exchangeNow(request, startDeadline(request, options))
      if (asksForLess(answer)) limiter.lower()
      else limiter.raise()
      return answer
    })
  }

  const openStream = async (request: RawRequest): Promise<EventStream> => {
    const stream = await limiterOf(request.url).run(async () => {
      const deadline = startDeadline(request, options)
      try {
        const answer = await opened(request, deadline)
        if (isOpenStream(answer)) {
          deadline.end()
          return follow(answer, deadline.elapsed())
        }
        const read = await readBody(answer.body, deadline.signal)
        const { status, headers } = answer
        return closedStream({ status, headers, ...read, elapsed: deadline.elapsed() })
      } catch (error) {
        return closedStream({ failure: failureOf(error), elapsed: deadline.elapsed() })
      } finally {
        deadline.end()
      }
    })
    streams.add(stream)
    return stream
  }

  const close = async (): Promise<void> => {
    for (const stream of streams) stream.close()
    await undici.close()
  }
  return { exchange, openStream, close }
}

interface Deadline {
  signal: AbortSignal
  exceeded: Promise<never>
  elapsed: () => number
  end: () => void
}

function startDeadline(request: RawRequest, options: HttpClientOptions): Deadline {
  const milliseconds = request.timeout ?? options.timeout ?? 10_000
  const started = performance.now()
  const controller = new AbortController()
  let reject: (reason: Error) => void = () => undefined
  const exceeded = new Promise<never>((_, rejecting) => (reject = rejecting))
  exceeded.catch(() => undefined)
  const abort = (): void => {
    const error = new DeadlineExceeded(milliseconds)
    controller.abort(error)
    reject(error)
  }
  const timer = setTimeout(abort, milliseconds)
  options.signal?.addEventListener('abort', abort, { once: true })
  const end = (): void => {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', abort)
  }
  return {
    signal: controller.signal,
    exceeded,
    elapsed: () => Math.round(performance.now() - started),
    end,
  }
}

function withUserAgent(request: RawRequest, userAgent: string): RawRequest {
  if (request.headers.some(([name]) => name.toLowerCase() === 'user-agent')) return request
  return { ...request, headers: [...request.headers, ['User-Agent', userAgent]] }
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : ''
}

function headerOf(headers: HeaderList, wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
}

function isEventStream(headers: HeaderList): boolean {
  return /^text\/event-stream\b/i.test(headerOf(headers, 'content-type') ?? '')
}

function isOpenStream({ status, headers }: OpenedAnswer): boolean {
  return status >= 200 && status < 300 && isEventStream(headers)
}

function asksForLess(answer: RawAnswer): boolean {
  if ('failure' in answer) return false
  const { status, headers } = answer
  return status === 429 || (status === 503 && headerOf(headers, 'retry-after') !== undefined)
}

function discard(body: Readable): void {
  body.on('error', () => undefined).destroy()
}

function closedStream(answer: RawAnswer): EventStream {
  return { answer, events: () => [], lastEventId: () => null, close: () => undefined }
}

/** Collects the messages of a stream, at most 1 MiB of them, until it is closed. */
function follow({ status, headers, body }: OpenedAnswer, elapsed: number): EventStream {
  const events: JsonValue[] = []
  const reader = new EventReader()
  let characters = 0
  body.setEncoding('utf8')
  body.on('error', () => undefined)
  body.on('data', (text: string) => {
    characters += text.length
    events.push(...reader.push(text).map(messageOf))
    if (characters > keptBytes) body.destroy()
  })
  const answer: GivenAnswer = { status, headers, body: '', bytes: 0, elapsed }
  return {
    answer,
    events: () => [...events],
    lastEventId: () => reader.lastEventId,
    close: () => discard(body),
  }
}
