import { access } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CommandTarget } from './command.ts'

/** The key modes in which a bundled server is judged. */
export type KeyMode = 'file' | 'jwks' | 'discover'

/** The reference servers that ship with the package, and how each is told about its issuer. */
export const bundledServers: Record<string, (options: BundledOptions) => Record<string, string>> = {
  'local-rsa': ({ keys, secondIssuer, environment }) => ({
    PORT: '{{target.port}}',
    HOST: '127.0.0.1',
    RESOURCE: '{{target.url}}',
    ISSUER: '{{issuer.url}}',
    KEY_MAX_AGE_MS: '1000',
    KEY_COOLDOWN_MS: '300',
    KEY_TIMEOUT_MS: '1000',
    CLOCK_LEEWAY: '1',
    ALLOWED_ORIGINS: 'https://client.example',
    CLIENT_ALLOWLIST: '{{issuer.client_id}} alice',
    ...(keys === 'file' ? { PUBLIC_KEY_FILE: '{{issuer.public_key_file}}' } : {}),
    ...(keys === 'jwks' ? { JWKS_URI: '{{issuer.jwks_uri}}' } : {}),
    ...(keys === 'discover' ? { JWKS_URI: 'discover' } : {}),
    ...(secondIssuer
      ? { SECOND_ISSUER: '{{second-issuer.url}}', SECOND_JWKS_URI: '{{second-issuer.jwks_uri}}' }
      : {}),
    ...environment,
  }),
}

export interface BundledOptions {
  keys: KeyMode
  secondIssuer: boolean
  /** Further variables, such as FAULT. */
  environment: Record<string, string>
}

const here = path.dirname(fileURLToPath(import.meta.url))

/** The folder of a bundled server: compiled program and facts, from source and from `dist/` alike. */
export async function bundledServer(
  name: string,
  options: BundledOptions,
): Promise<CommandTarget & { factsFile: string }> {
  const environment = bundledServers[name]
  if (!environment)
    throw new Error(
      `there is no bundled server "${name}". Known: ${Object.keys(bundledServers).join(', ')}`,
    )
  const root = await packageRoot()
  return {
    name,
    kind: 'server',
    command: [process.execPath, path.join(root, 'dist', 'reference-servers', name, 'main.js')],
    url: 'http://127.0.0.1:{{target.port}}/mcp',
    env: environment(options),
    waitFor: 15_000,
    factsFile: path.join(root, 'reference-servers', name, 'facts.yaml'),
  }
}

/** The folder that holds package.json, whether we run from source or from `dist/`. */
export async function packageRoot(): Promise<string> {
  for (const candidate of ['../..', '../../..'].map((each) => path.resolve(here, each))) {
    const found = await access(path.join(candidate, 'package.json')).then(
      () => true,
      () => false,
    )
    if (found) return candidate
  }
  return path.resolve(here, '../..')
}
