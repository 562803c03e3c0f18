import { readFile } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { shortLived } from '../harness/engine-flags.ts'
import { runConformance } from '../harness/run-conformance.ts'
import { UsageError } from '../harness/select.ts'
import type { ProviderName } from '../harness/conformance-options.ts'
import type { ConformanceOptions, RunResult } from '../harness/index.ts'
import type { Facts, Revision } from '../harness/model.ts'
import { bundledServers } from '../harness/target/bundled.ts'
import type { KeyMode } from '../harness/target/bundled.ts'
import { didYouMean } from '../harness/scenario/suggest.ts'
import { fillEnvironment, readConfig, readTokenFile } from './config-file.ts'
import { showProgress } from './progress.ts'
import { loadReporters, readReporters, writeReports } from './write-reports.ts'

/** The flags of `run` as commander gives them. */
export interface RunFlags {
  url?: string
  command?: string
  image?: string
  port?: number
  hostAddress?: string
  env?: string[]
  server?: string
  config?: string
  issuer?: ProviderName
  tokenEnv?: string
  tokenFile?: string
  token?: string
  scope?: string
  tool?: string[]
  header?: string[]
  revision?: Revision
  role?: 'resource-server'
  scenarios?: string[]
  only?: string[]
  skip?: string[]
  strict?: boolean
  requireAll?: boolean
  allowInconclusive?: boolean
  allowWrites?: boolean
  allowHost?: string[]
  ca?: string
  reporter?: string[]
  out: string
  json?: boolean
  quiet?: boolean
  verbose?: boolean
  concurrency?: number
  timeout?: number
  waitFor?: number
  maxWait?: number
  instances?: number
  browser?: boolean
  fault?: string
  keys?: KeyMode
}

/** Runs, reports, and gives the exit code of the verdict. Ctrl-C once ends the run and still reports. */
export async function runCommand(
  flags: RunFlags,
  commandLine: string,
  commands: string[],
): Promise<number> {
  refuseMistypedCommand(flags.url, commands)
  readReporters(flags.reporter)
  const options = await optionsOf(flags)
  const everyServer =
    (options.url ?? options.command ?? options.image ?? options.server) === undefined
  if (everyServer) refuseOneReport(flags)
  if (flags.fault !== undefined) {
    const { refuseUnknownFaults } = await import('./planted-faults.ts')
    const servers = everyServer ? Object.keys(bundledServers) : [options.server ?? '']
    for (const server of servers) await refuseUnknownFaults(server, flags.fault)
  }
  const interrupt = new AbortController()
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(130)
    interrupt.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  shortLived.forEach((flag) => setFlagsFromString(flag))
  const progress = showProgress({ quiet: flags.quiet === true || everyServer })
  let result: RunResult
  try {
    if (everyServer) {
      const { runAll } = await import('./run-all.ts')
      return await runAll({ ...options, commandLine, signal: interrupt.signal }, flags.out)
    }
    collectGarbageEarly()
    result = await runConformance({
      ...options,
      commandLine,
      progress: {
        ...progress.listener,
        onVerdicts: (verdicts) => {
          void loadReporters(flags.reporter)
          progress.listener.onVerdicts?.(verdicts)
        },
      },
      signal: interrupt.signal,
    })
  } finally {
    progress.end()
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  await writeReports(result, flags)
  return result.verdict.exitCode
}

/** A run leaves much behind that nobody needs: unasked, the heap would grow to twice what is in use. */
function collectGarbageEarly(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--heap-growing-percent=20')
}

async function optionsOf(flags: RunFlags): Promise<ConformanceOptions> {
  refuseTokenFlag(flags)
  const configured = await readConfig(flags.config)
  const named = flags.url ?? flags.command ?? flags.image ?? flags.server
  const base: ConformanceOptions =
    named === undefined ? configured : withoutTarget(configured, flags)
  const token = await tokenOf(flags)
  return {
    ...base,
    ...pickFlags(flags),
    ...(flags.allowHost ? { allowHosts: flags.allowHost } : {}),
    ...(token === null ? {} : { token }),
    ...(flags.header ? { headers: flags.header.map(headerOf) } : {}),
    ...(flags.ca === undefined ? {} : { ca: await readFile(flags.ca, 'utf8') }),
    ...environmentOf(flags, base.env),
    facts: factsOf(flags, base.facts ?? {}),
  }
}

const passedOn = [
  'url',
  'command',
  'image',
  'port',
  'hostAddress',
  'server',
  'issuer',
  'revision',
  'role',
  'scenarios',
  'only',
  'skip',
  'strict',
  'requireAll',
  'allowInconclusive',
  'allowWrites',
  'concurrency',
  'timeout',
  'waitFor',
  'maxWait',
  'instances',
  'browser',
  'keys',
] as const

function pickFlags(flags: RunFlags): ConformanceOptions {
  return Object.fromEntries(
    passedOn.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])),
  ) as ConformanceOptions
}

