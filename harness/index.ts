import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { conduct } from './conduct.ts'
import type { RunSettings } from './run-settings.ts'
import type { Facts, IssuerControl, Revision, Role, RunResult } from './model.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject } from './protocol/json.ts'
import type { Progress } from './run.ts'
import { loadScenarios } from './scenario/load.ts'
import { readSource } from './scenario/source.ts'
import { selectChecks, UsageError } from './select.ts'
import { bundledServer, bundledServers, packageRoot } from './target/bundled.ts'
import type { KeyMode } from './target/bundled.ts'
import { startCommand } from './target/command.ts'
import type { CommandTarget } from './target/command.ts'
import { urlTarget } from './target/target.ts'
import type { StartedTarget } from './target/target.ts'

export type * from './model.ts'
export { ScenarioError } from './scenario/problem.ts'
export { UsageError } from './select.ts'
export { TargetError } from './target/target.ts'

/** What to judge, and what the tester holds. One of `url`, `command` and `server` is given. */
export interface ConformanceOptions {
  /** The MCP endpoint; with `command` the URL at which it will answer. */
  url?: string
  /** A shell line that starts the server; `{{target.port}}`, `{{issuer.url}}` … are filled in. */
  command?: string
  /** A bundled reference server. */
  server?: string
  /** Variables for the started server, templates filled in. */
  env?: Record<string, string>
  /** Where the command is started. */
  directory?: string
  /** How a bundled server gets its keys; `jwks` unless given. */
  keys?: KeyMode
  /** A mock issuer for the server to trust. Bundled servers have one anyway. */
  issuer?: 'local'
  /** `ES256` has the mock issuer sign with an EC key. */
  algorithm?: 'RS256' | 'ES256'
  /** Valid tokens of one and of another user, where no mock issuer is trusted. */
  token?: string
  tokenB?: string
  facts?: Facts
  role?: Role
  /** Negotiated unless given. */
  revision?: Revision
  /** Folders and files with further scenarios. */
  scenarios?: string[]
  only?: string[]
  skip?: string[]
  strict?: boolean
  requireAll?: boolean
  allowInconclusive?: boolean
  allowWrites?: boolean
  allowHosts?: string[]
  /** Header lines that go with each request to the target. */
  headers?: [string, string][]
  /** PEM text of a certificate authority to trust. */
  ca?: string
  concurrency?: number
  /** Milliseconds for one answer (10,000), until the server answers at all (30,000), for one poll (45,000). */
  timeout?: number
  waitFor?: number
  maxWait?: number
  commandLine?: string
  progress?: Progress
  signal?: AbortSignal
}

/**
 * Judges a server and returns the whole run. What the target does wrong is in the result; only what
 * the tester did wrong is thrown: `UsageError`, `ScenarioError`, and `TargetError` when the server
 * could not be started.
 */
export async function runConformance(options: ConformanceOptions): Promise<RunResult> {
  refuseContradictions(options)
  const [scenarios, tool, wiring] = await Promise.all([
    loadScenarios(options.scenarios ?? []),
    toolIdentity(),
    openPowers(options),
  ])
  let target: StartedTarget | null = null
  try {
    const checks = selectChecks(scenarios.checks, options.only ?? [], options.skip ?? [])
    const start = await describeTarget(options, wiring.secondIssuer !== null)
    target =
      start === null
        ? urlTarget(options.url ?? '')
        : await startCommand(start.command, templateValues(wiring))
    return await conduct({
      ...settingsOf(options),
      tool,
      scenarios,
      checks,
      target,
      declared: mergeFacts(start?.facts ?? {}, options.facts ?? {}),
      issuer: wiring.issuer,
      secondIssuer: wiring.secondIssuer,
      openListener: wiring.openListener,
      foreignKeys: wiring.foreignKeys,
    })
  } finally {
    await target?.stop()
    await wiring.close()
  }
}

function refuseContradictions(options: ConformanceOptions): void {
  if (options.url !== undefined && !/^https?:\/\//.test(options.url)) {
    throw new UsageError(
      `"${options.url}" is not a URL of an MCP endpoint. Allowed: http://… or https://…, as in https://api.example.com/mcp.`,
    )
  }
  if (options.server !== undefined && !(options.server in bundledServers)) {
    throw new UsageError(
      `there is no bundled server "${options.server}". Known: ${Object.keys(bundledServers).join(', ')}.`,
    )
  }
  if (options.server !== undefined && (options.command ?? options.url) !== undefined) {
    throw new UsageError(
      'a bundled server (--server) is started by the harness; leave out --url and --command.',
    )
  }
  if (options.url === undefined && options.command === undefined && options.server === undefined) {
    throw new UsageError('there is no target. Give a URL, --command or --server.')
  }
}

function settingsOf(
  options: ConformanceOptions,
): Pick<
  RunSettings,
  | 'role'
  | 'given'
  | 'revision'
  | 'strict'
  | 'requireAll'
  | 'allowInconclusive'
  | 'allowWrites'
  | 'allowHosts'
  | 'extraHeaders'
  | 'ca'
  | 'concurrency'
  | 'timeout'
  | 'maxWait'
  | 'command'
  | 'progress'
  | 'signal'
