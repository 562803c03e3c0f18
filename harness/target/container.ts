import { setTimeout as delay } from 'node:timers/promises'
import type { GenericContainer } from 'testcontainers'
import { nameInContainers } from '../client/loopback.ts'
import { UsageError } from '../select.ts'
import { exposedPorts, openEngine } from './container-engine.ts'
import type { Engine } from './container-engine.ts'
import { ContainerSide } from './container-side.ts'
import { keptOutput } from './process.ts'
import type { ServerProcess, StartServer } from './process.ts'

/** Which image, and what it must be told that it does not say itself. */
export interface ContainerOptions {
  image: string
  /** Where the server listens inside; the port that the image exposes unless given. */
  port?: number
  /** An address of this machine that containers reach; that of the engine's bridge unless given. */
  hostAddress?: string
}

/** Milliseconds until the bridge of an engine is there, which may come with the first container only. */
const mostWaitForBridge = 15_000

/** An image that is there, and this machine as its containers see it. */
export interface OpenedImage {
  side: ContainerSide
  /** Runs the image's own command where none is given. */
  start: StartServer
}

/**
 * Finds the image, or pulls it.
 * @throws UsageError where testcontainers, an engine or the image is missing, with what to do
 */
export async function openImage(options: ContainerOptions): Promise<OpenedImage> {
  const { image, hostAddress } = options
  const engine = await openEngine()
  const exposed = await exposedPorts(engine, image)
  if (engine.bridge !== null && engine.rootless && hostAddress === undefined) {
    throw new UsageError(
      'the containers of a rootless engine do not reach the bridge of this machine. Name by --host-address an address of this machine that they reach; the mock issuer listens there as long as the run lasts.',
    )
  }
  const address = engine.bridge === null ? null : (hostAddress ?? engine.bridge)
  const side = new ContainerSide(address, hostAddress === undefined ? mostWaitForBridge : 0)
  return {
    side,
    start: (command, env, _directory, outside) => {
      const inside = options.port ?? portInside(image, exposed, env, outside)
      const publish = { inside, outside }
      return startContainer(engine, side, { image, command: [command].flat(), env, publish })
    },
  }
}

/** A server that is told its port listens there; for another one the image says where. */
function portInside(
  image: string,
  exposed: number[],
  env: Record<string, string>,
  outside: number,
): number {
  if (Object.values(env).includes(String(outside))) return outside
  const [only, ...others] = exposed
  if (only !== undefined && others.length === 0) return only
  const found = only === undefined ? 'no port' : `the ports ${exposed.join(' and ')}`
  throw new UsageError(
    `the image "${image}" exposes ${found}. Say by --port where the server listens, or tell the server: --env PORT={{target.port}}.`,
  )
}

interface Order {
  image: string
  command: string[]
  env: Record<string, string>
  publish: { inside: number; outside: number }
}

/** The end of what a container printed is known when its output has ended, or this much later. */
const lastOutput = 1000

type Container = ReturnType<Engine['client']['container']['getById']>

function startContainer(engine: Engine, side: ContainerSide, order: Order): ServerProcess {
  let output = ''
  let ended: string | null = null
  let container: Container | null = null
  const follow = async (created: Container): Promise<void> => {
    const stream = await engine.client.container.attach(created)
    const printed = new Promise((resolve) => stream.once('end', resolve).once('close', resolve))
    stream.on('data', (chunk: string) => (output = keptOutput(output + chunk)))
    stream.on('error', () => undefined)
    void created.wait({ condition: 'next-exit' }).then(
      async ({ StatusCode }: { StatusCode: number }) => {
        await Promise.race([printed, delay(lastOutput, undefined, { ref: false })])
        ended ??= `ended with exit code ${StatusCode}`
      },
      () => undefined,
    )
  }
  const starting = new Promise<void>((began) => {
    createContainer(engine, side, order, async (id) => {
      container = engine.client.container.getById(id)
      began()
      await follow(container)
      await side.opened()
    })
      .start()
      .catch(async (error: unknown) => {
        // it runs, whatever else the library wanted to see
        const state = await container?.inspect().catch(() => null)
        if (state?.State.Running === true) return
        ended ??= `could not be started: ${error instanceof Error ? error.message : String(error)}`
      })
      .finally(began)
  })
  return {
    output: () => output,
    ended: () => ended,
    hint: ` It is asked at port ${order.publish.inside} of the container (--port), and there the server must listen on 0.0.0.0, not on loopback.`,
    stop: async () => {
      await starting
      // one that has ended cannot be stopped, and one that is gone cannot be removed
      await container?.stop({ t: 2 }).catch(() => undefined)
      await container?.remove({ force: true, v: true }).catch(() => undefined)
      ended ??= 'was stopped'
    },
  }
}

function createContainer(
  { library, label }: Engine,
  side: ContainerSide,
  { image, command, env, publish }: Order,
  created: (id: string) => Promise<void>,
): GenericContainer {
  class ServerContainer extends library.GenericContainer {
    protected override containerCreated = created

    /** Nobody else on the network is to reach what is tested. */
    publish(inside: number, outside: number): this {
      const bound = { HostIp: '127.0.0.1', HostPort: String(outside) }
      this.createOpts.ExposedPorts = { [`${inside}/tcp`]: {} }
      this.hostConfig.PortBindings = { [`${inside}/tcp`]: [bound] }
      return this
    }
  }
  const container = new ServerContainer(image)
    .publish(publish.inside, publish.outside)
    .withEnvironment(env)
    .withLabels(label)
    .withExtraHosts([{ host: nameInContainers, ipAddress: side.address ?? 'host-gateway' }])
    .withCopyFilesToContainer(side.files.map((file) => ({ ...file, mode: 0o644 })))
    .withWaitStrategy(untilStarted)
  return command.length === 0 ? container : container.withCommand(command)
}

/** Whether the server answers is asked by whoever started it. */
const untilStarted = {
  waitUntilReady: () => Promise.resolve(),
  withStartupTimeout: () => untilStarted,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
}
