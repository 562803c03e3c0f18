import { readFile } from 'node:fs/promises'
import type { ConformanceOptions } from './conformance-options.ts'
import type { Facts, IssuerControl, UpstreamControl } from './model.ts'
import { isObject } from './protocol/json.ts'
import type { Instance, RunSettings } from './run-settings.ts'
import { readSource } from './scenario/source.ts'
import { bundledServer, bundledServers } from './target/bundled.ts'
import { fillTemplates, freePort, startCommand } from './target/command.ts'
import type { CommandTarget } from './target/command.ts'
import { urlTarget } from './target/target.ts'
import type { StartedTarget } from './target/target.ts'

type Powers = Pick<RunSettings, 'openListener' | 'openBrowser' | 'foreignKeys'> & {
  closePowers(): Promise<void>
}

/** Puts mocks behind the interfaces that the engine knows. */
export async function openPowers({
  algorithm = 'RS256',
  browser = false,
}: ConformanceOptions): Promise<Powers> {
  const { serveListener } = await import('../mocks/listener.ts')
  const { loadKey } = await import('../fixtures/keys/index.ts')
  const chromium = browser ? new (await import('./login/chromium.ts')).Chromium() : null
  return {
    openBrowser: chromium && ((redirectUri) => chromium.openUserAgent(redirectUri)),
    closePowers: async () => chromium?.close(),
    openListener: () => serveListener({ algorithm }),
    foreignKeys: {
      rsa: loadKey('foreign'),
      ec: loadKey('foreign-ec'),
      listener: loadKey(algorithm === 'ES256' ? 'listener-ec' : 'listener'),
    },
  }
}

/** Starts the issuers that the target trusts, and the target where it is ours to start. */
export async function openInstance(
  options: ConformanceOptions,
  start: CommandTarget | null,
): Promise<Instance> {
  const issuers = await openIssuers(options)
  let observed: ObservedUpstream | null = null
  const closeAll = async (): Promise<void> => {
    await observed?.upstream.close()
    await issuers.close()
  }
  try {
    observed = await openUpstream(options, start)
    const target =
      start === null
        ? urlTarget(options.url ?? '')
        : await startCommand(withProvider(start, issuers), {
            ...templateValues(issuers),
            ...observed?.values,
          })
    issuers.register(target)
    const close = async (): Promise<void> => {
      await target.stop()
      await closeAll()
    }
    return { ...issuers, upstream: observed?.upstream ?? null, target, close }
  } catch (error) {
    await closeAll()
    throw error
  }
}

interface ObservedUpstream {
  upstream: UpstreamControl
  values: Record<string, string>
}

/** For a target that is told its address: it stands in front of the real one, where there is one. */
async function openUpstream(
  options: ConformanceOptions,
  start: CommandTarget | null,
): Promise<ObservedUpstream | null> {
  if (!JSON.stringify([start?.command, start?.env]).includes('{{upstream.url}}')) return null
  const { serveUpstream } = await import('../mocks/upstream.ts')
  const port = start?.upstream && String(await freePort())
  const forwardTo = port === undefined ? options.upstream : `http://127.0.0.1:${port}`
  const upstream = await serveUpstream(forwardTo === undefined ? {} : { forwardTo })
  const values = { 'upstream.url': upstream.url, ...(port && { 'upstream.port': port }) }
  return { upstream, values }
}

/** The variables in which servers of a provider are told about it stand below the target's own. */
function withProvider(start: CommandTarget, { environment }: Issuers): CommandTarget {
  if (start.kind !== 'server') return start
  const { env, upstream } = start
  return {
    ...start,
    env: { ...environment, ...env },
    ...(upstream && { upstream: { ...upstream, env: { ...environment, ...upstream.env } } }),
  }
}

type Issuers = Omit<Instance, 'target' | 'upstream'> & {
  environment: Record<string, string>
  /** Tells the provider about the server that runs now. */
  register(target: StartedTarget): void
}

async function openIssuers(options: ConformanceOptions): Promise<Issuers> {
  const { serveIssuer } = await import('../mocks/serve-issuer.ts')
  const { providers } = await import('../mocks/providers.ts')
  const algorithm = options.algorithm ?? 'RS256'
  const bundled = bundledServers[options.server ?? '']
  const provider = providers[options.issuer ?? bundled?.issuer ?? 'local']
  const profile = await provider?.profile()
  const own = provider === providers[bundled?.issuer ?? ''] ? bundled : undefined
  const played = {
    ...(profile === undefined ? {} : { profile }),
    ...(own?.users ? { users: own.users } : {}),
    ...(bundled?.https ? { https: true } : {}),
  }
  const wanted = options.issuer !== undefined || bundled !== undefined
  const trustsTwo = trustsTwoIssuers(options)
  const issuer = wanted
    ? await serveIssuer({ key: algorithm === 'ES256' ? 'ec' : 'local', ...played })
    : null
  const secondIssuer: IssuerControl | null =
    wanted && trustsTwo ? await serveIssuer({ key: 'second', ...played }) : null
  if (issuer && secondIssuer) await collideKeyIds(issuer, secondIssuer)
  const certificates = issuer?.certificateFile
  return {
    issuer,
    secondIssuer,
    issuerAuthority: certificates ? await readFile(certificates, 'utf8') : null,
    environment: {
      ...(issuer && provider ? provider.environment(issuer) : {}),
      ...(certificates ? { NODE_EXTRA_CA_CERTS: certificates } : {}),
    },
    register: ({ url, upstreamUrl = '' }) => {
      if (!own?.registered) return
      const { resource: id, identifiers, attributes, ...scopes } = own.registered
      const fill = (text: string): string =>
        fillTemplates(text, { 'target.url': url, 'upstream.url': upstreamUrl })
      const filled = Object.entries(attributes).map(([name, text]) => [name, fill(text)])
      issuer?.setResource({
        id,
        ...scopes,
        identifiers: identifiers.map(fill),
        attributes: Object.fromEntries(filled),
      })
    },
    close: async () => {
      await issuer?.close()
      await secondIssuer?.close()
    },
  }
}

function trustsTwoIssuers({ server, command, env }: ConformanceOptions): boolean {
  const bundled = bundledServers[server ?? '']
  return (
    bundled?.secondIssuer === true || JSON.stringify([command, env]).includes('{{second-issuer.')
  )
}

/** The second issuer publishes its key under the first one's key id as well, so that the ids collide. */
async function collideKeyIds(issuer: IssuerControl, second: IssuerControl): Promise<void> {
  const { kid } = issuer.publicJwk()
  if (kid !== undefined) await second.arrange({ 'publish-jwk': { ...second.publicJwk(), kid } })
}

function templateValues({ issuer, secondIssuer }: Issuers): Record<string, string> {
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
    const { value } = await readSource(bundled.factsFile)
    const { startProcess: start } = options
    return {
      start: { ...bundled, ...(start && { start }) },
      facts: (isObject(value) ? value['facts'] : {}) as Facts,
    }
  }
  if (options.command === undefined) return { start: null, facts: {} }
  const command: CommandTarget = {
    name: options.command,
    kind: 'command',
    command: options.command,
    url: options.url ?? 'http://127.0.0.1:{{target.port}}/mcp',
    env: options.env ?? {},
    waitFor: options.waitFor ?? 30_000,
    ...(options.directory === undefined ? {} : { directory: options.directory }),
  }
  return { start: command, facts: {} }
}