> {
  return {
    role: options.role ?? 'resource-server',
    given: { a: options.token ?? null, b: options.tokenB ?? null },
    revision: options.revision ?? null,
    strict: options.strict ?? false,
    requireAll: options.requireAll ?? false,
    allowInconclusive: options.allowInconclusive ?? false,
    allowWrites: options.allowWrites ?? false,
    allowHosts: options.allowHosts ?? [],
    extraHeaders: options.headers ?? [],
    ca: options.ca ?? null,
    concurrency: options.concurrency ?? null,
    timeout: options.timeout ?? 10_000,
    maxWait: options.maxWait ?? 45_000,
    command: options.commandLine ?? '',
    progress: options.progress ?? {},
    signal: options.signal ?? new AbortController().signal,
  }
}

interface Powers extends Pick<
  RunSettings,
  'issuer' | 'secondIssuer' | 'openListener' | 'foreignKeys'
> {
  close(): Promise<void>
}

/** Puts mocks behind the interfaces that the engine knows. */
async function openPowers(options: ConformanceOptions): Promise<Powers> {
  const { serveIssuer } = await import('../mocks/serve-issuer.ts')
  const { serveListener } = await import('../mocks/listener.ts')
  const { loadKey } = await import('../fixtures/keys/index.ts')
  const algorithm = options.algorithm ?? 'RS256'
  const wanted = options.issuer !== undefined || options.server !== undefined
  const trustsTwo =
    options.server !== undefined ||
    JSON.stringify([options.command, options.env]).includes('{{second-issuer.')
  const issuer: IssuerControl | null = wanted
    ? await serveIssuer({ key: algorithm === 'ES256' ? 'ec' : 'local' })
    : null
  const secondIssuer: IssuerControl | null =
    wanted && trustsTwo ? await serveIssuer({ key: 'second' }) : null
  if (issuer && secondIssuer) await collideKeyIds(issuer, secondIssuer)
  return {
    issuer,
    secondIssuer,
    openListener: () => serveListener({ algorithm }),
    foreignKeys: {
      rsa: loadKey('foreign'),
      ec: loadKey('foreign-ec'),
      listener: loadKey(algorithm === 'ES256' ? 'listener-ec' : 'listener'),
    },
    close: async () => {
      await issuer?.close()
      await secondIssuer?.close()
    },
  }
}

/** The second issuer publishes its key under the first one's key id as well, so that the ids collide. */
async function collideKeyIds(issuer: IssuerControl, second: IssuerControl): Promise<void> {
  const { kid } = issuer.publicJwk()
  if (kid !== undefined) await second.arrange({ 'publish-jwk': { ...second.publicJwk(), kid } })
}

function templateValues({ issuer, secondIssuer }: Powers): Record<string, string> {
  return {
    ...(issuer
      ? {
          'issuer.url': issuer.url,
          'issuer.jwks_uri': issuer.jwksUri,
          'issuer.public_key_file': issuer.publicKeyFile,
          'issuer.client_id': issuer.clientId,
        }
      : {}),
    ...(secondIssuer
      ? { 'second-issuer.url': secondIssuer.url, 'second-issuer.jwks_uri': secondIssuer.jwksUri }
      : {}),
  }
}

async function describeTarget(
  options: ConformanceOptions,
  secondIssuer: boolean,
): Promise<{ command: CommandTarget; facts: Facts } | null> {
  if (options.server !== undefined) {
    const environment = {
      ...options.env,
      ...(options.algorithm === undefined ? {} : { ALGORITHM: options.algorithm }),
    }
    const bundled = await bundledServer(options.server, {
      keys: options.keys ?? 'jwks',
      secondIssuer,
      environment,
    })
    const { value } = await readSource(bundled.factsFile)
    return { command: bundled, facts: (isObject(value) ? value['facts'] : {}) as Facts }
  }
  if (options.command === undefined) return null
  const command: CommandTarget = {
    name: options.command,
    kind: 'command',
    command: options.command,
    url: options.url ?? 'http://127.0.0.1:{{target.port}}/mcp',
    env: options.env ?? {},
    waitFor: options.waitFor ?? 30_000,
    ...(options.directory === undefined ? {} : { directory: options.directory }),
  }
  return { command, facts: {} }
}

/** What the tester declares wins over what a bundled server ships. */
function mergeFacts(shipped: Facts, declared: Facts): Facts {
  const merged: Record<string, unknown> = { ...shipped }
  for (const [root, facts] of Object.entries(declared)) {
    const before = merged[root]
    merged[root] =
      isObject(before) && isObject(facts)
        ? { ...(before as JsonObject), ...(facts as JsonObject) }
        : facts
  }
  return merged as Facts
}

/** Name and version of this package, as reports and requests carry them. */
export async function toolIdentity(): Promise<{ name: string; version: string }> {
  const text = await readFile(path.join(await packageRoot(), 'package.json'), 'utf8')
  const { name, version } = JSON.parse(text) as { name: string; version: string }
  return { name, version }
}
