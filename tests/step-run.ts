import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { openRecord, openRun } from '../harness/open-run.ts'
import type { OpenRun } from '../harness/open-run.ts'
import type { Facts, Probe } from '../harness/model.ts'
import type { JsonObject } from '../harness/protocol/json.ts'
import { createRedactor } from '../harness/redact.ts'
import type { RunSettings } from '../harness/run-settings.ts'
import { ProbeState } from '../harness/steps/probe-state.ts'
import { urlTarget } from '../harness/target/target.ts'
import { WaitClock } from '../harness/wait-clock.ts'
import { openPowers } from '../harness/wiring.ts'

export interface SeenRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

export interface SmallServer {
  origin: string
  /** Oldest first. */
  seen: SeenRequest[]
}

/** A server on a free loopback port that ends with the test. */
export async function serveSmall(
  answer: (request: SeenRequest, response: ServerResponse) => void,
): Promise<SmallServer> {
  const seen: SeenRequest[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { method = '', url: path = '', headers } = request
    seen.push({ method, path, headers, body })
    answer({ method, path, headers, body }, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

/** Answers with JSON. */
export function answerJson(
  response: ServerResponse,
  body: object,
  status = 200,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
}

/** A clock on which every declared wait is over at once; what was waited for is not done. */
export class NoWaiting extends WaitClock {
  counted = 0
  override async wait<T>(): Promise<T> {
    this.counted += 1
    return undefined as T
  }
}

/** A run whose wire is negotiated, as steps find it; its target is at `/mcp` of the origin. */
export async function stepRun(
  origin: string,
  settings: Partial<RunSettings> = {},
  changes: Partial<OpenRun> = {},
): Promise<OpenRun> {
  const all: Partial<RunSettings> = {
    ...(await openPowers({})),
    tool: { name: 'mcp-auth-conformance', version: '0' },
    target: urlTarget(`${origin}/mcp`),
    declared: {} as Facts,
    issuer: null,
    secondIssuer: null,
    upstream: null,
    thirdParty: null,
    openBrowser: null,
    given: { a: null, b: null },
    secrets: [],
    allowHosts: [],
    extraHeaders: [],
    ca: null,
    concurrency: null,
    timeout: 5000,
    maxWait: 5000,
    signal: new AbortController().signal,
    ...settings,
  }
  const record = openRecord(createRedactor(), performance.now(), [], 0)
  const run = Object.assign(openRun(all as RunSettings, record), changes)
  onTestFinished(() => run.http.close())
  return run
}

/** A probe without steps. */
export function probeOf(changes: Partial<Probe> = {}): Probe {
  return {
    key: 'p',
    name: 'p',
    steps: [],
    tokens: {},
    control: { kind: 'plain' },
    when: [],
    means: [],
    writes: false,
    exclusive: false,
    afterRun: false,
    ...changes,
  }
}

/** What a probe holds while its steps are taken; closed when the test ends. */
export function stateOf(run: OpenRun, tokens: JsonObject = {}): ProbeState {
  const state = new ProbeState(probeOf({ tokens }), run)
  onTestFinished(() => state.close())
  return state
}
