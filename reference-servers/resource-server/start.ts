import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from './app.ts'
import { readNumber, type Config, type Environment, type Settings } from './config.ts'
import type { TrustedIssuer } from './config.ts'
import type { Fault } from './faults/fault.ts'
import { ensureKeyPair, importPublicKey, loadPublicKey } from './file-keys.ts'
import { RemoteKeys } from './remote-keys.ts'
import type { Rules } from './rules.ts'
import type { RunningServer } from './run-program.ts'
import type { System } from './system.ts'
import type { KeySource } from './verify.ts'

/** Rules, and the faults that replace some of them. */
export interface PlantedRules<R extends object> {
  rules: R
  /** Loaded when a fault is asked for. */
  faults(): Promise<PlantedFaults<R>>
}

/** All that makes one resource server out of what all of them have. */
export interface Blueprint<R extends Rules = Rules> extends PlantedRules<R> {
  defaultPort: number
  /** Throws an `Error` with one sentence when the environment will not do. `origin` is our own. */
  readSettings(env: Environment, origin: string, rules: R): Settings
  createSystem(settings: Settings, rules: R, env: Environment): System | Promise<System>
  /** What verifies tokens, where it is not keys that we fetch ourselves. */
  openKeys?(trusted: TrustedIssuer, config: Config, rules: R, env: Environment): KeySource
}

export interface PlantedFaults<R extends object = Rules> {
  /** By name. */
  faults: Record<string, Fault<R>>
  /** The faults of the published example that this server stands for: what FAULT=original plants. */
  original: string[]
}

/**
 * Listens on HOST and PORT (0 takes a free one), with the faults that FAULT names; throws an `Error`
 * with one sentence when it cannot.
 */
export async function startResourceServer<R extends Rules>(
  blueprint: Blueprint<R>,
  env: Environment,
): Promise<RunningServer> {
  const rules = await readRules(blueprint, env['FAULT'])
  const { server, host, origin, close } = await openServer(env, blueprint.defaultPort, rules)
  try {
    const settings = blueprint.readSettings(env, origin, rules)
    const system = await blueprint.createSystem(settings, rules, env)
    const config: Config = { ...settings, host, system }
    const keys = new Map<string, KeySource>()
    for (const trusted of config.issuers) {
      const own = blueprint.openKeys?.(trusted, config, rules, env)
      keys.set(trusted.issuer, own ?? (await openKeys(trusted, config, rules)))
    }
    server.on('request', createApp(config, keys, rules))
    return { url: origin + new URL(config.resource).pathname, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Listens on HOST and PORT (0 takes a free one); nobody is answered before there is a listener. */
export async function openServer(
  env: Environment,
  defaultPort: number,
  rules?: Pick<Rules, 'httpOptions' | 'listenAddress'>,
): Promise<{ server: Server; host: string; origin: string; close(): Promise<void> }> {
  const host = env['HOST'] || '127.0.0.1'
  const server = createServer(rules?.httpOptions() ?? {})
  await listen(server, rules?.listenAddress(host) ?? host, readNumber(env, 'PORT', defaultPort))
  const { port } = server.address() as AddressInfo
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  return { server, host, origin, close: () => closeServer(server) }
}

/** The conformant rules with the faults that a list names. */
export async function readRules<R extends object>(
  { faults, rules: conformant }: PlantedRules<R>,
  list: string | undefined,
): Promise<R> {
  if (!list) return conformant
  const planted = await faults()
  const names = list.split(',').map((each) => each.trim())
  let rules = conformant
  for (const name of names.flatMap((each) => (each === 'original' ? planted.original : [each]))) {
    if (name === '') continue
    const fault = planted.faults[name]
    if (fault === undefined) throw new Error(`FAULT names "${name}", which is not planted here.`)
    rules = { ...rules, ...fault.plant(rules) }
  }
  return rules
}

async function openKeys(trusted: TrustedIssuer, config: Config, rules: Rules): Promise<KeySource> {
  const { keys } = trusted
  if (keys.kind === 'file') return loadPublicKey(keys.path, config.algorithm)
  if (keys.kind === 'pem') return importPublicKey(keys.pem, config.algorithm)
  if (keys.kind === 'own') {
    return loadPublicKey(ensureKeyPair(keys.directory, config.algorithm), config.algorithm)
  }
  return new RemoteKeys(trusted, config, rules)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Streams stay open for as long as their clients like, so they are cut. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
