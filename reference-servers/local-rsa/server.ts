import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from './app.ts'
import { readAddress, readConfig, type Config, type TrustedIssuer } from './config.ts'
import { ensureKeyPair, loadPublicKey } from './file-keys.ts'
import { RemoteKeys } from './remote-keys.ts'
import { conformantRules, type Rules } from './rules.ts'
import type { KeySource } from './verify.ts'

export interface RunningServer {
  /** The URL of the endpoint on this machine. */
  url: string
  config: Config
  close(): Promise<void>
}

/** Starts to listen as the environment says; throws an `Error` with one sentence when it cannot. */
export async function startServer(env: Record<string, string | undefined>): Promise<RunningServer> {
  const { host, port } = readAddress(env)
  const rules = await readRules(env['FAULT'])
  const server = createServer(rules.httpOptions())
  await listen(server, host, port)
  const bound = (server.address() as AddressInfo).port
  const close = (): Promise<void> => closeServer(server)
  try {
    const config = readConfig(env, bound)
    const keys = new Map<string, KeySource>()
    for (const trusted of config.issuers) {
      keys.set(trusted.issuer, await openKeys(trusted, config, rules))
    }
    server.on('request', createApp(config, keys, rules))
    const { pathname } = new URL(config.resource)
    const urlHost = host.includes(':') ? `[${host}]` : host
    return { url: `http://${urlHost}:${bound}${pathname}`, config, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function readRules(faults: string | undefined): Promise<Rules> {
  if (!faults) return conformantRules
  const { withFaults } = await import('./faults.ts')
  return withFaults(faults)
}

async function openKeys(trusted: TrustedIssuer, config: Config, rules: Rules): Promise<KeySource> {
  const { keys } = trusted
  if (keys.kind === 'file') return loadPublicKey(keys.path, config.algorithm)
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
