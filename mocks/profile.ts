import type { Answer } from './answer.ts'
import type { IssuerCore } from './core.ts'
import type { Draw } from './draw.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { MockRequest } from './read-request.ts'
import type { Refusal } from './refusals.ts'
import type { Rules } from './rules.ts'
import type {
  AuthenticationMethod,
  AuthorizationRequest,
  Client,
  Grant,
  Login,
  Organization,
  Resource,
  User,
} from './state.ts'

/** What the core can answer. A provider may add endpoints of its own by `extra`. */
export const endpoints = [
  'jwks',
  'metadata',
  'token',
  'introspection',
  'authorization',
  'login',
  'consent',
  'registration',
  'registration-management',
  'revocation',
  'userinfo',
  'end-session',
] as const
export type Endpoint = (typeof endpoints)[number]

/**
 * A path of an endpoint. `{base}` stands for the path of the issuer's URL, without a final slash; where
 * it is not named it comes first. Every other `{name}` is one segment, handed on as `params.name`.
 * `/oauth/token`, `/resources/{resource}/oauth/token`, `/.well-known/openid-configuration{base}`.
 */
export type PathTemplate = string

/** The provider that an issuer plays: data and pure functions over one strict core. */
export interface IssuerProfile {
  name: string
  /** The identifier (`iss`), from the URL at which the issuer is served. */
  identifier(servedAt: string): string
  /** Where endpoints are; the first path is the announced one. What is not here does not exist. */
  routes: Partial<Record<Exclude<Endpoint, 'metadata'>, PathTemplate[]>>
  /** Values of path parameters where a single address is asked for, as `{ resource: 'res_1' }`. */
  params: Record<string, string>
  documents: MetadataDocument[]
  extra: ExtraRoute[]
  keys: KeyForm
  tokens: TokenForms
  lifetimes: Lifetimes
  ids: Ids
  grantTypes: string[]
  authentication: AuthenticationMethod[]
  /** `scopes_supported`, and what a request without a scope gets. */
  scopes: { supported: string[]; default: string[] }
  /** What tokens are for. Throws a `Refusal` for what cannot be had. */
  target(asked: TargetRequest): Target
  /** What is granted of the scopes asked for (null: none named). Throws a `Refusal`. */
  grantScopes(asked: ScopeRequest): string[]
  registration: RegistrationRules
  /** True when a client id may be the https URL of a Client ID Metadata Document. */
  clientMetadataDocuments: boolean
  exchange: ExchangeRules
  /** RFC 9449: algorithms of proofs; none for a provider that ignores them. */
  dpop: { algorithms: string[] }
  /** The parameter of authorization requests that names an organization; `organization` unless given. */
  organizationParameter?: string
  /** Whether a browser that is logged in need not log in again; always unless given. */
  reusesSession?(request: AuthorizationRequest, core: IssuerCore): boolean
  /** Our own page unless the provider sends the browser elsewhere. */
  login(login: Login, core: IssuerCore): { page: true } | { redirect: string }
  /** `iss` of authorization responses (RFC 9207): the issuer of the metadata that led there. */
  responseIssuer(issuer: string, params: Record<string, string>): string
  /** Members of the introspection answer and of userinfo, from what the core would say. */
  introspection(standard: JsonObject, grant: Grant | null): JsonObject
  userinfo(standard: JsonObject, grant: Grant): JsonObject
  /** The one place where errors become the provider's. `reasons` of refusals.ts are the standard. */
  errors(refusal: Refusal, where: ErrorPlace): ErrorForm
  /** What the core insists on. Faults change it; a provider may, where it really is different. */
  rules: Rules
  seed: Seed
}

/** A metadata document (RFC 8414 or OpenID Connect Discovery), and every path it stands at. */
export interface MetadataDocument {
  kind: 'oauth' | 'openid'
  paths: PathTemplate[]
  /** From the members that follow from the routes; null when there is no such document (404). */
  write(standard: JsonObject, context: DocumentContext): JsonObject | null
}

export interface DocumentContext {
  /** The identifier of the issuer, as in tokens. */
  issuer: string
  /** The URL that the issuer is served at, without a final slash. */
  base: string
  params: Record<string, string>
  core: IssuerCore
}

/** An endpoint that only this provider has. Its name is what ledger and arrangements call it. */
export interface ExtraRoute {
  name: string
  paths: PathTemplate[]
  methods: string[]
  answer(exchange: Exchange, core: IssuerCore): Answer | Promise<Answer>
}

/** A request on its way to an endpoint. */
export interface Exchange {
  request: MockRequest
  url: URL
  endpoint: string
  params: Record<string, string>
  /** Writes what was told beside the request in the ledger. Never a secret. */
  note(told: JsonObject): void
}

export interface KeyForm {
  /** From the `kid` of the committed key, which is another for each. */
  kid(own: string): string
  /** The published JWK, from the usual members (`kty`, numbers, `kid`, `use`, `alg`). */
  publish(jwk: JsonObject, certificate: string | null): JsonObject
}

/** What a token is made from, beside its grant. */
export interface TokenContext {
  issuer: string
  base: string
  /** Seconds since the epoch. */
  now: number
  /** Made by `ids.token`. */
  jti: string
  /** Seconds. */
  lifetime: number
  profile: IssuerProfile
}

