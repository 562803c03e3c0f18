import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import type { ContainerSide } from './container-side.ts'
import { didYouMean } from '../scenario/suggest.ts'
import { UsageError } from '../select.ts'
import { freePort } from './free-port.ts'
import { startProcess } from './process.ts'
import type { ServerProcess, StartServer } from './process.ts'
import { TargetError } from './target.ts'
import type { StartedTarget } from './target.ts'

/** How a server is started. `{{…}}` in command, url and env stand for what the harness chose. */
export interface CommandTarget {
  name: string
  kind: 'command' | 'image' | 'server'
  /** A shell line, or a program with its arguments; for an image instead of its own, unless empty. */
  command: string | string[]
  /** The endpoint; `http://127.0.0.1:{{target.port}}/mcp` unless given. */
  url: string
  env: Record<string, string>
  directory?: string
  /** Milliseconds that the server may take until it answers anything. */
  waitFor: number
  /** What the server itself calls. */
  upstream?: UpstreamCommand
  /** Starts server and upstream; a process of their own each unless given. */
  start?: StartServer
  /** The image that `start` runs, and this machine as its containers see it. */
  image?: string
  side?: ContainerSide
}

/**
 * A second process, started first, at `http://127.0.0.1:{{upstream.port}}`. The server finds it by
 * `{{upstream.url}}`.
 */
export interface UpstreamCommand {
  command: string[]
  env: Record<string, string>
}

/** Replaces `{{name}}`; a name without a value is the tester's mistake and is said so. */
export function fillTemplates(text: string, values: Record<string, string>): string {
  return text.replaceAll(/\{\{\s*([\w.-]+)\s*\}\}/g, (_, name: string) => {
    const value = name.startsWith('env.') ? process.env[name.slice(4)] : values[name]
    if (value === undefined) {
      const known = Object.keys(values)
      throw new UsageError(
        `{{${name}}} stands for nothing${didYouMean(name, known)} Known: ${known.join(', ')}, env.NAME.`,
      )
    }
    return value
  })
}

/**
 * Starts the command on a free port and waits until the endpoint answers anything at all; before it
 * its upstream, where it has one.
 */
export async function startCommand(
  target: CommandTarget,
  values: Record<string, string>,
): Promise<StartedTarget> {
  const { name, kind, upstream } = target
  const called = upstream && (await startUpstream(upstream, target, values))
  try {
    const port = String(await freePort())
    const known: Record<string, string> = { ...values, ...called?.values, 'target.port': port }
    const url = fillTemplates(target.url, known)
    const all = {
      ...known,
      'target.url': url,
      'target.resource': known['target.resource'] ?? url,
      // what the good token carries
      ...(known['issuer.url'] === undefined
        ? {}
        : { 'issuer.audience': known['target.resource'] ?? url }),
    }
    const server = await launch(target, url, all)
    return {
      name,
      url,
      kind,
      ...(called && { upstreamUrl: called.url }),
      output: () => [called?.output() ?? '', server.output()].join(''),
      restart: server.restart,
      stop: async () => {
        await server.stop()
        await called?.stop()
      },
    }
  } catch (error) {
    await called?.stop()
    throw error
  }
}

async function startUpstream(
  upstream: UpstreamCommand,
  target: CommandTarget,
  values: Record<string, string>,
): Promise<Launched & { url: string; values: Record<string, string> }> {
  const port = values['upstream.port'] ?? String(await freePort())
  const url = `http://127.0.0.1:${port}`
  const own = { 'upstream.port': port, 'upstream.url': values['upstream.url'] ?? url }
  const launched = await launch({ ...target, ...upstream }, url, { ...values, ...own })
  return { ...launched, url, values: own }
}

/** A process that answers. */
interface Launched {
  output(): string
  restart(): Promise<void>
  stop(): Promise<void>
}

async function launch(
  target: Pick<CommandTarget, 'command' | 'env' | 'directory' | 'waitFor' | 'start' | 'image'>,
  url: string,
  values: Record<string, string>,
): Promise<Launched> {
  const fill = (text: string): string => fillTemplates(text, values)
  const command =
    typeof target.command === 'string' ? fill(target.command) : target.command.map(fill)
  const env = Object.fromEntries(
    Object.entries(target.env).map(([name, text]) => [name, fill(text)]),
  )
  const outputs: string[] = []
  const { start: begin = startProcess } = target
  const start = (): ServerProcess => begin(command, env, target.directory, portOf(url))
  let child = start()
  const problem = await waitUntilAnswering(url, child, target.waitFor)
  if (problem !== null) {
    await child.stop()
    throw new TargetError(`${describe(target.image, command)} ${problem}`, child.output())
  }
  return {
    output: () => [...outputs, child.output()].join(''),
    restart: async () => {
      await child.stop()
      outputs.push(child.output())
      child = start()
      await waitUntilAnswering(url, child, Math.min(target.waitFor, 15_000))
    },
    stop: () => child.stop(),
  }
}

function describe(image: string | undefined, command: string | string[]): string {
  if (image !== undefined) return `The container of "${image}"`
  return `The command "${[command].flat().join(' ')}"`
}

function portOf(url: string): number {
  const { protocol, port } = new URL(url)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

async function waitUntilAnswering(
  url: string,
  child: ServerProcess,
  waitFor: number,
): Promise<string | null> {
  const deadline = performance.now() + waitFor
  for (let pause = 10; ; pause = Math.min(pause * 1.1, 200)) {
    const answered = await answers(url)
    const ended = child.ended()
    if (ended !== null) return `${ended} before ${url} answered.`
    if (answered) return null
    if (performance.now() > deadline)
      return `did not make ${url} answer within ${Math.round(waitFor / 1000)} s; give --wait-for to wait longer.${child.hint ?? ''}`
    await delay(pause)
  }
}

/** True when anything at all comes back over HTTP. */
function answers(url: string): Promise<boolean> {
  const send = url.startsWith('https:') ? requestTls : request
  return new Promise((resolve) => {
    const asked = send(
      url,
      { method: 'GET', timeout: 1000, agent: false, headers: { accept: 'application/json' } },
      (response) => {
        response.destroy()
        resolve(true)
      },
    )
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(false))
    asked.end()
  })
}
