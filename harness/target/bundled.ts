import { access } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CommandTarget } from './command.ts'

/**
 * How `local-rsa` learns whether a token holds: by keys from three places, by asking the issuer, or by
 * keys and a proof of the one that the token is bound to, with a nonce or without.
 */
export const keyModes = ['file', 'jwks', 'discover', 'introspect', 'dpop', 'dpop-nonce'] as const
export type KeyMode = (typeof keyModes)[number]

export interface Bundled {
  /** The provider whose tokens it takes; its own variables are part of the environment. */
  issuer: string
  /** The provider is reached by https only. */
  https?: true
  /** The endpoint. */
  url: string
  /** Can trust the tokens of a second issuer as well, under its own keys. */
  secondIssuer?: true
  /** What it reads from its environment, as templates. */
  environment(options: BundledOptions): Record<string, string>
  /** The process that it calls; started first, on a free port. */
  upstream?: Upstream
  /** The people that the provider knows, where they are those of the server. */
  users?: Record<'a' | 'b', RegisteredUser>
  /** What the provider is told about the server once it runs, as templates. */
  registered?: {
    resource: string
    identifiers: string[]
    scopes?: string[]
    attributes: Record<string, string>
  }
}

export interface RegisteredUser {
  subject: string
  username: string
  password: string
  email: string
}

/** `{{upstream.url}}` stands for its address, in its own environment and in that of the server. */
export interface Upstream {
  /** The program, in the folder of the server and without extension. */
  main: string
  /** What it reads, as templates, beside the variables of the provider and those of `options`. */
  environment(options: BundledOptions): Record<string, string>
}

export interface BundledOptions {
  keys: KeyMode
  secondIssuer: boolean
  /** Further variables, such as FAULT. */
  environment: Record<string, string>
}

/** Short-lived, so that a run need not wait long to see keys change and tokens run out. */
const quickly = {
  PORT: '{{target.port}}',
  HOST: '127.0.0.1',
  KEY_MAX_AGE_MS: '1000',
  KEY_COOLDOWN_MS: '300',
  KEY_TIMEOUT_MS: '1000',
  CLOCK_LEEWAY: '1',
  ALLOWED_ORIGINS: 'https://client.example',
}

const keySources: Record<KeyMode, Record<string, string>> = {
  file: { JWKS_URI: '', PUBLIC_KEY_FILE: '{{issuer.public_key_file}}' },
  jwks: { JWKS_URI: '{{issuer.jwks_uri}}' },
  discover: { JWKS_URI: 'discover' },
  dpop: { JWKS_URI: '{{issuer.jwks_uri}}', DPOP: 'on' },
  'dpop-nonce': { JWKS_URI: '{{issuer.jwks_uri}}', DPOP: 'nonce' },
  introspect: {
    INTROSPECTION_URL: '{{issuer.introspection_endpoint}}',
    INTROSPECTION_CLIENT_ID: '{{issuer.client_id}}',
    INTROSPECTION_CLIENT_SECRET: '{{issuer.client_secret}}',
  },
}