/** A JWT (`typ` and more in the header; `alg` and `kid` are added), or an opaque text. */
export type TokenForm =
  { header: JsonObject; claims: JsonObject } | { opaque: string; claims: JsonObject }

export interface TokenForms {
  /** From the claims of RFC 9068: `iss sub exp iat jti aud client_id scope`, `cnf` and `act` if due. */
  access(standard: JsonObject, grant: Grant, context: TokenContext): TokenForm
  /** From the claims of OpenID Connect Core section 2. */
  id(
    standard: JsonObject,
    grant: Grant,
    context: TokenContext,
  ): { header: JsonObject; claims: JsonObject }
  /** Whether a refresh token is due, for a client and a provider that have the grant type. */
  refreshable(grant: Grant): boolean
  /** Seconds that an access token lives whose resource does not say; `lifetimes.access` without. */
  lifetime?(grant: Grant): number
  /** Whether an `iss` is ours, where tokens have more than the identifier. */
  isIssuer?(iss: string, issuer: string): boolean
  /** Members of the token response, from those of RFC 6749 section 5.1. */
  response(standard: JsonObject, grant: Grant): JsonObject
  /** `typ` of an access token, for whoever verifies it, and of refresh tokens that are JWTs. */
  types: { access: string; refresh: string }
  /** The audience of a subject token: a service that is not the target. */
  subjectAudience: string
}

/** Seconds. */
export interface Lifetimes {
  access: number
  id: number
  refresh: number
  code: number
  login: number
  /** How long documents and keys may be stored. */
  documents: number
}

/** The spelling of everything that the issuer names. */
export interface Ids {
  code(draw: Draw): string
  refreshToken(draw: Draw): string
  clientId(draw: Draw): string
  clientSecret(draw: Draw): string
  /** `jti`. */
  token(draw: Draw): string
  session(draw: Draw): string
  login(draw: Draw): string
}

export interface TargetRequest {
  /** The grant type; `authorization` at the authorization endpoint. */
  at: string
  /** As they came, every one; resource indicators are not checked yet. */
  resource: string[]
  audience: string[]
  scopes: string[]
  client: Client
  params: Record<string, string>
  /** The grant that is used (code, refresh token): what it was granted for is the most there is. */
  granted: Target | null
  /** Of a token exchange. */
  subject?: ExchangeSubject
  core: IssuerCore
}

export interface Target {
  audience: string[]
  resources: Resource[]
}

export interface ScopeRequest {
  at: string
  asked: string[] | null
  client: Client
  user: User | null
  target: Target
  params: Record<string, string>
  core: IssuerCore
}

export interface RegistrationRules {
  /** Throws `registration-off` or any other `Refusal` to say no. */
  allow(metadata: JsonObject, exchange: Exchange, core: IssuerCore): void
  /** The client to store, from the one that RFC 7591 gives. */
  client(standard: Client, metadata: JsonObject, exchange: Exchange): Client
  /** The answer, from the members that RFC 7591 section 3.2.1 asks for. */
  answer(standard: JsonObject, client: Client): JsonObject
  /** RFC 7591 section 2: the method of a client that names none. */
  defaultAuthentication: AuthenticationMethod
}

/** What a token exchange (RFC 8693) is asked for. */
export interface ExchangeRequest {
  subjectToken: string
  subjectTokenType: string
  form: URLSearchParams
  client: Client
  params: Record<string, string>
  core: IssuerCore
}

/** Whose token is given; scopes are the most that the new token may have, null for no bound. */
export interface ExchangeSubject {
  user: User | null
  scopes: string[] | null
  /** The `sub` of the token, also where it is no user. */
  name?: string
  /** What the subject token was for. */
  audience?: string[]
  /** RFC 8693 section 4.4. */
  mayAct?: JsonObject | null
  organization?: Organization | null
  /** Becomes `act`, when the subject token has one or the provider sets one. */
  actor?: JsonObject | null
  claims?: JsonObject
}

export type SubjectReader = (asked: ExchangeRequest) => ExchangeSubject | Promise<ExchangeSubject>

export interface ExchangeRules {
  /**
   * Readers by `subject_token_type`; types that are not here are refused. `own`: the core verifies a
   * token of this issuer or of a trusted one. A reader throws a `Refusal`.
   */
  subjects: Record<string, 'own' | SubjectReader>
  /** `requested_token_type`s that can be had. */
  requested: string[]
  refreshTokens: boolean
}

/** `body`: JSON. `page`: shown to a person. `redirect`: parameters sent to the client. */
export interface ErrorPlace {
  endpoint: string
  form: 'body' | 'page' | 'redirect'
}

export interface ErrorForm {
  status: number
  error: string
  description: string
  /** The body instead of `{ error, error_description }`; a string is plain text. */
  body?: JsonValue
  header?: Record<string, string>
  /** Shows a page where a redirect would be due. */
  page?: boolean
}

/** What is there when the issuer starts. */
export interface Seed {
  /** The first is the one that the tester's powers use. */
  clients: [Client, ...Client[]]
  users: Record<'a' | 'b', User>
  resources: Resource[]
  organizations: Organization[]
}
