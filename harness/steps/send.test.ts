import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { OpenRun } from '../open-run.ts'
import type { JsonObject } from '../protocol/json.ts'
import { answerJson, NoWaiting, serveSmall, stateOf, stepRun } from '../../tests/step-run.ts'
import type { SeenRequest } from '../../tests/step-run.ts'
import { isAccepted, send } from './send.ts'

const message = ({ body }: SeenRequest): JsonObject =>
  body === '' ? {} : (JSON.parse(body) as JsonObject)

/** A stateful server that lets `Bearer good` in. */
function answerMcp(request: SeenRequest, response: ServerResponse): void {
  const { method, id } = message(request)
  if (request.headers.authorization !== 'Bearer good')
    return answerJson(response, { error: 'no' }, 401)
  if (id === undefined) return void response.writeHead(202).end()
  const session = method === 'initialize' ? { 'mcp-session-id': 's1' } : {}
  answerJson(response, { jsonrpc: '2.0', id: id ?? null, result: {} }, 200, session)
}

const base: Partial<OpenRun> = { base: { method: 'tools/list' } }
const good = { given: { a: 'good', b: null } }
const spoken = (seen: SeenRequest[]) =>
  seen.map((request) => [message(request)['method'], request.headers['mcp-session-id'] ?? null])

describe('the session of a message', () => {
  it('is opened with the credential of the step', async () => {
    const { origin, seen } = await serveSmall(answerMcp)
    const run = await stepRun(origin, good, base)
    const { answers, roundTrips } = await send({}, stateOf(run))
    expect(spoken(seen)).toEqual([
      ['initialize', null],
      ['notifications/initialized', 's1'],
      ['tools/list', 's1'],
    ])
    expect(roundTrips).toEqual([1, 2, 3])
    expect(answers).toEqual([{ roundTrip: 3 }])
  })

  it('that is refused is the answer', async () => {
    const { origin, seen } = await serveSmall(answerMcp)
    const state = stateOf(await stepRun(origin, good, base))
    const { answers } = await send({ token: 'none' }, state)
    expect(spoken(seen)).toEqual([['initialize', null]])
    expect(answers).toEqual([{ roundTrip: 1, opening: true }])
  })

  it('is none, or one that was opened before', async () => {
    const { origin, seen } = await serveSmall(answerMcp)
    const state = stateOf(await stepRun(origin, good, base))
    state.sessions.set('opened', 's0')
    await send({ in: 'none' }, state)
    await send({ in: 'opened', token: 'none' }, state)
    expect(spoken(seen)).toEqual([
      ['tools/list', null],
      ['tools/list', 's0'],
    ])
    await expect(send({ in: 'nowhere' }, state)).rejects.toMatchObject({ kind: 'broken' })
  })

  it('does not exist on the stateless wire', async () => {
    const { origin, seen } = await serveSmall(answerMcp)
    const changes: Partial<OpenRun> = { ...base, wire: 'stateless', revision: '2026-07-28' }
    await send({}, stateOf(await stepRun(origin, good, changes)))
    expect(spoken(seen)).toEqual([['tools/list', null]])
  })
})

/** Answers with each status in turn; 0 drops the connection, the last one stays. */
async function asked(statuses: number[], headers: Record<string, string> = {}) {
  const left = [...statuses]
  const { origin, seen } = await serveSmall((_, response) => {
    const status = (left.length > 1 ? left.shift() : left[0]) ?? 0
    if (status === 0) response.destroy()
    else response.writeHead(status, headers).end()
  })
  const clock = new NoWaiting()
  const run = await stepRun(origin, {}, { ...base, clock })
  const { answers, roundTrips } = await send({ in: 'none', token: 'none' }, stateOf(run))
  expect(roundTrips).toHaveLength(seen.length)
  const last = run.roundTrips.get(answers[0]?.roundTrip ?? 0)
  return { times: seen.length, status: last?.response?.status ?? last?.failure?.code }
}

