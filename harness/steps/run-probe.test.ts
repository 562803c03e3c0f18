import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createHttpClient } from '../client/http.ts'
import type { HttpClient } from '../client/http.ts'
import type { IssuerControl, Probe, Step } from '../model.ts'
import type { JsonObject } from '../protocol/json.ts'
import { createRecorder } from '../record.ts'
import { createRedactor } from '../redact.ts'
import { WaitClock } from '../wait-clock.ts'
import type { RunContext } from './context.ts'
import { runProbe } from './run-probe.ts'

let server: Server
let http: HttpClient
let url: string
let status: number
let seen: number

beforeEach(async () => {
  seen = 0
  server = createServer((_, response) => {
    seen += 1
    response.writeHead(status, { 'retry-after': '5' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  http = createHttpClient({ userAgent: 'test' })
})

afterEach(async () => {
  await http.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

class NoWaiting extends WaitClock {
  override async wait<T>(): Promise<T> {
    return undefined as T
  }
}

const arranged: { undo: () => Promise<void> } = { undo: async () => undefined }

/** As much of a run as a `send` without a token and an `arrange` ask for. */
function runOf(): RunContext {
  const redactor = createRedactor()
  const recorder = createRecorder({ redactor, started: performance.now() })
  const run: Partial<RunContext> = {
    targetUrl: url,
    revision: '2025-11-25',
    wire: 'stateless',
    base: { method: 'initialize' },
    facts: {},
    http,
    issuer: { requests: () => [], arrange: async () => arranged } as unknown as IssuerControl,
    secondIssuer: null,
    exchange: async (request) => {
      const answer = await http.exchange(request)
      const both = recorder.record(request, answer, { revision: '2025-11-25' })
      run.rawRoundTrips?.set(both.raw.id, both.raw)
      run.roundTrips?.set(both.recorded.id, both.recorded)
      return both
    },
    rawRoundTrips: new Map(),
    roundTrips: new Map(),
    recordedFacts: () => ({}),
    extraHeaders: [],
    timeout: 5000,
    clock: new NoWaiting(),
    signal: new AbortController().signal,
    now: 0,
  }
  return run as RunContext
}

const asked = { name: 'asked', verb: 'send', argument: { token: 'none' } } as unknown as Step
const arrange = (name: string, argument: JsonObject): Step =>
  ({ name, verb: 'arrange', argument }) as unknown as Step
const outage = arrange('outage', { issuer: { fail: { endpoints: ['jwks'], how: 500 } } })
const newKey = arrange('key', { issuer: { 'publish-key': { name: 'next' } } })
const healed = arrange('healed', { undo: 'outage' })

it.each([
  ['a 429', 429, [asked], 'void'],
  ['a 503 out of nowhere', 503, [asked], 'void'],
  ['a 503 after a key was published', 503, [newKey, asked], 'void'],
  ['a 503 once the outage is over', 503, [outage, healed, asked], 'void'],
  ['a 429 during an outage', 429, [outage, asked], 'void'],
  ['a 503 during an outage', 503, [outage, asked], undefined],
] as const)('%s with Retry-After: %i', async (_title, code, steps, unmet) => {
  status = code
  const probe = { key: 'x', name: 'x', steps: [...steps], tokens: {} } as unknown as Probe
  const evidence = await runProbe(probe, runOf())
  expect(evidence.unmet?.kind).toBe(unmet)
  expect(seen).toBe(unmet ? 4 : 2)
})
