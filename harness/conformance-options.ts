import type { Facts, Revision, Role } from './model.ts'
import type { Progress } from './run.ts'
import type { RunSettings } from './run-settings.ts'
import { didYouMean } from './scenario/suggest.ts'
import { UsageError } from './select.ts'
import { bundledServers } from './target/bundled.ts'
import type { KeyMode } from './target/bundled.ts'
import type { CommandTarget } from './target/command.ts'

/** The identity providers that a mock can play. */
export const providerNames = ['local', 'scalekit', 'auth0', 'clerk'] as const
export type ProviderName = (typeof providerNames)[number]

/** What to judge, and what the tester holds. One of `url`, `command`, `image` and `server` is given. */
export interface ConformanceOptions {
  /** The MCP endpoint; with `command` or `image` the URL at which it will answer on this machine. */
  url?: string
  /** A shell line that starts the server; `{{target.port}}`, `{{issuer.url}}` … are filled in. */
  command?: string
  /** An image whose container is the server, or with `server` the bundled one; for Docker or Podman. */
  image?: string
  /** Where the server listens in its container; the port that the image exposes unless given. */
  port?: number
  /** An address of this machine that containers reach, where the engine does not tell. */
  hostAddress?: string
  /** A bundled reference server. */
  server?: string
  /** Variables for the started server, templates filled in. */
  env?: Record<string, string>
  /** Where the command is started. */
  directory?: string
  /** How a bundled server gets its keys; `jwks` unless given. */
  keys?: KeyMode
  /** A mock issuer for the server to trust. Bundled servers have one anyway. */
  issuer?: ProviderName
  /** `ES256` has the mock issuer sign with an EC key. */
  algorithm?: 'RS256' | 'ES256'
  /**
   * Where requests go on to that reach `{{upstream.url}}`, which the server is told to call; without
   * it they are answered by an empty JSON object.
   */
  upstream?: string
  /** Logs in with a real Chromium (Playwright) and keeps what it showed; else pages are walked without one. */
  browser?: boolean
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
  /**
   * How many instances of a started server may run at once, for checks that take keys away or restart
   * it; more than one only where they share nothing. 6 for a command on a free port and 1 for one on a
   * port of its own, 3 for an image, 10 for a bundled server.
   */
  instances?: number
  commandLine?: string
  progress?: Progress
  signal?: AbortSignal
  /** Starts a bundled server otherwise than as a process of its own. */
  startProcess?: CommandTarget['start']
}

/** @throws UsageError for options that cannot go together */
export function refuseContradictions(options: ConformanceOptions): void {
  if (options.url !== undefined && !/^https?:\/\//.test(options.url)) {
    throw new UsageError(
      `"${options.url}" is not a URL of an MCP endpoint. Allowed: http://… or https://…, as in https://api.example.com/mcp.`,
    )
  }
  if (options.server !== undefined && !(options.server in bundledServers)) {
    const known = Object.keys(bundledServers)
    throw new UsageError(
      `there is no bundled server "${options.server}"${didYouMean(options.server, known)} Known: ${known.join(', ')}.`,
    )
  }
  if (options.server !== undefined && (options.command ?? options.url) !== undefined) {
    throw new UsageError(
      'a bundled server (--server) is started by the harness; leave out --url and --command.',
    )
  }
  if (options.image !== undefined) refuseBesideImage(options)
  for (const token of [options.token, options.tokenB]) refuseWrapped(token)
  const targets = [options.url, options.command, options.image, options.server]
  if (targets.every((each) => each === undefined)) {
    throw new UsageError('there is no target. Give a URL, --command, --image or --server.')
  }
}

/** What was copied with its header or its quotes would be refused, and the server be blamed for it. */
function refuseWrapped(token: string | undefined): void {
  if (token === undefined || !/[\s"']/.test(token)) return
  throw new UsageError(
    'the token holds blanks or quotes. Give the token alone, without "Bearer " before it.',
  )
}

/** A container is published on this machine alone, so nothing but port and path are free. */
function refuseBesideImage({ command, url }: ConformanceOptions): void {
  if (command !== undefined) {
    throw new UsageError('--image runs the command of the image; leave out --command.')
  }
  if (url !== undefined && !/^http:\/\/(127\.0\.0\.1|localhost):/.test(url)) {
    throw new UsageError(
      `with --image the URL is where the container is published on this machine, found "${url}". Allowed: http://127.0.0.1:{{target.port}}/… .`,
    )
  }
}

/** The options with their defaults. */
export function settingsOf(
  options: ConformanceOptions,
): Pick<
  RunSettings,
  | 'role'
  | 'given'
  | 'secrets'
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
    secrets: secretsIn(options.env ?? {}),
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

const secretName = /SECRET|TOKEN|PASSW|API_?KEY|PRIVATE|CREDENTIAL/i

/** What is called a secret by its name, unless it is a template of ours or too short to be one. */
function secretsIn(env: Record<string, string>): string[] {
  const named = Object.entries(env).filter(([name]) => secretName.test(name))
  return named
    .map(([, value]) => value)
    .filter((value) => value.length > 7 && !value.includes('{{'))
}
