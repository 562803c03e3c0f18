import { access, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { ProviderName } from '../harness/conformance-options.ts'
import type { ConformanceOptions } from '../harness/index.ts'
import { UsageError } from '../harness/select.ts'
import type { Facts, Revision } from '../harness/model.ts'

export const configName = 'mcp-auth-conformance.yaml'

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
  const [{ readChecked }, { configSchema }] = await Promise.all([
    import('./read-checked.ts'),
    import('./config-schema.ts'),
  ])
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
