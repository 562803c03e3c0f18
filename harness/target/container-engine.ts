import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { ContainerRuntimeClient } from 'testcontainers'
import { isLoopback } from '../client/loopback.ts'
import { UsageError } from '../select.ts'

type Library = typeof import('testcontainers')

/** Docker or Podman on this machine. */
export interface Engine {
  library: Library
  client: ContainerRuntimeClient
  /** Stands on each container of this process. */
  label: Record<string, string>
  /**
   * The address of the bridge, at which containers reach this machine; null where the engine itself
   * leads them to loopback.
   */
  bridge: string | null
  /** Containers of a user without privileges are on a bridge that this machine does not see. */
  rootless: boolean
}

let opened: Promise<Engine> | null = null

/** @throws UsageError where testcontainers or an engine is missing, with what to do */
export function openEngine(): Promise<Engine> {
  return (opened ??= findEngine())
}

async function findEngine(): Promise<Engine> {
  // containers are removed by us and by the guard; its own way to that end is another image to pull
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
  const library = await import('testcontainers').catch(() => {
    throw new UsageError('--image needs testcontainers: npm install --save-dev testcontainers')
  })
  const client = await library.getContainerRuntimeClient().catch(() => {
    throw new UsageError(
      '--image found no container engine. Start Docker or Podman, or say by DOCKER_HOST where it listens, as in DOCKER_HOST=unix:///run/podman/podman.sock (podman system service --time=0).',
    )
  })
  const { dockerode } = client.container
  const connection = dockerode.modem as Connection
  if (connection.socketPath === undefined && !isLoopback(connection.host ?? '')) {
    throw new UsageError(
      `--image takes a container engine on this machine, found one on ${connection.host}: its containers could not reach the mock issuer.`,
    )
  }
  const { operatingSystem } = client.info.containerRuntime
  const hasOwnLoopback = process.platform !== 'linux' || operatingSystem === 'Docker Desktop'
  const [{ SecurityOptions }, bridge] = await Promise.all([
    dockerode.info() as Promise<{ SecurityOptions?: string[] | null }>,
    hasOwnLoopback ? null : bridgeAddress(dockerode),
  ])
  const label = { 'mcp-auth-conformance.process': randomUUID() }
  guard(connection, label)
  return {
    library,
    client,
    label,
    bridge,
    rootless: SecurityOptions?.some((option) => option.includes('rootless')) === true,
  }
}

async function bridgeAddress(
  dockerode: ContainerRuntimeClient['container']['dockerode'],
): Promise<string> {
  const bridge = await dockerode.getNetwork('bridge').inspect()
  const configs = (bridge as { IPAM?: { Config?: { Gateway?: string }[] } }).IPAM?.Config ?? []
  const gateway = configs.map((config) => config.Gateway).find((each) => each?.includes('.'))
  if (gateway === undefined) {
    throw new UsageError(
      'the container engine does not say at which address its containers reach this machine. Name one by --host-address.',
    )
  }
  return gateway
}

/** The numbers of the ports that an image exposes. Pulls the image where it is not there. */
export async function exposedPorts({ client, library }: Engine, image: string): Promise<number[]> {
  const name = library.ImageName.fromString(image)
  const found = await client.image
    .pull(name)
    .then(() => client.image.inspect(name))
    .catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new UsageError(
        `there is no image "${image}" here, and it could not be pulled (${why.replaceAll(/\s+/g, ' ').trim()}).`,
      )
    })
  return Object.keys(found.Config.ExposedPorts ?? {})
    .filter((port) => port.endsWith('/tcp'))
    .map((port) => Number.parseInt(port, 10))
}

type Connection = { socketPath?: string; host?: string; port?: number }

/** Removes the containers of this process once it is gone, however it went. */
function guard({ socketPath, host, port }: Connection, label: Record<string, string>): void {
  const at = socketPath === undefined ? { host, port } : { socketPath }
  const filters = JSON.stringify({ label: Object.entries(label).map((pair) => pair.join('=')) })
  const program = `
    const { request } = require('node:http')
    const at = ${JSON.stringify(at)}
    const ask = (method, path, done) =>
      request({ ...at, method, path }, (response) => {
        let text = ''
        response.on('data', (chunk) => (text += chunk)).on('end', () => done(text))
      }).on('error', () => {}).end()
    process.stdin.resume().on('end', () =>
      ask('GET', '/containers/json?all=true&filters=' + encodeURIComponent(${JSON.stringify(filters)}), (text) =>
        JSON.parse(text).forEach(({ Id }) => ask('DELETE', '/containers/' + Id + '?force=true&v=true', () => {}))))`
  const child = spawn(process.execPath, ['-e', program], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.on('error', () => undefined).unref()
  // a pipe can be let go as well, whatever its type says
  ;(child.stdin as unknown as { unref(): void }).unref()
}
