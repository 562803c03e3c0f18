import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Facts, Revision } from './model.ts'
import { negotiate } from './negotiate.ts'
import type { Negotiated } from './negotiate.ts'
import { openRecord, openRun } from './open-run.ts'
import type { OpenRun } from './open-run.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject, JsonValue } from './protocol/json.ts'
import { createRedactor } from './redact.ts'
import type { RunSettings } from './run-settings.ts'
import { sawProtection } from './saw-protection.ts'
import { whyNotMcp, whyUnreachable } from './sightings.ts'
import { urlTarget } from './target/target.ts'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
}

/** How a small MCP server behaves. */
interface Habits {
  /** The newest revision that it speaks; one of its own choice where it is none of ours. */
  revision?: string
  stream?: boolean
  /** Methods that want `Bearer good`; all of them unless it says otherwise. */
  guarded?: string[] | 'all'
  challenge?: string | null
  tools?: JsonObject[]
}

const readOnly = { name: 'look', annotations: { readOnlyHint: true } }

async function bodyOf(request: IncomingMessage): Promise<JsonObject> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  const value: unknown = text === '' ? {} : JSON.parse(text)
  return isObject(value as JsonValue) ? (value as JsonObject) : {}
}

/** The results of a server of one wire; undefined for a method that it does not know. */
function resultOf(method: string, habits: Habits): JsonObject | undefined {
  const { revision = '2025-11-25', tools = [readOnly] } = habits
  const stateless = revision === '2026-07-28'
  if (method === 'tools/list') return { tools }
  if (method === 'tools/call') return { content: [{ type: 'text', text: 'hello' }] }
  if (method === 'initialize' && !stateless)
    return { protocolVersion: revision, capabilities: {}, serverInfo: { name: 's', version: '1' } }
  if (method === 'server/discover' && stateless)
    return {
      supportedVersions: [revision],
      capabilities: {},
      serverInfo: { name: 's', version: '1' },
    }
  return undefined
}

function mcp(habits: Habits = {}): RequestListener {
  const { guarded = 'all', challenge = 'Bearer realm="m"', stream = false } = habits
  const answer = (response: ServerResponse, message: JsonObject): void => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    const type = stream ? 'text/event-stream' : 'application/json'
    response.writeHead(200, { 'content-type': type, 'mcp-session-id': 's1' })
    response.end(stream ? `data: ${text}\n\n` : text)
  }
  return async (request, response) => {
    const { method, id } = await bodyOf(request)
    const name = String(method)
    const locked = guarded === 'all' || guarded.includes(name)
    if (locked && request.headers.authorization !== 'Bearer good') {
      response.writeHead(401, challenge === null ? {} : { 'www-authenticate': challenge }).end()
      return
    }
    if (id === undefined) return void response.writeHead(202).end()
    const result = resultOf(name, habits)
    const error = { code: -32601, message: 'Method not found' }
    answer(response, result ? { id: id ?? null, result } : { id: id ?? null, error })
  }
}

interface Asked {
  token?: string
  revision?: Revision
  declared?: Facts
  timeout?: number
}

async function ask(url: string, asked: Asked = {}): Promise<{ said: Negotiated; run: OpenRun }> {
  const { token = null, revision = null, declared = {}, timeout = 5000 } = asked
  const settings: Partial<RunSettings> = {
    tool: { name: 'mcp-auth-conformance', version: '0' },
    target: urlTarget(url),
    declared,
    issuer: null,
    secondIssuer: null,
    upstream: null,
    openBrowser: null,
    given: { a: token, b: null },
    secrets: [],
    allowHosts: [],
    extraHeaders: [],
    ca: null,
    concurrency: null,
    timeout,
    maxWait: 0,
    signal: new AbortController().signal,
  }
  const record = openRecord(createRedactor(), performance.now(), token === null ? [] : [token], 0)
  const run = openRun(settings as RunSettings, record)
  opened.push(() => run.http.close())
  return { said: await negotiate(run, revision, token !== null), run }
}

const methodsSent = ({ roundTrips }: OpenRun): string[] =>
  [...roundTrips.values()].map(({ request }) => /"method":"([^"]+)"/.exec(request.body)?.[1] ?? '-')

