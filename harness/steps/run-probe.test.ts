import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createHttpClient } from '../client/http.ts'
import type { HttpClient } from '../client/http.ts'
import type { Evidence, Expectation, IssuerControl, Probe, Step } from '../model.ts'
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
    upstream: null,
    openBrowser: null,
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
const named = (name: string, changes: Partial<Step> = {}): Step => ({ ...asked, name, ...changes })
const probeOf = (...steps: Step[]): Probe =>
  ({ key: 'x', name: 'x', steps, tokens: {} }) as unknown as Probe
const is = (code: number): Expectation => [{ status: code }]
const taken = (evidence: Evidence): string[] => evidence.steps.map(({ name }) => name)
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
  const evidence = await runProbe(probeOf(...steps), runOf())
  expect(evidence.unmet?.kind).toBe(unmet)
  expect(seen).toBe(unmet ? 4 : 1)
})

it('an unmet expectation does not stop the probe; an unmet need or assumption does', async () => {
  status = 404
  const go = (...changes: Partial<Step>[]) =>
    runProbe(probeOf(...changes.map((change, index) => named(`s${index}`, change))), runOf())
  const expected = await go({ expect: is(401) }, {})
  expect([taken(expected), expected.unmet]).toEqual([['s0', 's1'], null])
  const needed = await go({ require: is(401) }, {})
  expect(taken(needed)).toEqual(['s0'])
  expect(needed.unmet).toMatchObject({ step: 's0', kind: 'require' })
  expect(needed.unmet?.reason).toMatch(/^s0: needed .*401.*; got .*404/)
  const assumed = await go({}, { assume: { is: is(401), else: 'it is public' } }, {})
  expect(taken(assumed)).toEqual(['s0', 's1'])
  expect(assumed.unmet).toEqual({ step: 's1', kind: 'assume', reason: 'it is public' })
  const distant = { is: is(401), else: 'it is elsewhere', outcome: 'untested' as const }
  const untested = await go({ assume: distant })
  expect(untested.unmet).toMatchObject({ kind: 'out-of-reach', reason: 'it is elsewhere' })
})

it('a repeated step has an answer for each time', async () => {
  status = 401
  const { steps } = await runProbe(probeOf(named('s', { repeat: 3 })), runOf())
  expect(seen).toBe(3)
  expect(steps[0]?.answers.map(({ roundTrip }) => roundTrip)).toEqual([1, 2, 3])
  expect(steps[0]?.roundTrips).toEqual([1, 2, 3])
})

it('a repeated step may be under way several times at once', async () => {
  const waiting: (() => void)[] = []
  server.removeAllListeners('request')
  server.on('request', (_, response) => {
    waiting.push(() => void response.writeHead(401).end())
    if (waiting.length === 2) for (const answer of waiting.splice(0)) answer()
  })
  const { steps } = await runProbe(probeOf(named('s', { repeat: 4, atOnce: 2 })), runOf())
  expect(steps[0]?.answers).toHaveLength(4)
})

it('answers that are left out are none of the step', async () => {
  let count = 0
  server.removeAllListeners('request')
  server.on('request', (_, response) => {
    count += 1
    response.writeHead(count % 2 === 0 ? 429 : 401).end()
  })
  const crowd = { repeat: 4, impatient: true as const, leaveOut: is(429) }
  const { steps, unmet } = await runProbe(probeOf(named('s', crowd)), runOf())
  expect(steps[0]?.answers).toHaveLength(2)
  expect(steps[0]?.roundTrips).toHaveLength(4)
  expect(unmet).toBe(null)
})

it('a step of which all answers are left out meets no need', async () => {
  status = 429
  const crowd = { repeat: 2, impatient: true as const, leaveOut: is(429), require: is(401) }
  const { unmet } = await runProbe(probeOf(named('s', crowd)), runOf())
  expect(unmet).toMatchObject({ step: 's', kind: 'require' })
})

it('steps that are taken together meet at the server', async () => {
  const waiting: (() => void)[] = []
  server.removeAllListeners('request')
  server.on('request', (_, response) => {
    waiting.push(() => void response.writeHead(401).end())
    if (waiting.length === 2) for (const answer of waiting) answer()
  })
  const inner = [named('one'), named('two', { require: is(200) })]
  const together = named('both', { verb: 'together', argument: inner as unknown as JsonObject[] })
  const evidence = await runProbe(probeOf(together, named('after')), runOf())
  expect(taken(evidence).toSorted()).toEqual(['one', 'two'])
  expect(evidence.unmet).toMatchObject({ step: 'two', kind: 'require' })
})

it('a poll asks until it holds and keeps the last answer', async () => {
  status = 503
  server.on('request', () => {
    if (seen === 2) status = 200
  })
  const run = { ...runOf(), maxWait: 5000 }
  const poll = { until: is(200), within: '5s' }
  const { steps, unmet } = await runProbe(probeOf(outage, named('s', { poll })), run)
  const answers = steps.find(({ name }) => name === 's')
  expect(unmet).toBeNull()
  expect(answers?.answers).toHaveLength(1)
  expect(run.roundTrips.get(answers?.answers[0]?.roundTrip ?? 0)?.response?.status).toBe(200)
  expect([answers?.roundTrips, seen]).toEqual([[1, 2, 3], 3])
})

it('a poll ends with its budget, and is cut short where the run allows less', async () => {
  status = 401
  const poll = (within: string) => ({ poll: { until: is(200), within } })
  const ended = await runProbe(probeOf(named('s', poll('0s'))), { ...runOf(), maxWait: 1000 })
  expect([taken(ended), ended.unmet]).toEqual([['s'], null])
  const cut = await runProbe(probeOf(named('s', poll('90s'))), { ...runOf(), maxWait: 0 })
  expect(cut.unmet).toEqual({
    step: 's',
    kind: 'cut-short',
    reason: 'waited 0 s of the 90 s that this may take; give --max-wait 90',
  })
})

const counting = (undone: string[]) => ({
  issuer: {
    requests: () => [],
    arrange: async () => ({ undo: async () => void undone.push('undone') }),
  } as unknown as IssuerControl,
})

it('what was arranged is undone when a step breaks, and the break is an error of the harness', async () => {
  const undone: string[] = []
  const exchange = () => Promise.reject(new Error('a bug'))
  const run = { ...runOf(), ...counting(undone), exchange }
  const evidence = await runProbe(probeOf(newKey, named('s')), run)
  expect(evidence.unmet).toMatchObject({ kind: 'error', reason: expect.stringContaining('a bug') })
  expect(undone).toEqual(['undone'])
})

it('an interrupted probe gives no evidence, and undoes what it arranged', async () => {
  const undone: string[] = []
  const controller = new AbortController()
  const exchange = () => {
    controller.abort()
    return Promise.reject(new Error('aborted'))
  }
  const run = { ...runOf(), ...counting(undone), exchange, signal: controller.signal }
  await expect(runProbe(probeOf(newKey, named('s')), run)).rejects.toThrow('aborted')
  expect(undone).toEqual(['undone'])
})

it('a step that cannot be taken stands in the evidence without an answer', async () => {
  const evidence = await runProbe(
    probeOf(named('s', { argument: { token: 'none', path: '{{nothing.here}}' } }), named('t')),
    runOf(),
  )
  expect(evidence.steps).toMatchObject([{ name: 's', answers: [], roundTrips: [] }])
  expect(evidence.unmet).toMatchObject({ step: 's', kind: 'broken' })
  expect(seen).toBe(0)
})
