import type { JsonObject } from './json.ts'
import type { MockRequest } from './read-request.ts'

/** A request that reached a mock, without its secrets. */
export interface LedgerEntry {
  /** As the router calls it, or `unknown`; the path for a listener. */
  endpoint: string
  method: string
  path: string
  query: Record<string, string>
  header: Record<string, string>
  /** Of the answer; 0 as long as there is none, and when the connection was dropped. */
  status: number
  /** Milliseconds since the epoch. */
  at: number
  /** What an endpoint was told that keeps no secrets: the user whom a product names. */
  json?: JsonObject
}

const removed = '‹removed›'
const secretHeaders = new Set(['authorization', 'cookie', 'proxy-authorization', 'dpop'])
const secretParameters = new Set([
  'access_token',
  'actor_token',
  'assertion',
  'client_assertion',
  'client_secret',
  'code',
  'code_verifier',
  'id_token_hint',
  'password',
  'refresh_token',
  'subject_token',
  'token',
])
/** A compact JWS: where one is sent that no name gives away. */
const jws = /(?<![\w-])eyJ[\w-]{4,}\.[\w-]*\.[\w-]*/g

const mostEntries = 10_000

/** What was asked of a mock, oldest first. Bodies are not kept. */
export class Ledger {
  #entries: LedgerEntry[] = []
  /** How many of the oldest are forgotten. */
  #forgotten = 0

  /** Writes a request down when it arrives; the answer's status is filled in later. */
  open(request: MockRequest, endpoint: string, url: URL = new URL(request.url)): LedgerEntry {
    const entry: LedgerEntry = {
      endpoint: withoutTokens(endpoint),
      method: request.method,
      path: withoutTokens(url.pathname),
      query: withoutSecrets(url.searchParams, secretParameters),
      header: withoutSecrets(request.headers, secretHeaders),
      status: 0,
      at: Date.now(),
    }
    this.#entries.push(entry)
    if (this.#entries.length > 2 * mostEntries) this.#forget(mostEntries)
    return entry
  }

  since(count = 0): LedgerEntry[] {
    return this.#entries.slice(Math.max(count - this.#forgotten, 0))
  }

  /** Forgets everything; the next entry is the first. */
  clear(): void {
    this.#entries = []
    this.#forgotten = 0
  }

  #forget(count: number): void {
    this.#entries.splice(0, count)
    this.#forgotten += count
  }
}

function withoutSecrets(
  entries: Iterable<[string, string]>,
  secret: Set<string>,
): Record<string, string> {
  return Object.fromEntries(
    [...entries].map(([name, value]) => [
      name,
      secret.has(name.toLowerCase()) ? removed : withoutTokens(value),
    ]),
  )
}

function withoutTokens(text: string): string {
  return text.replaceAll(jws, removed)
}