describe('the wire', () => {
  it.each<[habits: Habits, revision: Revision, wire: string, how: RegExp]>([
    [
      { revision: '2025-03-26' },
      '2025-03-26',
      'stateful',
      /chose revision 2025-03-26 at initialize/,
    ],
    [
      { revision: '2025-06-18', stream: true },
      '2025-06-18',
      'stateful',
      /chose revision 2025-06-18/,
    ],
    [
      { revision: '2025-11-25', stream: true },
      '2025-11-25',
      'stateful',
      /chose revision 2025-11-25/,
    ],
    [{ revision: '2026-07-28' }, '2026-07-28', 'stateless', /answered server\/discover/],
    [
      { revision: '2024-11-05' },
      '2025-11-25',
      'stateful',
      /chose revision 2024-11-05, which is not one that can be judged/,
    ],
    [
      { revision: 'Bearer good' },
      '2025-11-25',
      'stateful',
      /chose a revision, which is not one that can be judged/,
    ],
  ])('of %j is %s', async (habits, revision, wire, how) => {
    const { said, run } = await ask(await serve(mcp(habits)), { token: 'good' })
    expect(said).toMatchObject({ revision, wire, openServer: false })
    expect(said.sentence).toMatch(how)
    expect(run).toMatchObject({ revision, wire })
    expect(said.base.method).toBe(wire === 'stateless' ? 'server/discover' : 'initialize')
  })

  it('is assumed where no token opens the server, and says so', async () => {
    for (const token of [undefined, 'bad']) {
      const url = await serve(mcp({ revision: '2025-06-18' }))
      const { said, run } = await ask(url, token === undefined ? {} : { token })
      expect(said).toMatchObject({ revision: '2025-11-25', openServer: false, safeTool: null })
      expect(said.sentence).toContain(
        'could not be negotiated without a token that the server accepts',
      )
      expect(sawProtection(run)).toBe(true)
    }
  })

  it('is the one that was asked for', async () => {
    const { said, run } = await ask(await serve(mcp()), { revision: '2025-06-18' })
    expect(said).toMatchObject({
      revision: '2025-06-18',
      sentence: 'revision 2025-06-18 was asked for',
    })
    expect(methodsSent(run)).not.toContain('server/discover')
  })

  it('is not that of 2026-07-28 for a server that answers anything with a result', async () => {
    const url = await serve(async (request, response) => {
      const { id = null } = await bodyOf(request)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { ok: true } }))
    })
    const { said } = await ask(url)
    expect(said).toMatchObject({ revision: '2025-11-25', wire: 'stateful' })
  })
})

describe('BASE', () => {
  const token = 'good'
  it.each<[what: string, habits: Habits, method: string]>([
    ['is the handshake where that is guarded', {}, 'initialize'],
    ['is the handshake of the stateless wire', { revision: '2026-07-28' }, 'server/discover'],
    [
      'is tools/list behind a public handshake',
      { guarded: ['tools/list', 'tools/call'] },
      'tools/list',
    ],
    ['is a safe call where the rest is public', { guarded: ['tools/call'] }, 'tools/call'],
    ['is tools/list over a stream', { guarded: ['tools/list'], stream: true }, 'tools/list'],
    [
      'is tools/list without a session',
      { guarded: ['tools/list'], revision: '2026-07-28' },
      'tools/list',
    ],
  ])('%s', async (_, habits, method) => {
    const { said } = await ask(await serve(mcp(habits)), { token })
    expect(said).toMatchObject({ base: { method }, openServer: false, safeTool: { name: 'look' } })
  })

  it('is found without a token as well', async () => {
    const { said } = await ask(await serve(mcp({ guarded: ['tools/call'] })))
    expect(said).toMatchObject({
      base: { method: 'tools/call', params: { name: 'look', arguments: {} } },
      openServer: false,
    })
  })

  it('is called with the arguments that were declared', async () => {
    const safe = { name: 'look', arguments: { at: '{{target.path}}' } }
    const { said } = await ask(await serve(mcp({ guarded: ['tools/call'] })), {
      declared: { tool: { safe } },
    })
    expect(said.base.params).toEqual({ name: 'look', arguments: { at: '/mcp' } })
  })

  it.each<[stream: boolean, revision: Revision]>([
    [false, '2025-11-25'],
    [true, '2025-06-18'],
    [false, '2026-07-28'],
  ])('is refused by nobody on an open server (stream %s, %s)', async (stream, revision) => {
    const { said } = await ask(await serve(mcp({ guarded: [], stream, revision })))
    expect(said).toMatchObject({ revision, openServer: true })
  })
})

