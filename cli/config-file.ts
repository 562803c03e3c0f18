import { access, readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { providerNames } from '../harness/conformance-options.ts'
import type { ProviderName } from '../harness/conformance-options.ts'
import type { ConformanceOptions } from '../harness/index.ts'
import { UsageError } from '../harness/select.ts'
import { revisions } from '../harness/model.ts'
import type { Facts, Revision } from '../harness/model.ts'
import { readChecked } from './read-checked.ts'

export const configName = 'mcp-auth-conformance.yaml'

const none = z.literal('none')
const text = z.string()
const role = z.union([
  none,
  z.strictObject({
    name: text,
    arguments: z.record(text, z.json()).optional(),
    scopes: z.array(text).optional(),
    implied_by: text.optional(),
    identity: z.strictObject({ path: text, a: text.optional(), b: text.optional() }).optional(),
    user: z
      .strictObject({
        header: text.optional(),
        claim: text.optional(),
        a: text.optional(),
        b: text.optional(),
      })
      .optional(),
  }),
])

/** `facts:`: what the tester declares about the server. A value, `none`, or left out. */
export const factsSchema: z.ZodType = z.strictObject({
  target: z
    .strictObject({
      allowed_origin: text.optional(),
      scopes: z.union([none, z.strictObject({ required: z.array(text) })]).optional(),
      introspection: text.optional(),
      protected: z.boolean().optional(),
      resource: text.optional(),
      short_life: text.optional(),
      key_cache: text.optional(),
      legacy_sse: text.optional(),
      own_login: z
        .union([
          none,
          z.strictObject({
            page: text,
            product: text,
            back: text,
            username: text,
            password: text,
          }),
        ])
        .optional(),
    })
    .optional(),
  tool: z.record(text, role).optional(),
  resource: z
    .record(text, z.union([none, z.strictObject({ uri: text, scopes: z.array(text).optional() })]))
    .optional(),
  prompt: z.record(text, role).optional(),
  user: z
    .record(
      text,
      z.union([
        none,
        z.strictObject({
          subject: text,
          username: text.optional(),
          password: text.optional(),
          email: text.optional(),
        }),
      ]),
    )
    .optional(),
  client: z
    .strictObject({
      id: text.optional(),
      secret: text.optional(),
      allowlist: text.optional(),
      actor: text.optional(),
    })
    .optional(),
  issuer: z.record(text, z.json()).optional(),
})

/** The configuration file. Flags win over it. */
export const configSchema: z.ZodType = z.strictObject({
  target: z
    .strictObject({
      url: text.optional(),
      command: text.optional(),
      image: text.optional(),
      port: z.int().min(1).max(65_535).optional(),
      host_address: z.union([z.ipv4(), z.ipv6()]).optional(),
      server: text.optional(),
      env: z.record(text, z.union([text, z.number(), z.boolean()])).optional(),
      directory: text.optional(),
    })
    .optional(),
  issuer: z.enum(providerNames).optional(),
  upstream: z.url().optional(),
  revision: z.enum(revisions).optional(),
  tokens: z.strictObject({ a: text.optional(), b: text.optional() }).optional(),
  headers: z.record(text, text).optional(),
  scenarios: z.union([text, z.array(text)]).optional(),
  only: z.array(text).optional(),
  skip: z.array(text).optional(),
  strict: z.boolean().optional(),
  facts: factsSchema.optional(),
})

interface ConfigFile {
  target?: {
    url?: string
    command?: string
    image?: string
    port?: number
    host_address?: string
    server?: string
    env?: Record<string, unknown>
    directory?: string
  }
  issuer?: ProviderName
  upstream?: string
  revision?: Revision
  tokens?: { a?: string; b?: string }
  headers?: Record<string, string>
  scenarios?: string | string[]
  only?: string[]
  skip?: string[]
  strict?: boolean
  facts?: Facts
}

/**
 * The options that the configuration file gives; nothing when there is none.
 * @throws ScenarioError with every fault of the file, UsageError when a named file is missing
 */
export async function readConfig(named: string | undefined): Promise<ConformanceOptions> {
  const file = named ?? (await findUpwards(process.cwd()))
  if (file === null) return {}
  const config = await readChecked(file, configSchema, 'configuration file')
  return optionsOf(config as ConfigFile, path.dirname(file))
}

function optionsOf(config: ConfigFile, directory: string): ConformanceOptions {
  const { target = {}, tokens, headers, scenarios, ...rest } = config
  const { env, host_address: hostAddress, ...where } = target
  const places =
    scenarios === undefined
      ? undefined
      : [scenarios].flat().map((place) => path.resolve(directory, place))
  return {
    ...rest,
    ...where,
    ...(hostAddress === undefined ? {} : { hostAddress }),
    ...(target.command === undefined
      ? {}
      : { directory: path.resolve(directory, target.directory ?? '.') }),
    ...(env
      ? {
          env: Object.fromEntries(
            Object.entries(env).map(([name, value]) => [name, String(value)]),
          ),
        }
      : {}),
    ...(tokens?.a === undefined ? {} : { token: fillEnvironment(tokens.a) }),
    ...(tokens?.b === undefined ? {} : { tokenB: fillEnvironment(tokens.b) }),
    ...(headers
      ? {
          headers: Object.entries(headers).map(([name, value]): [string, string] => [
            name,
            fillEnvironment(value),
          ]),
        }
      : {}),
    ...(places ? { scenarios: places } : {}),
  }
}

/** Secrets stand in the environment: `{{env.NAME}}`. */
export function fillEnvironment(value: string): string {
  return value.replaceAll(/\{\{\s*env\.(\w+)\s*\}\}/g, (_, name: string) => {
    const found = process.env[name]
    if (found === undefined)
      throw new UsageError(`{{env.${name}}} is used, but the environment has no variable ${name}.`)
    return found
  })
}

async function findUpwards(directory: string): Promise<string | null> {
  const candidate = path.join(directory, configName)
  if (
    await access(candidate).then(
      () => true,
      () => false,
    )
  )
    return candidate
  const isRepository = await access(path.join(directory, '.git')).then(
    () => true,
    () => false,
  )
  const parent = path.dirname(directory)
  return isRepository || parent === directory ? null : findUpwards(parent)
}

/** A token from a file: the first line, without blanks around it. */
export async function readTokenFile(file: string): Promise<string> {
  const content = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(`the token file "${file}" cannot be read.`)
  })
  return content.trim()
}