/** The reference servers that ship with the package, and how each is told about its issuer. */
export const bundledServers: Record<string, Bundled> = {
  'clerk-bearer': {
    issuer: 'clerk',
    url: 'http://127.0.0.1:{{target.port}}/mcp/mcp',
    environment: () => ({
      ...quickly,
      BASE_URL: 'http://127.0.0.1:{{target.port}}',
      CLERK_CLIENT_ID: '{{issuer.client_id}}',
      LOG_LEVEL: 'warn',
    }),
  },
  'local-rsa': {
    issuer: 'local',
    url: 'http://127.0.0.1:{{target.port}}/mcp',
    secondIssuer: true,
    environment: ({ keys, secondIssuer }) => ({
      ...quickly,
      ANSWER_WITHIN: '3',
      RESOURCE: '{{target.url}}',
      ISSUER: '{{issuer.url}}',
      CLIENT_ALLOWLIST: '{{issuer.client_id}} alice',
      ACTOR_ALLOWLIST: 'assistant alice bob',
      ...keySources[keys],
      ...(secondIssuer
        ? { SECOND_ISSUER: '{{second-issuer.url}}', SECOND_JWKS_URI: '{{second-issuer.jwks_uri}}' }
        : {}),
    }),
  },
  'byoa-todo': {
    issuer: 'scalekit',
    url: 'http://127.0.0.1:{{target.port}}/mcp',
    environment: () => ({
      ...quickly,
      FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_BASE_URL: 'http://127.0.0.1:{{target.port}}',
      FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_REQUIRED_SCOPES: 'todo:read',
      TODO_APP_BASE_URL: '{{upstream.url}}',
      TODO_APP_API_KEY: 'mcp-server-test-key',
    }),
    upstream: {
      main: 'todo-app/main',
      environment: () => ({
        TODO_APP_PORT: '{{upstream.port}}',
        TODO_APP_API_KEY: 'mcp-server-test-key',
        SCALEKIT_CONNECTION_ID: 'conn_71300000000000002',
        TODO_APP_BASE_URL: '{{upstream.url}}',
        CALENDAR_ISSUER: '{{third-party.url}}',
      }),
    },
    // the product names its users to the provider, which has none of its own
    users: {
      a: { subject: '1', username: 'alice', password: 'password123', email: 'alice@example.com' },
      b: { subject: '2', username: 'bob', password: 'password456', email: 'bob@example.com' },
    },
    registered: {
      resource: 'res_71300000000000001',
      identifiers: ['{{target.url}}'],
      attributes: {
        loginUrl: '{{upstream.url}}/auth/mcp-login',
        connection: 'conn_71300000000000002',
      },
    },
  },
  'scalekit-greeting': {
    issuer: 'scalekit',
    url: 'http://127.0.0.1:{{target.port}}',
    environment: () => ({
      ...quickly,
      EXPECTED_AUDIENCE: '{{target.url}}',
      PROTECTED_RESOURCE_METADATA: JSON.stringify({
        authorization_servers: ['{{issuer.url}}/resources/res_71300000000000001'],
        bearer_methods_supported: ['header'],
        resource: '{{target.url}}',
        resource_documentation: '{{target.url}}/docs',
        scopes_supported: ['usr:read'],
      }),
      // a run asks more in a minute than any client
      RATE_LIMIT: '1000000',
    }),
    registered: {
      resource: 'res_71300000000000001',
      identifiers: ['{{target.url}}'],
      scopes: ['usr:read', 'admin'],
      attributes: {},
    },
  },
  'auth0-cte': {
    issuer: 'auth0',
    https: true,
    url: 'http://127.0.0.1:{{target.port}}/mcp',
    environment: () => ({
      ...quickly,
      AUTH0_AUDIENCE: '{{target.url}}',
      CORS_ORIGINS: 'https://client.example',
      API_BASE_URL: '{{upstream.url}}',
    }),
    upstream: {
      main: 'upstream/main',
      environment: () => ({ API_BASE_URL: 'http://127.0.0.1:{{upstream.port}}' }),
    },
    registered: {
      resource: 'mcp-server',
      identifiers: ['{{target.url}}'],
      scopes: ['tool:greet', 'tool:whoami'],
      attributes: {},
    },
  },
}

const here = path.dirname(fileURLToPath(import.meta.url))

/** The same server from its image, as `reference-servers/Dockerfile` makes it. */
export function inContainer(bundled: CommandTarget, image: string): CommandTarget {
  const { command, upstream } = bundled
  const everywhere = { HOST: '0.0.0.0' }
  return {
    ...bundled,
    image,
    command: programInside(command),
    env: { ...bundled.env, ...everywhere },
    ...(upstream && {
      upstream: {
        command: programInside(upstream.command),
        // one that reads its port from its URL listens there as well
        env: { ...upstream.env, ...everywhere, PORT: '{{upstream.port}}' },
      },
    }),
  }
}

/** In an image the package stands in the working directory. */
function programInside(command: string | string[]): string[] {
  const [, main = ''] = [command].flat()
  return [
    'node',
    main.slice(main.lastIndexOf(`${path.sep}dist${path.sep}`) + 1).replaceAll(path.sep, '/'),
  ]
}

/** The compiled program of a bundled server, or of what it calls. */
export async function bundledProgram(name: string, main = 'main'): Promise<string> {
  return path.join(await packageRoot(), 'dist', 'reference-servers', name, `${main}.js`)
}

/** The compiled program of a bundled server, from source and from `dist/` alike. */
export async function bundledServer(name: string, options: BundledOptions): Promise<CommandTarget> {
  const bundled = bundledServers[name]
  if (!bundled)
    throw new Error(
      `there is no bundled server "${name}". Known: ${Object.keys(bundledServers).join(', ')}`,
    )
  const { upstream } = bundled
  return {
    name,
    kind: 'server',
    command: [process.execPath, await bundledProgram(name)],
    url: bundled.url,
    env: { ...bundled.environment(options), ...options.environment },
    waitFor: 15_000,
    ...(upstream === undefined
      ? {}
      : {
          upstream: {
            command: [process.execPath, await bundledProgram(name, upstream.main)],
            env: { ...upstream.environment(options), ...options.environment },
          },
        }),
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