describe('the safe tool', () => {
  const tools = [
    { name: 'change', annotations: { readOnlyHint: false } },
    { name: 'plain' },
    { ...readOnly, name: 'asks', inputSchema: { type: 'object', required: ['x'] } },
    { ...readOnly, name: 'free', inputSchema: { type: 'object', required: [] } },
    readOnly,
  ]
  it('is the first that only reads and needs no argument', async () => {
    const { said } = await ask(await serve(mcp({ tools })), { token: 'good' })
    expect(said.safeTool).toEqual({ name: 'free' })
  })

  it('is the declared one, and none where none is declared', async () => {
    const url = await serve(mcp({ tools }))
    const named = await ask(url, { token: 'good', declared: { tool: { safe: { name: 'mine' } } } })
    expect(named.said.safeTool).toEqual({ name: 'mine' })
    expect(methodsSent(named.run)).not.toContain('tools/list')
    const none = await ask(url, { token: 'good', declared: { tool: { safe: 'none' } } })
    expect(none.said.safeTool).toBeNull()
  })

  it.each<JsonObject[][]>([[[]], [tools.slice(0, 3)]])('is none among %j', async (list) => {
    const { said } = await ask(await serve(mcp({ tools: list })), { token: 'good' })
    expect(said.safeTool).toBeNull()
  })
})

describe('a server', () => {
  it('that challenges with 401 is one that guards', async () => {
    const { said, run } = await ask(await serve(mcp()))
    expect(said.openServer).toBe(false)
    expect(whyUnreachable(said, run)).toBeNull()
    expect(await whyNotMcp(run)).toBeNull()
  })

  it('that says 401 and nothing else is not known to speak MCP', async () => {
    const { said, run } = await ask(await serve(mcp({ challenge: null })))
    expect(said.openServer).toBe(false)
    expect(await whyNotMcp(run)).toMatch(
      /answers \(first with status 401\), but nothing of it is MCP/,
    )
  })

  it('that serves pages is no MCP server, nor an open one', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>"result": "jsonrpc"</p>')
    })
    const { said, run } = await ask(url, { token: 'good' })
    expect(said).toMatchObject({ openServer: false, safeTool: null, revision: '2025-11-25' })
    expect(whyUnreachable(said, run)).toBeNull()
    expect(await whyNotMcp(run)).toMatch(/first with status 200/)
  })

  it('that redirects to itself is not followed', async () => {
    let requests = 0
    const url = await serve((request, response) => {
      requests += 1
      response.writeHead(307, { location: request.url ?? '/' }).end()
    })
    const { said, run } = await ask(url)
    expect(said.openServer).toBe(false)
    expect(requests).toBe(run.roundTrips.size)
    expect(await whyNotMcp(run)).toMatch(/first with status 307/)
  })

  it('that hangs is unreachable, and asked for no tools', async () => {
    const url = await serve(() => undefined)
    const { said, run } = await ask(url, { timeout: 150, token: 'good' })
    expect(methodsSent(run)).toEqual(['server/discover', 'initialize', 'initialize'])
    expect(whyUnreachable(said, run)).toBe(`${url} could not be reached: no answer within 150 ms.`)
  })

  it('that streams and never answers ends at the deadline', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': waiting\n\n')
    })
    const { said, run } = await ask(url, { timeout: 150 })
    expect(said).toMatchObject({ openServer: false, safeTool: null })
    expect(await whyNotMcp(run)).toMatch(/nothing of it is MCP/)
  })

  it('that nobody runs is unreachable', async () => {
    const url = await serve(() => undefined)
    await opened.pop()?.()
    const { said, run } = await ask(url)
    expect(whyUnreachable(said, run)).toMatch(/could not be reached: .*ECONNREFUSED/)
  })
})
