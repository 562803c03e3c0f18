import type { System } from './system.ts'

/** Where the keys of an issuer come from. */
export type KeyOrigin =
  | { kind: 'file'; path: string }
  | { kind: 'pem'; pem: string }
  | { kind: 'own'; directory: string }
  | { kind: 'url'; url: string }
  | { kind: 'discover' }

export interface TrustedIssuer {
  /** Compared with `iss` byte for byte. */
  issuer: string
  keys: KeyOrigin
}

/** Where the issuer is asked about each token, and as whom. */
export interface IntrospectionEndpoint {
  url: string
  clientId: string
  clientSecret: string
}

/** How one server is locked: read from its environment. */
export interface Settings {
  /** Our own identifier: the URL of the endpoint as clients write it (RFC 8707). */
  resource: string
  /** What `aud` must name. */
  audience: string
  /** Other names that the provider has for this resource, which `aud` may hold as well. */
  audienceAliases?: string[]
  /** The first one is advertised in the protected resource metadata. */
  issuers: TrustedIssuer[]
  /** What is advertised instead, where metadata and tokens name an issuer differently. */
  authorizationServers?: string[]
  /** The protected resource metadata, where the operator wrote it; `resource_name` is added. */
  metadata?: Record<string, unknown>
  /** Tokens are not read here, but shown to the first issuer. */
  introspection?: IntrospectionEndpoint
  /** Tokens that are bound to a key are taken with a proof of it (RFC 9449), where wanted with a nonce. */
  dpop: 'off' | 'on' | 'nonce'
  algorithm: 'RS256' | 'ES256'
  requiredScopes: string[]
  /** What clients are told to ask for to begin with, where that is not `requiredScopes`. */
  advertisedScopes?: string[]
  allowedOrigins: string[]
  /** How the endpoint answers requests. */
  response: 'json' | 'sse'
  /** The only clients that may call, or null when every client may. */
  clientAllowlist: string[] | null
  /** The only actors of delegated tokens, where not every actor may act. */
  actorAllowlist?: string[]
  /** Least time between two fetches of a key set, and the age at which it is fetched again. */
  keyCooldownMs: number
  keyMaxAgeMs: number
  /** Budget for one request to the issuer. */
  keyTimeoutMs: number
  /** Seconds that two clocks may differ. */
  leeway: number
  /** Seconds that a user may take to answer a question. */
  answerWithin: number
}

export interface Config extends Settings {
  host: string
  system: System
}

export type Environment = Record<string, string | undefined>

/** What every server reads under the same names, with what it takes where nothing is said. */
export function readCommonSettings(
  env: Environment,
): Pick<
  Settings,
  | 'allowedOrigins'
  | 'response'
  | 'keyCooldownMs'
  | 'keyMaxAgeMs'
  | 'keyTimeoutMs'
  | 'leeway'
  | 'answerWithin'
  | 'dpop'
> {
  return {
    allowedOrigins: readList(env, 'ALLOWED_ORIGINS') ?? [],
    response: readChoice(env, 'RESPONSE', ['json', 'sse']),
    keyCooldownMs: readNumber(env, 'KEY_COOLDOWN_MS', 30_000),
    keyMaxAgeMs: readNumber(env, 'KEY_MAX_AGE_MS', 600_000),
    keyTimeoutMs: readNumber(env, 'KEY_TIMEOUT_MS', 5_000),
    leeway: readNumber(env, 'CLOCK_LEEWAY', 5),
    dpop: readChoice(env, 'DPOP', ['off', 'on', 'nonce']),
    answerWithin: readNumber(env, 'ANSWER_WITHIN', 600),
  }
}

/** A variable without which the server cannot start. */
export function readRequired(env: Environment, name: string, what: string): string {
  const text = env[name]
  if (text) return text
  throw new Error(`${name} is not set. Give ${what}.`)
}

export function readList(env: Environment, name: string): string[] | null {
  const text = env[name]
  return text ? text.split(/[\s,]+/).filter((entry) => entry !== '') : null
}

export function readNumber(env: Environment, name: string, otherwise: number): number {
  const text = env[name]
  if (!text) return otherwise
  const number = Number(text)
  if (Number.isFinite(number) && number >= 0) return number
  throw new Error(`${name} is "${text}", which is not a number of zero or more.`)
}

export function readChoice<T extends string>(
  env: Environment,
  name: string,
  choices: [T, ...T[]],
): T {
  const text = env[name]
  if (!text) return choices[0]
  const choice = choices.find((entry) => entry === text)
  if (choice !== undefined) return choice
  throw new Error(`${name} is "${text}". Allowed: ${choices.join(', ')}.`)
}
