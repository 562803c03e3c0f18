import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHttpClient } from '../client/http.ts'
import type { HttpClient } from '../client/http.ts'
import type { Probe } from '../model.ts'
import { createRecorder } from '../record.ts'
import { createRedactor } from '../redact.ts'
import { WaitClock } from '../wait-clock.ts'
import { compareKeys } from './compare-keys.ts'
import type { RunContext } from './context.ts'
import { observe } from './observe.ts'
import { open } from './open.ts'
import { ProbeState } from './probe-state.ts'
import { send } from './send.ts'

const keyOne = { kty: 'oct', k: 'b25l' }
const keyTwo = { kty: 'oct', k: 'dHdv' }
const sets: Record<string, unknown> = {
  '/own': { keys: [keyOne] },
  '/same': { keys: [keyTwo, { ...keyOne, kid: 'other name' }] },
  '/other': { keys: [keyTwo] },
  '/none': { message: 'Not found.' },
}

let server: Server
let http: HttpClient
let origin: string
let seen: string[]

beforeEach(async () => {
  seen = []
  server = createServer((request, response) => {
    const url = request.url ?? ''
    seen.push(`${request.method} ${url} ${request.headers['mcp-protocol-version'] ?? '-'}`)
    if (url in sets) return void response.end(JSON.stringify(sets[url]))
    if (url !== '/sse') return void response.writeHead(202).end(() => streamed?.('{"result":1}'))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    streamed = (data) => response.write(`data: ${data}\n\n`)
    streamed(`${origin}/messages?sessionId=6f1c`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  http = createHttpClient({ userAgent: 'test' })
})

let streamed: ((data: string) => void) | undefined

afterEach(async () => {
  await http.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** As much of a run as these steps ask for. */
function runOf(): RunContext {
  const redactor = createRedactor()
  const recorder = createRecorder({ redactor, started: performance.now() })
  const rawRoundTrips: RunContext['rawRoundTrips'] = new Map()
  const roundTrips: RunContext['roundTrips'] = new Map()
  const run: Partial<RunContext> = {
    targetUrl: `${origin}/mcp`,
    revision: '2025-11-25',
    wire: 'stateful',
    base: { method: 'initialize' },
    facts: {},
    http,
    issuer: null,
    secondIssuer: null,
    upstream: null,
    openBrowser: null,
    record: (request, answer) => {
      const both = recorder.record(request, answer, { revision: '2025-11-25' })
      rawRoundTrips.set(both.raw.id, both.raw)
      roundTrips.set(both.recorded.id, both.recorded)
      return both
    },
    exchange: async (request) => (run as RunContext).record(request, await http.exchange(request)),
    rawRoundTrips,
    roundTrips,
    recordedFacts: () => ({}),
    redact: (value) => redactor.redactJson(value),
    mayFetch: (url) => (url.startsWith(origin) ? null : 'not ours'),
    extraHeaders: [],
    timeout: 5000,
    clock: new WaitClock(),
    signal: new AbortController().signal,
    now: 0,
  }
  return run as RunContext
}

describe('a stream at a path of its own', () => {
  it('waits for the first event, whose URL a later step can name', async () => {
    const state = new ProbeState({ key: 'x', steps: [], tokens: {} } as unknown as Probe, runOf())
    const opened = await open({ what: 'stream', path: '/sse', token: 'none' }, state, 'stream')
    state.keep({ name: 'stream', verb: 'open', elapsed: 0, ...opened })
    expect(seen).toEqual(['GET /sse -'])
    expect(await state.filled('{{stream.event}}')).toBe(`${origin}/messages?sessionId=6f1c`)

    state.marks.set('posted', state.mark())
    const path = await state.filled('{{stream.event}}')
    await send({ path, token: 'none', in: 'none' }, state)
    expect(seen[1]).toMatch(/^POST \/messages\?sessionId=6f1c /)
    const overheard = await observe({ at: 'stream', since: 'posted', settle: '200ms' }, state)
    expect(overheard.answers[0]?.events).toEqual([{ result: 1 }])
    const all = await observe({ at: 'stream' }, state)
    expect(all.answers[0]?.events).toHaveLength(2)
    await state.close()
  })

  it('leads nowhere else than to the target', async () => {
    const state = new ProbeState({ key: 'x', steps: [], tokens: {} } as unknown as Probe, runOf())
    const away = send({ path: 'http://127.0.0.1:1/messages', token: 'none', in: 'none' }, state)
    await expect(away).rejects.toThrow(/not at the target's own origin/)
    expect(seen).toEqual([])
  })
})

describe('the keys of a resource', () => {
  const compare = (own: string | null, ...issuers: string[]) =>
    compareKeys(
      own === null ? {} : { jwks_uri: origin + own },
      issuers.map((path) => ({ jwks_uri: origin + path })),
      new ProbeState({ key: 'x', steps: [], tokens: {} } as unknown as Probe, runOf()),
    )

  it('are compared by what they are, not by their names', async () => {
    expect(await compare('/own', '/same')).toMatchObject({ state: 'compared' })
    expect((await compare('/own', '/same')).shared).toHaveLength(1)
    expect(await compare('/own', '/other')).toMatchObject({ state: 'compared', shared: [] })
    const each = await compare('/own', '/other', '/same', '/same')
    expect(each.ofIssuer.map((shared) => shared.length)).toEqual([0, 1, 1])
    expect(each.shared).toHaveLength(1)
  })

  it('stay unknown where a set cannot be read', async () => {
    expect(await compare(null, '/same')).toMatchObject({ state: 'absent' })
    expect(await compare('/none', '/same')).toMatchObject({ state: 'unreadable' })
    expect(await compare('/own', '/none')).toMatchObject({ state: 'unreadable' })
  })
})
