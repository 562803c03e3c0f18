import type { ConformanceOptions } from './conformance-options.ts'
import type { Facts } from './model.ts'
import { bundledFacts } from './target/bundled-facts.ts'
import { bundledServer, bundledServers, inContainer } from './target/bundled.ts'
import type { CommandTarget } from './target/command.ts'

/** How the target is started, null where somebody else runs it, and the facts that it ships. */
export async function describeTarget(
  options: ConformanceOptions,
): Promise<{ start: CommandTarget | null; facts: Facts }> {
  if (options.server !== undefined) {
    const environment = {
      ...options.env,
      ...(options.algorithm === undefined ? {} : { ALGORITHM: options.algorithm }),
    }
    const bundled = await bundledServer(options.server, {
      keys: options.keys ?? 'jwks',
      secondIssuer: trustsTwoIssuers(options),
      environment,
    })
    const facts = await bundledFacts(options.server)
    const { startProcess: start, image } = options
    const inside = image === undefined ? null : await openContainers(image, options)
    return {
      start: {
        ...(image === undefined ? bundled : inContainer(bundled, image)),
        ...(start && { start }),
        ...inside,
      },
      facts: withIntrospection(facts, options),
    }
  }
  if (options.command === undefined && options.image === undefined) {
    return { start: null, facts: {} }
  }
  const started: CommandTarget = {
    ...(await describeStarted(options)),
    url: options.url ?? 'http://127.0.0.1:{{target.port}}/mcp',
    env: options.env ?? {},
    waitFor: options.waitFor ?? 30_000,
    ...(options.directory === undefined ? {} : { directory: options.directory }),
  }
  return { start: started, facts: {} }
}

function withIntrospection(facts: Facts, { keys }: ConformanceOptions): Facts {
  if (keys !== 'introspect') return facts
  return { ...facts, target: { ...facts.target, introspection: 'endpoint' } }
}

async function describeStarted(
  options: ConformanceOptions,
): Promise<Omit<CommandTarget, 'url' | 'env' | 'waitFor'>> {
  const { command = '', image } = options
  if (image === undefined) return { name: command, kind: 'command', command }
  return {
    name: image,
    kind: 'image',
    command: [],
    image,
    ...(await openContainers(image, options)),
  }
}

async function openContainers(
  image: string,
  { port, hostAddress }: ConformanceOptions,
): Promise<Required<Pick<CommandTarget, 'start' | 'side'>>> {
  const { openImage } = await import('./target/container.ts')
  return openImage({
    image,
    ...(port === undefined ? {} : { port }),
    ...(hostAddress === undefined ? {} : { hostAddress }),
  })
}

export function trustsTwoIssuers(options: ConformanceOptions): boolean {
  const bundled = bundledServers[options.server ?? '']
  // who asks the issuer about each token trusts no other
  const trusts = bundled?.secondIssuer === true && options.keys !== 'introspect'
  return trusts || namesTemplate(options, 'second-issuer.')
}

/** Whether the tester has written `{{…` with this beginning anywhere. */
export function namesTemplate({ command, env }: ConformanceOptions, beginning: string): boolean {
  return JSON.stringify([command, env]).includes(`{{${beginning}`)
}