it.each<[string, number[], Record<string, string>, { times: number; status: number | string }]>([
  ['a 401 stands', [401], {}, { times: 1, status: 401 }],
  ['a 500 is asked once more', [500, 200], {}, { times: 2, status: 200 }],
  ['a second 500 stands', [500, 502, 200], {}, { times: 2, status: 502 }],
  ['a 501 stands', [501, 200], {}, { times: 1, status: 501 }],
  ['a dropped connection is asked once more', [0, 200], {}, { times: 2, status: 200 }],
  ['a second drop stands', [0], {}, { times: 2, status: 'reset' }],
  ['a 429 is asked three times more', [429], {}, { times: 4, status: 429 }],
  ['a 503 that names a time is too', [503], { 'retry-after': '1' }, { times: 4, status: 503 }],
  ['a 503 without one is a 5xx', [503, 401], {}, { times: 2, status: 401 }],
])('%s', async (_title, statuses, headers, expected) => {
  expect(await asked(statuses, headers)).toEqual(expected)
})

it.each([429, 503])('a %i stands at once where the step is impatient', async (status) => {
  const { origin, seen } = await serveSmall((_, response) => {
    response.writeHead(status, { 'retry-after': '1' }).end()
  })
  const state = stateOf(await stepRun(origin, {}, base))
  state.impatient = true
  await send({ in: 'none', token: 'none' }, state)
  expect(seen).toHaveLength(1)
})

it('a stream ends for us with the answer, though the server leaves it open', async () => {
  const { origin } = await serveSmall((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const { id } = message(request)
    const data = (json: object): string =>
      `data: ${JSON.stringify({ jsonrpc: '2.0', ...json })}\n\n`
    response.write(data({ method: 'notifications/message' }) + data({ id, result: {} }))
  })
  const run = await stepRun(origin, { timeout: 20_000 }, base)
  await send({ in: 'none', token: 'none' }, stateOf(run))
  const [trip] = run.rawRoundTrips.values()
  expect(trip && isAccepted(trip)).toBe(true)
  expect(trip?.elapsed).toBeLessThan(10_000)
})

it('no answer within the time of the step is none', async () => {
  const { origin } = await serveSmall(() => undefined)
  const run = await stepRun(origin, {}, base)
  const state = stateOf(run)
  state.timeout = 50
  const { answers } = await send({ in: 'none', token: 'none' }, state)
  expect(run.roundTrips.get(answers[0]?.roundTrip ?? 0)).toMatchObject({
    response: null,
    failure: { code: 'timeout' },
  })
})

it.each([
  [200, 'application/json', '{"jsonrpc":"2.0","id":1,"result":{}}', true],
  [200, 'text/event-stream', 'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n', true],
  [200, 'application/json', '{"jsonrpc":"2.0","id":1,"error":{"code":1}}', false],
  [200, 'application/json', '{"jsonrpc":"2.0","id":1,"result":{"isError":true}}', false],
  [401, 'application/json', '{"jsonrpc":"2.0","id":1,"result":{}}', false],
  [202, 'text/plain', '', false],
])('%i with %s %s is accepted: %s', (status, type, body, accepted) => {
  const response = { status, headers: [['Content-Type', type]], body }
  const trip = { request: { body: null }, response }
  expect(isAccepted(trip as unknown as Parameters<typeof isAccepted>[0])).toBe(accepted)
})

it.each([
  ['as work', false, 0],
  ['as waiting while the issuer is down', true, 300],
])('an exchange counts %s', async (_title, outage, waited) => {
  const { origin } = await serveSmall((_, response) => {
    setTimeout(() => response.writeHead(401).end(), 300)
  })
  const run = await stepRun(origin, {}, base)
  const state = stateOf(run)
  state.undo.push({ step: 'down', outage, undo: async () => undefined })
  await run.clock.work(() => send({ in: 'none', token: 'none' }, state))
  expect(Math.round(run.clock.waited / 100) * 100).toBe(waited)
})
