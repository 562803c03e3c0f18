import { join } from 'node:path'

/** Where the keys of an issuer come from. */
export type KeyOrigin =
  | { kind: 'file'; path: string }
  | { kind: 'own'; directory: string }
  | { kind: 'url'; url: string }
  | { kind: 'discover' }

export interface TrustedIssuer {
  /** Compared with `iss` byte for byte. */
  issuer: string
  keys: KeyOrigin
}

export interface Config {
  host: string
  /** Our own identifier: the URL of the endpoint as clients write it (RFC 8707). */
  resource: string
  /** What `aud` must name. */
  audience: string
  /** The first one is advertised in the protected resource metadata. */
  issuers: TrustedIssuer[]
  algorithm: 'RS256' | 'ES256'
  requiredScopes: string[]
  allowedOrigins: string[]
  /** How the endpoint answers requests. */
  response: 'json' | 'sse'
  /** The only clients that may call, or null when every client may. */
  clientAllowlist: string[] | null
  /** Least time between two fetches of a key set, and the age at which it is fetched again. */
  keyCooldownMs: number
  keyMaxAgeMs: number
  /** Budget for one request to the issuer. */
  keyTimeoutMs: number
  /** Seconds that two clocks may differ. */
  leeway: number
}

type Environment = Record<string, string | undefined>

/** Where to listen. Port 0 takes a free one. */
export function readAddress(env: Environment): { host: string; port: number } {
  return { host: env['HOST'] || '127.0.0.1', port: readNumber(env, 'PORT', 8000) }
}

/** Reads the configuration; throws an `Error` with one sentence for whoever starts the server. */
export function readConfig(env: Environment, port: number): Config {
  const issuer = env['ISSUER']
  if (!issuer) {
    throw new Error('ISSUER is not set. Give the issuer identifier whose tokens are accepted.')
  }
  const { host } = readAddress(env)
  const urlHost = host.includes(':') ? `[${host}]` : host
  const resource = env['RESOURCE'] || `http://${urlHost}:${port}/mcp`
  return {
    host,
    resource,
    audience: env['AUDIENCE'] || resource,
    issuers: [{ issuer, keys: readKeyOrigin(env) }, ...readSecondIssuer(env)],
    algorithm: readChoice(env, 'ALGORITHM', ['RS256', 'ES256']),
    requiredScopes: readList(env, 'REQUIRED_SCOPES') ?? ['mcp:read'],
    allowedOrigins: readList(env, 'ALLOWED_ORIGINS') ?? [],
    response: readChoice(env, 'RESPONSE', ['json', 'sse']),
    clientAllowlist: readList(env, 'CLIENT_ALLOWLIST'),
    keyCooldownMs: readNumber(env, 'KEY_COOLDOWN_MS', 30_000),
    keyMaxAgeMs: readNumber(env, 'KEY_MAX_AGE_MS', 600_000),
    keyTimeoutMs: readNumber(env, 'KEY_TIMEOUT_MS', 5_000),
    leeway: readNumber(env, 'CLOCK_LEEWAY', 5),
  }
}

function readKeyOrigin(env: Environment): KeyOrigin {
  const uri = env['JWKS_URI']
  if (uri === 'discover') return { kind: 'discover' }
  if (uri) return { kind: 'url', url: uri }
  if (env['PUBLIC_KEY_FILE']) return { kind: 'file', path: env['PUBLIC_KEY_FILE'] }
  return { kind: 'own', directory: env['KEYS_DIR'] || join(process.cwd(), 'keys') }
}

function readSecondIssuer(env: Environment): TrustedIssuer[] {
  const issuer = env['SECOND_ISSUER']
  const url = env['SECOND_JWKS_URI']
  return issuer && url ? [{ issuer, keys: { kind: 'url', url } }] : []
}

function readList(env: Environment, name: string): string[] | null {
  const text = env[name]
  return text ? text.split(/[\s,]+/).filter((entry) => entry !== '') : null
}

function readNumber(env: Environment, name: string, otherwise: number): number {
  const text = env[name]
  if (!text) return otherwise
  const number = Number(text)
  if (Number.isFinite(number) && number >= 0) return number
  throw new Error(`${name} is "${text}", which is not a number of zero or more.`)
}

function readChoice<T extends string>(env: Environment, name: string, choices: [T, ...T[]]): T {
  const text = env[name]
  if (!text) return choices[0]
  const choice = choices.find((entry) => entry === text)
  if (choice !== undefined) return choice
  throw new Error(`${name} is "${text}". Allowed: ${choices.join(', ')}.`)
}
