import { Bounded } from './bounded.ts'
import type { JsonObject } from './json.ts'
import type { SubjectReader } from './profile.ts'

export const authenticationMethods = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
] as const
export type AuthenticationMethod = (typeof authenticationMethods)[number]

/** A person who can log in and be named by a token. */
export interface User {
  subject: string
  username: string
  password: string
  email: string
  name?: string
  /** Ids of the organizations that the user belongs to, the first one by default. */
  organizations?: string[]
  /** What the provider's tokens or userinfo say beside, as its profile reads it. */
  attributes?: JsonObject
}

/** An OAuth client (RFC 6749 section 2), however it became known. */
export interface Client {
  id: string
  /** Null for a public client and for one that signs its assertions. */
  secret: string | null
  name: string
  redirectUris: string[]
  /** How it may authenticate at the token endpoint and its like. */
  authentication: AuthenticationMethod[]
  grantTypes: string[]
  /** Native clients choose the port of a loopback redirect (RFC 8252 section 7.3). */
  applicationType: 'web' | 'native'
  /** Scopes that it may ask for; null for all. */
  scopes: string[] | null
  /** Ids of the resources that it may have tokens for; null for all. */
  resources: string[] | null
  /** Keys of its assertions (`private_key_jwt`). */
  jwks: JsonObject | null
  /** Where they are published instead. */
  jwksUri: string | null
  /** `registered`: RFC 7591. `document`: Client ID Metadata Document. */
  origin: 'seeded' | 'registered' | 'document'
  /** First-party clients are not asked for consent. */
  consent: 'ask' | 'skip'
  /** Tokens only against a DPoP proof (RFC 9449 section 5.2). */
  dpopBound: boolean
  postLogoutRedirectUris: string[]
  /** The metadata as it was registered or fetched. */
  metadata: JsonObject
  /** RFC 7592 section 3: the token that manages this registration. */
  registrationAccessToken: string | null
  /** Seconds since the epoch. */
  issuedAt: number
  /** What only its profile understands. */
  attributes: JsonObject
}

/** A protected resource that tokens can be asked for. */
export interface Resource {
  /** As in Scalekit's `res_…`; the first identifier where the provider has no ids. */
  id: string
  /** What `resource` or `audience` may call it, compared byte for byte. */
  identifiers: string[]
  name: string
  scopes: string[]
  /** Seconds that its access tokens live; the profile's lifetime unless given. */
  lifetime?: number
  attributes: JsonObject
}

export interface Organization {
  id: string
  name: string
  slug?: string
  attributes: JsonObject
}

/** What a token says: who allowed which client what. Everything that profiles make tokens from. */
export interface Grant {
  id: string
  /** The grant type through which it came to be; a refreshed grant keeps its own. */
  type: string
  client: Client
  /** Null when the client acts for itself. */
  user: User | null
  scopes: string[]
  /** Identifiers that were asked for, as the profile's `target` chose them. */
  audience: string[]
  resources: Resource[]
  organization: Organization | null
  /** Parameters of the path, as `{resource}`. */
  params: Record<string, string>
  sessionId: string
  /** Seconds since the epoch at which the user logged in. */
  authTime: number
  nonce: string | null
  /** RFC 8693 section 4.1. */
  actor: JsonObject | null
  /** RFC 9449 section 6.1: thumbprint of the key that the tokens are bound to. */
  jkt: string | null
  /** Claims that a login or an exchange added. */
  claims: JsonObject
}

/** An authorization code (RFC 6749 section 4.1.2) and what it is bound to. */
export interface Code {
  grant: Grant
  redirectUri: string
  redirectUriGiven: boolean
  /** Null only when a fault lets requests without a challenge pass. */
  challenge: { value: string; method: string } | null
  /** Seconds since the epoch. */
  expires: number
  used: boolean
}

export interface RefreshToken {
  grant: Grant
  expires: number
  /** A used one that comes again revokes the grant (RFC 9700 section 4.14.2). */
  used: boolean
}

/** An access token that is not, or not only, its own text. */
export interface IssuedToken {
  grant: Grant
  /** What introspection and userinfo know about an opaque token; null for a JWT. */
  claims: JsonObject | null
}

/** An authorization request whose user is being logged in or asked. */
export interface Login {
  id: string
  /** Of the browser that began it. */
  browser: string
  request: AuthorizationRequest
  /** Seconds since the epoch. */
  expires: number
  user: User | null
  authTime: number
  /** The `state` between the provider and a customer's login page. */
  state: string
  /** Claims that the customer's login added, and what only its profile understands. */
  claims: JsonObject
  attributes: JsonObject
}

/** An authorization request that was checked. */
export interface AuthorizationRequest {
  client: Client
  redirectUri: string
  /** Whether the request named it, so that the token request must as well. */
  redirectUriGiven: boolean
  responseMode: 'query' | 'form_post'
  state: string | null
  nonce: string | null
  prompt: string[]
  maxAge: number | null
  loginHint: string | null
  challenge: { value: string; method: string } | null
  scopes: string[]
  audience: string[]
  resources: Resource[]
  organization: Organization | null
  params: Record<string, string>
  jkt: string | null
  /** All parameters as they came. */
  parameters: Record<string, string>
}

/** A browser in which somebody is logged in. */
export interface Session {
  id: string
  user: User
  authTime: number
}

/** All that an issuer remembers, in memory, bounded. */
export class IssuerState {
  readonly clients: Bounded<string, Client> = new Bounded()
  /** By subject. */
  readonly users: Bounded<string, User> = new Bounded()
  readonly resources: Bounded<string, Resource> = new Bounded()
  readonly organizations: Bounded<string, Organization> = new Bounded()
  readonly codes: Bounded<string, Code> = new Bounded()
  readonly refreshTokens: Bounded<string, RefreshToken> = new Bounded()
  readonly issued: Bounded<string, IssuedToken> = new Bounded()
  /** By id of the grant. */
  readonly revokedGrants: Bounded<string, true> = new Bounded()
  /** Access tokens revoked by themselves. */
  readonly revoked: Bounded<string, true> = new Bounded()
  /** Clients by the URL of their Client ID Metadata Document. */
  readonly documents: Bounded<string, { client: Client; expires: number }> = new Bounded()
  /** JWK Sets by issuer: whose tokens may be exchanged beside our own. */
  readonly trustedIssuers: Bounded<string, JsonObject> = new Bounded()
  /** What the tester set up beside the profile's, by `subject_token_type`. */
  readonly subjectReaders: Bounded<string, SubjectReader> = new Bounded()
  readonly logins: Bounded<string, Login> = new Bounded()
  /** By the cookie of the browser. */
  readonly sessions: Bounded<string, Session> = new Bounded()
  /** Scopes by user, client and resource. */
  readonly consents: Bounded<string, Set<string>> = new Bounded()
  /** `jti`s of assertions and proofs, with the second at which they may be forgotten. */
  readonly seen: Bounded<string, number> = new Bounded()

  userNamed(username: string): User | null {
    for (const user of this.users.values()) if (user.username === username) return user
    return null
  }

  /** By id, or by an identifier byte for byte. */
  resourceNamed(name: string): Resource | null {
    const known = this.resources.get(name)
    if (known) return known
    for (const each of this.resources.values()) if (each.identifiers.includes(name)) return each
    return null
  }
}
