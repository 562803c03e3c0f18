import type { Answer } from './answer.ts'
import { jsonResponse } from './json.ts'
import type { MockRequest } from './read-request.ts'
import { serve, withName } from './serve.ts'

/** A request that a server sent to its upstream, whole: what it carries is what is looked for. */
export interface UpstreamRequest {
  /** The path. */
  endpoint: string
  method: string
  path: string
  query: Record<string, string>
  header: Record<string, string>
  /** The first 64 KiB. */
  body: string
  /** Of the answer; 0 as long as there is none. */
  status: number
  /** Milliseconds since the epoch. */
  at: number
}

/** Stands where a server expects the API that it calls, and writes down what arrives. */
export interface Upstream {
  readonly url: string
  readonly port: number
  /** Requests since the n-th, oldest first. */
  requests(since?: number): UpstreamRequest[]
  /** Answers every request itself until it is undone. */
  arrange(arrangement: {
    answer: { status: number; body?: string }
  }): Promise<{ undo: () => Promise<void> }>
  close(): Promise<void>
}

const mostKept = 64 * 1024
/** Of one connection (RFC 9110 section 7.6.1), or written anew, so they are not handed on. */
const hopByHop = [
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'upgrade',
  'te',
  'host',
]

export interface UpstreamOptions {
  /** The origin of the real one. */
  forwardTo?: string
  /** The host by which it is reached, where that is not its address. */
  name?: string
}

/**
 * Serves on a free loopback port. What is not answered by an arrangement goes on to `forwardTo`; without
 * one the answer is an empty JSON object.
 */
export async function serveUpstream({ forwardTo, name }: UpstreamOptions = {}): Promise<Upstream> {
  const entries: UpstreamRequest[] = []
  let arranged: { status: number; body?: string }[] = []
  const serving = await serve(async (request) => {
    const body = Buffer.from(await request.arrayBuffer())
    const entry = write(request, body)
    entries.push(entry)
    const answer = arranged.at(-1)
    const response = answer
      ? new Response(answer.body ?? null, {
          status: answer.status,
          headers: { 'content-type': 'application/json' },
        })
      : await (forwardTo === undefined ? jsonResponse({}) : forward(request, body, forwardTo))
    entry.status = response.status
    return response
  }, {})
  return {
    url: name === undefined ? serving.origin : withName(serving.origin, name),
    port: serving.port,
    requests: (since = 0) => entries.slice(since),
    arrange: async ({ answer }) => {
      if (!Number.isInteger(answer?.status) || answer.status < 200 || answer.status > 599) {
        throw new Error('an upstream can "answer" with a status from 200 to 599 and a body')
      }
      arranged.push(answer)
      const undo = async (): Promise<void> => {
        arranged = arranged.filter((each) => each !== answer)
      }
      return { undo }
    },
    close: () => serving.close(),
  }
}

function write(request: MockRequest, body: Buffer): UpstreamRequest {
  const url = new URL(request.url)
  return {
    endpoint: url.pathname,
    method: request.method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    header: Object.fromEntries(request.headers),
    body: body.subarray(0, mostKept).toString('utf8'),
    status: 0,
    at: Date.now(),
  }
}

async function forward(request: MockRequest, body: Buffer, to: string): Promise<Answer | Response> {
  const { pathname, search } = new URL(request.url)
  const headers = new Headers([...request.headers])
  for (const name of hopByHop) headers.delete(name)
  const sent = { method: request.method, headers, redirect: 'manual' as const }
  const target = new URL(to).origin + pathname + search
  try {
    const response = await fetch(
      target,
      body.length > 0 ? { ...sent, body: new Uint8Array(body) } : sent,
    )
    const given = new Headers(response.headers)
    // the body was decoded on its way
    for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) {
      given.delete(name)
    }
    const bytes = [204, 304].includes(response.status) ? null : await response.arrayBuffer()
    return new Response(bytes, { status: response.status, headers: given })
  } catch {
    return jsonResponse({ error: 'upstream_unreachable' }, 502)
  }
}
