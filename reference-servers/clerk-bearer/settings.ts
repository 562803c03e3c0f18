import {
  readChoice,
  readCommonSettings,
  readList,
  readRequired,
  type Environment,
  type Settings,
} from '../resource-server/config.ts'
import { createDevIssuer, type DevIssuer } from './dev-issuer.ts'
import type { ClerkRules } from './rules.ts'

export interface ClerkSettings extends Settings {
  /** Scheme, host and port under which clients reach us. */
  baseUrl: string
  logLevel: string
  /** Our registration at the instance. A resource server has no use for it; faults give it away. */
  client: { id: string; secret: string | null }
  /** Gives tokens of our own to whoever asks; null where nobody asked for it. */
  devIssuer: DevIssuer | null
}

const logLevels: [string, ...string[]] = [
  'info',
  'trace',
  'debug',
  'warn',
  'error',
  'fatal',
  'silent',
]

/** Reads the configuration; throws an `Error` with one sentence for whoever starts the server. */
export function readSettings(env: Environment, origin: string, rules: ClerkRules): ClerkSettings {
  const issuer = readRequired(env, 'CLERK_ISSUER', 'the Frontend API URL of your Clerk instance')
  const baseUrl = readOrigin(env, 'BASE_URL') ?? origin
  const resource = `${baseUrl}/mcp/mcp`
  const audience = env['CLERK_AUDIENCE'] || resource
  const requiredScopes = readList(env, 'REQUIRED_SCOPES') ?? ['profile']
  const devIssuer = rules.offersDevTokens(env)
    ? createDevIssuer({ issuer: `${baseUrl}/dev`, audience, scopes: requiredScopes })
    : null
  return {
    ...readCommonSettings(env),
    resource,
    audience,
    issuers: [
      { issuer, keys: { kind: 'url', url: `${issuer}/.well-known/jwks.json` } },
      ...(devIssuer ? [devIssuer.trusted] : []),
    ],
    // Clerk signs with nothing else.
    algorithm: 'RS256',
    requiredScopes,
    clientAllowlist: null,
    baseUrl,
    logLevel: readChoice(env, 'LOG_LEVEL', logLevels),
    client: {
      id: env['CLERK_CLIENT_ID'] || 'my-mcp-server',
      secret: env['CLERK_CLIENT_SECRET'] || null,
    },
    devIssuer,
  }
}

/** Tokens for everybody are for the machine on which somebody develops. */
export function offersDevTokens(env: Environment): boolean {
  if (!env['DEV_TOKEN']) return false
  if (/^(|localhost|127\.0\.0\.1|::1)$/.test(env['HOST'] ?? '')) return true
  throw new Error('DEV_TOKEN gives tokens to whoever asks, so HOST must be a loopback address.')
}

function readOrigin(env: Environment, name: string): string | undefined {
  const text = env[name]?.replace(/\/$/, '')
  if (!text) return undefined
  if (URL.canParse(text) && new URL(text).origin === text) return text
  throw new Error(`${name} is "${text}". Give scheme, host and port, and no path.`)
}
