import { readFile } from 'node:fs/promises'
import { nameInContainers } from './client/loopback.ts'
import type { ConformanceOptions } from './conformance-options.ts'
import { namesTemplate, trustsTwoIssuers } from './describe-target.ts'
import type { IssuerControl, ThirdPartyControl, UpstreamControl } from './model.ts'
import type { Instance, RunSettings } from './run-settings.ts'
import { bundledServers } from './target/bundled.ts'
import { fillTemplates, startCommand } from './target/command.ts'
import type { CommandTarget } from './target/command.ts'
import type { ContainerSide } from './target/container-side.ts'
import { freePort } from './target/free-port.ts'
import { urlTarget } from './target/target.ts'
import type { StartedTarget } from './target/target.ts'

type Powers = Pick<RunSettings, 'openListener' | 'openBrowser' | 'foreignKeys'> & {
  closePowers(): Promise<void>
}

/** Puts mocks behind the interfaces that the engine knows. */
export async function openPowers(
  { algorithm = 'RS256', browser = false }: ConformanceOptions,
  side?: ContainerSide,
): Promise<Powers> {
  const { serveListener } = await import('../mocks/listener.ts')
  const { loadKey } = await import('../fixtures/keys/index.ts')
  const chromium = browser ? new (await import('./login/chromium.ts')).Chromium() : null
  return {
    openBrowser: chromium && ((...asked) => chromium.openUserAgent(...asked)),
    closePowers: async () => chromium?.close(),
    openListener: async () => {
      const listener = await serveListener({ algorithm, ...nameFor(side) })
      if (side === undefined) return listener
      side.reach(listener.port)
      await side.opened()
      const close = async (): Promise<void> => {
        await side.leave(listener.port)
        await listener.close()
      }
      return { ...listener, close }
    },
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
  const side = start?.side
  const issuers = await openIssuers(options, side)
  let observed: ObservedUpstream | null = null
  let played: Awaited<ReturnType<typeof openThirdParty>> = null
  const closeAll = async (): Promise<void> => {
    if (observed) await side?.leave(observed.port)
    await observed?.upstream.close()
    await played?.close()
    await issuers.close()
  }
  try {
    observed = await openUpstream(options, start)
    played = await openThirdParty(start)
    const target =
      start === null
        ? urlTarget(options.url ?? '')
        : await startCommand(withProvider(start, issuers), {
            ...templateValues(issuers, side),
            ...observed?.values,
            ...played?.values,
            ...declaredResource(options),
          })
    issuers.register(target)
    const close = async (): Promise<void> => {
      await target.stop()
      await closeAll()
    }
    const [upstream, thirdParty] = [observed?.upstream ?? null, played?.thirdParty ?? null]
    return { ...issuers, upstream, thirdParty, target, close }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** How the server is known, where that is not its URL. */
function declaredResource({ facts }: ConformanceOptions): Record<string, string> {
  const resource = facts?.target?.resource
  return resource === undefined ? {} : { 'target.resource': resource }
}

/** The host of what is served, where the target is in a container. */
function nameFor(side: ContainerSide | undefined): { name?: string } {
  return side === undefined ? {} : { name: nameInContainers }
}

interface ObservedUpstream {
  upstream: UpstreamControl
  port: number
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
  const upstream = await serveUpstream({
    ...(forwardTo === undefined ? {} : { forwardTo }),
    ...nameFor(start?.side),
  })
  start?.side?.reach(upstream.port)
  const values = { 'upstream.url': upstream.url, ...(port && { 'upstream.port': port }) }
  return { upstream, port: upstream.port, values }
}

interface OpenedThirdParty {
  thirdParty: ThirdPartyControl
  values: Record<string, string>
  close(): Promise<void>
}

/** Plays the third party of a target that is told its address; null for all others. */
async function openThirdParty(start: CommandTarget | null): Promise<OpenedThirdParty | null> {
  const written = JSON.stringify([start?.command, start?.env, start?.upstream?.env])
  if (!written.includes('{{third-party.url}}')) return null
  const { serveIssuer } = await import('../mocks/serve-issuer.ts')
  const side = start?.side
  const served = await serveIssuer({ key: 'second', ...(side && { name: nameInContainers }) })
  side?.reach(served.port)
  return {
    thirdParty: served,
    values: { 'third-party.url': served.url },
    close: async () => {
      await side?.leave(served.port)
      await served.close()
    },
  }
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

type Issuers = Omit<Instance, 'target' | 'upstream' | 'thirdParty'> & {
  /** Where the target finds the authority of the issuer's certificate; null for plain http. */
  authorityFile: string | null
  environment: Record<string, string>
  /** Tells the provider about the server that runs now. */
  register(target: StartedTarget): void
}

async function openIssuers(options: ConformanceOptions, side?: ContainerSide): Promise<Issuers> {
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
    ...(bundled?.https || namesTemplate(options, 'issuer.ca_file') ? { https: true } : {}),
    ...nameFor(side),
  }
  const wanted = options.issuer !== undefined || bundled !== undefined
  const trustsTwo = trustsTwoIssuers(options)
  const issuer = wanted
    ? await serveIssuer({ key: algorithm === 'ES256' ? 'ec' : 'local', ...played })
    : null
  const secondIssuer = wanted && trustsTwo ? await serveIssuer({ key: 'second', ...played }) : null
  if (issuer && secondIssuer) await collideKeyIds(issuer, secondIssuer)
  const ports = [issuer, secondIssuer].flatMap((each) => (each === null ? [] : [each.port]))
  for (const port of ports) side?.reach(port)
  const certificates = issuer?.certificateFile
  const authorityFile = certificates && (side?.place(certificates) ?? certificates)
  return {
    issuer,
    secondIssuer,
    issuerAuthority: certificates ? await readFile(certificates, 'utf8') : null,
    authorityFile: authorityFile ?? null,
    environment: {
      ...(issuer && provider ? provider.environment(issuer) : {}),
      ...(authorityFile ? { NODE_EXTRA_CA_CERTS: authorityFile } : {}),
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
      for (const port of ports) await side?.leave(port)
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

function templateValues(
  { issuer, secondIssuer, authorityFile }: Issuers,
  side?: ContainerSide,
): Record<string, string> {
  return {
    ...(issuer
      ? {
          'issuer.url': issuer.url,
          'issuer.jwks_uri': issuer.jwksUri,
          'issuer.public_key_file': side?.place(issuer.publicKeyFile) ?? issuer.publicKeyFile,
          'issuer.client_id': issuer.clientId,
          'issuer.client_secret': issuer.clientSecret,
        }
      : {}),
    ...(issuer?.introspectionEndpoint
      ? { 'issuer.introspection_endpoint': issuer.introspectionEndpoint }
      : {}),
    ...(authorityFile === null ? {} : { 'issuer.ca_file': authorityFile }),
    ...(secondIssuer
      ? { 'second-issuer.url': secondIssuer.url, 'second-issuer.jwks_uri': secondIssuer.jwksUri }
      : {}),
  }
}
