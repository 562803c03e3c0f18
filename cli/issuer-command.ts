import { didYouMean } from '../harness/scenario/suggest.ts'
import { UsageError } from '../harness/select.ts'
import { issuerFaults } from '../mocks/faults.ts'
import { providers } from '../mocks/providers.ts'
import { serve } from '../mocks/serve.ts'
import { serveIssuer } from '../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../mocks/serve-issuer.ts'

export interface IssuerFlags {
  port?: number
  https?: boolean
  as?: string
  seed?: string
  fault?: string
  control?: number | true
  listFaults?: boolean
}

/** Runs a mock identity provider and prints what a server under test needs to trust it. */
export async function issuerCommand(name: string, flags: IssuerFlags): Promise<number> {
  if (flags.listFaults) return listFaults()
  const provider = providers[name]
  if (!provider) {
    const known = Object.keys(providers)
    throw new UsageError(
      `there is no provider "${name}"${didYouMean(name, known)} Known: ${known.join(', ')}.`,
    )
  }
  const faults = faultsOf(flags.fault)
  const seed = flags.seed === undefined ? null : await import('./seed-file.ts')
  const seeded = seed && flags.seed !== undefined ? await seed.readSeed(flags.seed) : null
  const issuer = await serveIssuer({
    key: 'local',
    profile: await provider.profile(),
    https: flags.https === true,
    faults,
    ...(flags.port === undefined ? {} : { port: flags.port }),
    ...(flags.as === undefined ? {} : { as: flags.as }),
  })
  if (seed && seeded) seed.applySeed(seeded, issuer)
  const control = flags.control === undefined ? null : await serveControl(issuer, flags.control)
  console.log(about(name, issuer, control?.origin ?? null, provider.environment(issuer)))
  await untilInterrupted()
  await control?.close()
  await issuer.close()
  return 0
}

function about(
  name: string,
  issuer: ServedIssuer,
  control: string | null,
  environment: Record<string, string>,
): string {
  const users = [...issuer.core.state.users.values()]
  const rows = [
    ['issuer', issuer.url],
    ...(issuer.url.startsWith(issuer.origin) ? [] : [['listens at', issuer.origin]]),
    ['metadata', issuer.metadataUrl],
    ['keys', issuer.jwksUri],
    ['client', `${issuer.clientId}, secret ${issuer.clientSecret}`],
    ...users.map(({ username, password, subject }) => [
      'user',
      `${username}, password ${password}, subject ${subject}`,
    ]),
    ...(issuer.certificateFile === null ? [] : [['authority', issuer.certificateFile]]),
    ...(control === null ? [] : [['control', `${control}/openapi.json`]]),
  ]
  const trust =
    issuer.certificateFile === null ? {} : { NODE_EXTRA_CA_CERTS: issuer.certificateFile }
  const taken = issuer.url.startsWith(issuer.origin) ? {} : { MCP_AUTH_MOCK_URL: issuer.origin }
  const variables = Object.entries({ ...environment, ...trust, ...taken })
  return `mock issuer ${name} is running; Ctrl-C ends it

${rows.map(([label = '', value = '']) => `${label.padEnd(10)} ${value}`).join('\n')}

# .env for the server under test
${variables.map(([variable, value]) => `${variable}=${value}`).join('\n')}`
}

async function serveControl(
  issuer: ServedIssuer,
  port: number | true,
): Promise<Awaited<ReturnType<typeof serve>>> {
  const { createControl } = await import('../mocks/control.ts')
  return serve(createControl(issuer), port === true ? {} : { port })
}

function faultsOf(list: string | undefined): string[] {
  const names = list?.split(',').map((each) => each.trim()) ?? []
  const known = issuerFaults.map(({ id }) => id)
  const unknown = names.find((each) => !known.includes(each))
  if (unknown === undefined) return names
  throw new UsageError(
    `no issuer fault is called "${unknown}"${didYouMean(unknown, known)} Known: ${known.join(', ')}.`,
  )
}

function listFaults(): number {
  const width = Math.max(...issuerFaults.map(({ id }) => id.length))
  for (const { id, about: what, breaks } of issuerFaults) {
    console.log(`${id.padEnd(width)}  ${what}  (${breaks})`)
  }
  return 0
}

/** Resolves at Ctrl-C or when we are told to end. */
export async function untilInterrupted(): Promise<void> {
  const alive = setInterval(() => undefined, 60_000)
  // the listeners stay: a second signal must not end us before what we started has ended
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
  })
  clearInterval(alive)
}
