import type { JsonObject, JsonValue } from '../protocol/json.ts'

export type TokenKind = 'access-token' | 'id-token' | 'refresh-token' | 'subject-token'

/** The parts of a token that a conformant issuer would issue, before it is signed. */
export interface TokenParts {
  header: Record<string, JsonValue>
  claims: Record<string, JsonValue>
}

export interface TokenOrder {
  kind: TokenKind
  user: 'a' | 'b'
  /** The `aud` of an access token; its resource identifier. */
  audience: string
  scopes: string[]
}

/** A request that reached a mock, as its ledger keeps it. */
export interface ObservedRequest {
  /** `jwks`, `metadata`, `token` … for an issuer; the path for a listener or an upstream. */
  endpoint: string
  method: string
  path: string
  query: Record<string, string>
  header: Record<string, string>
  status: number
  /** Milliseconds since the epoch. */
  at: number
  /** At an issuer: the user whom a product said to have logged in. */
  json?: JsonObject
  /** At an upstream: its beginning. */
  body?: string
  /** At an upstream: whom the server named, where `tool.calls-upstream.user` says. */
  user?: JsonValue
  /** At an upstream: the token or key with which the server called. */
  credential?: string
  credential_form?: 'jwt' | 'opaque'
}

/** The API that the server under test calls: what arrives there, and what it answers. */
export interface UpstreamControl {
  readonly url: string
  /** Requests since the n-th, oldest first. */
  requests(since?: number): ObservedRequest[]
  arrange(arrangement: {
    answer: { status: number; body?: string }
  }): Promise<{ undo: () => Promise<void> }>
  close(): Promise<void>
}

/** An OAuth provider at which the server under test is a client of its own, for its users. */
export interface ThirdPartyControl {
  /** The issuer identifier. */
  readonly url: string
  readonly users: Record<'a' | 'b', { username: string; password: string }>
  /** Requests since the n-th, oldest first. */
  requests(since?: number): ObservedRequest[]
  /** Learns of each token that it gives out from now on. */
  watchTokens(tell: (token: string) => void): void
  close(): Promise<void>
}

/** How an endpoint of the issuer is taken down. */
export type Outage = 'reset' | 'stall' | number

/** One deviation of the issuer from conformance, undone when its probe ends. */
export type IssuerArrangement =
  | {
      'publish-key': {
        name: string
        alg?: string
        kind?: string
        members?: Record<string, JsonValue>
        drop?: string[]
      }
    }
  | { 'publish-jwk': Record<string, JsonValue> }
  | { 'remove-key': { name: string } }
  | { fail: { endpoints: string[]; how: Outage } }
  | { metadata: Record<string, JsonValue> }
  | { introspection: Record<string, JsonValue> }
  | {
      response: { endpoint: string; status?: number; header?: Record<string, string>; body: string }
    }
  | { revoke: { token: string } }

/**
 * What a tester can do with an issuer that the server under test trusts. `mocks/` implements it by
 * shape, without importing it, so that judge and judged share no code.
 */
export interface IssuerControl {
  /** The issuer identifier, byte for byte as it stands in `iss` and in its metadata. */
  readonly url: string
  readonly jwksUri: string
  /** RFC 7662; null where the issuer has none. */
  readonly introspectionEndpoint: string | null
  readonly metadataUrl: string
  /** A PEM file (SPKI) with the public half of the signing key, for servers that hold keys themselves. */
  readonly publicKeyFile: string
  readonly clientId: string
  readonly clientSecret: string
  /** An opaque refresh token that user a holds. */
  readonly refreshToken: string
  readonly users: Record<
    'a' | 'b',
    { subject: string; username: string; password: string; email: string }
  >
  /** Header and claims of the token that this issuer would issue. */
  parts(order: TokenOrder): TokenParts
  /** Compact JWS over these exact texts. `key` is `current` or the name of a published key. */
  sign(order: { header: string; payload: string; key: string; alg: string }): Promise<string>
  /** The public JWK of a key, as published; of the current signing key without a name. */
  publicJwk(name?: string): Record<string, JsonValue>
  arrange(arrangement: IssuerArrangement): Promise<{ undo: () => Promise<void> }>
  /** Requests since the ledger's n-th, oldest first. */
  requests(since?: number): ObservedRequest[]
  close(): Promise<void>
}