/** A target named by flag replaces that of the file, except that --url may complete a started one. */
function withoutTarget(configured: ConformanceOptions, flags: RunFlags): ConformanceOptions {
  const { url: _, command, image, port, server: __, ...rest } = configured
  const completes =
    flags.url?.includes('{{target.port}}') === true && (flags.command ?? flags.image) === undefined
  if (!completes) return rest
  return { ...rest, ...(command && { command }), ...(image && { image }), ...(port && { port }) }
}

function environmentOf(
  { env = [], fault }: RunFlags,
  configured: Record<string, string> | undefined,
): { env?: Record<string, string> } {
  const pairs = env.map((text) => {
    const [, variable, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? []
    if (variable === undefined || value === undefined) {
      throw new UsageError(`--env takes NAME=value, found "${text.split('=')[0]}".`)
    }
    return [variable, value] as const
  })
  const all = { ...configured, ...Object.fromEntries(pairs), ...(fault && { FAULT: fault }) }
  return Object.keys(all).length === 0 ? {} : { env: all }
}

/** All bundled servers have a page and a JSON report each. */
function refuseOneReport({ json, reporter }: RunFlags): void {
  if (json !== true && reporter === undefined) return
  throw new UsageError(
    '--json and --reporter are for the report of one server. Give a URL, --command, --image or --server NAME.',
  )
}

/** A word that is no command is taken for the URL of `run`, the default. */
function refuseMistypedCommand(word: string | undefined, commands: string[]): void {
  if (word === undefined || !/^[a-z-]+$/i.test(word)) return
  throw new UsageError(
    `"${word}" is neither a command nor a URL${didYouMean(word, commands)} Commands: ${commands.join(', ')}. A URL: http://… or https://…, as in https://api.example.com/mcp.`,
  )
}

function refuseTokenFlag(flags: RunFlags): void {
  if (flags.token === undefined) return
  throw new UsageError(
    'a token is never a flag value: it would stay in the shell history and show in the process list. Use --token-env NAME or --token-file FILE.',
  )
}

async function tokenOf(flags: RunFlags): Promise<string | null> {
  if (flags.tokenFile !== undefined) return readTokenFile(flags.tokenFile)
  if (flags.tokenEnv === undefined) return null
  const token = process.env[flags.tokenEnv]
  if (token === undefined || token.trim() === '')
    throw new UsageError(
      `the environment has no variable ${flags.tokenEnv}, which --token-env names.`,
    )
  return token.trim()
}

function headerOf(text: string): [string, string] {
  const match = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(text)
  if (!match) throw new UsageError(`--header takes name:value, found "${text.split(':')[0]}…".`)
  return [match[1] ?? '', fillEnvironment(match[2] ?? '')]
}

function factsOf(flags: RunFlags, declared: Facts): Facts {
  const tools = Object.fromEntries(
    (flags.tool ?? []).map((text) => {
      const [role = '', ...rest] = text.split('=')
      if (rest.length === 0)
        throw new UsageError(`--tool takes role=name, as in safe=list_items; found "${text}".`)
      const toolName = rest.join('=')
      return [role, toolName === 'none' ? ('none' as const) : { name: toolName }]
    }),
  )
  const scopes =
    flags.scope === undefined
      ? {}
      : {
          target: {
            ...declared.target,
            scopes: { required: flags.scope.split(/\s+/).filter((each) => each !== '') },
          },
        }
  return { ...declared, ...scopes, ...(flags.tool ? { tool: { ...declared.tool, ...tools } } : {}) }
}
