/**
 * The words of the harness: what a scenario is made of, what a run records, what a verdict says.
 * Types only. Everything that crosses a folder boundary is declared here.
 */
import type { JsonObject, JsonValue } from './protocol/json.ts'

// ---------------------------------------------------------------- the catalogue

export const revisions = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const
/** An MCP specification revision. The first three are stateful on the wire, the last is stateless. */
export type Revision = (typeof revisions)[number]
export type Wire = 'stateful' | 'stateless'
export type Role = 'resource-server' | 'authorization-server' | 'client'
export type Level = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY'

/** A clause of a specification. `url` comes from our catalogue only, never from a target. */
export interface Source {
  doc: string
  section: string
  url: string
}

/** One sentence that a specification demands, with the level it has in each revision. */
export interface Requirement {
  id: string
  role: Role
  text: string
  sources: Source[]
  /** A revision that is absent does not know the requirement. */
  levels: Partial<Record<Revision, Level>>
  /** The least the tester must hold, as the catalogue says; single checks may need more. */
  needs: string
  probe: string | null
  fault: string | null
  untestable: string | null
}

// ---------------------------------------------------------------- scenarios, loaded and expanded

/** Where something is written: 1-based line and column. */
export interface Position {
  file: string
  line: number
  column: number
}

/** What the tester must hold for a probe. `url` is always held. */
export const means = [
  'url',
  'token',
  'issuer',
  'second-issuer',
  'second-user',
  'upstream',
  'restart',
] as const
export type Means = (typeof means)[number]

export const verbs = [
  'send',
  'open',
  'fetch',
  'discover',
  'arrange',
  'observe',
  'register',
  'authorize',
  'browse',
  'request-token',
  'connect',
  'together',
] as const
export type Verb = (typeof verbs)[number]

/** An expectation after names are resolved: any one of the maps, each a conjunction of matchers. */
export type Expectation = MatcherMap[]
/** Matcher name → its argument (templates not yet replaced). */
export type MatcherMap = Record<string, JsonValue>
/** Step name → what must hold of it. */
export type StepExpectations = Record<string, Expectation>

/** One step of a probe. `argument` is the value under the verb, templates not yet replaced. */
export interface Step {
  name: string
  verb: Verb
  argument: JsonValue
  expect?: Expectation
  require?: Expectation
  assume?: { is: Expectation; else: string; outcome?: 'untested' }
  repeat?: number
  /** So many of the repetitions are under way at a time. */
  atOnce?: number
  poll?: { until: Expectation; within: string }
  /** Milliseconds for one answer. */
  timeout?: number
  position: Position
}

export type Control = { kind: 'plain' } | { kind: 'none'; because: string }

/** Steps that collect evidence, for one variant of the matrix. Sent once, however many checks judge it. */
export interface Probe {
  /** Content digest: probes with equal steps and tokens share it and are sent once. */
  key: string
  /** What a reader calls it: the shared probe's name or the check's id, with the variant in brackets. */
  name: string
  about?: string
  steps: Step[]
  tokens: Record<string, JsonValue>
  control: Control
  when: string[]
  means: Means[]
  /** Calls a tool that may change data, or registers a client. */
  writes: boolean
  exclusive: boolean
  /** Runs last, over what the whole run has recorded (`observe: { at: run }`). */
  afterRun: boolean
}

export interface Allowance {
  is: StepExpectations
  because: string
  revisions?: Revision[]
  faults: string[]
}

/** One probe judged by one requirement, for one variant of the matrix. */
export interface Check {
  /** Requirement id, `/variant` when a requirement has several checks. */
  id: string
  /** `id`, and ` [matrix variant]` when there is one. Unique in a run. */
  verdictId: string
  requirement: string
  variant: string | null
  title: string
  hint: string
  probe: string
  /** Any one of these must hold as a whole; step-level `expect`s are judged besides. */
  expect: StepExpectations[]
  allow: Allowance[]
  diagnose: { is: StepExpectations; say: string }[]
  record: Record<string, string>
  when: string[]
  revisions: Revision[]
  faults: string[]
  /** Why no planted fault can turn this check red; null when `faults` names some. */
  noFault: string | null
  position: Position
}

export type Condition =
  | { kind: 'fact'; fact: string; is: JsonValue; else: string }
  | {
      kind: 'observed'
      probe: string
      is: StepExpectations
      else: string
      outcome: 'not-applicable' | 'untested'
    }

/** Everything the scenario files say, ready to be planned. */
export interface Scenarios {
  requirements: Map<string, Requirement>
  checks: Check[]
  probes: Map<string, Probe>
  conditions: Map<string, Condition>
}

// ---------------------------------------------------------------- facts

/** A declared fact has three values: a value, `none` (the server has no such thing), absent. */
export interface ToolFact {
  name: string
  arguments?: Record<string, JsonValue>
  scopes?: string[]
  identity?: { path: string; a?: string; b?: string }
}
export type Declared<T> = T | 'none'

/** A login that a provider borrows from the product, which is the upstream. */
export type OwnLogin = {
  /** Path of the page to which the provider sends people. */
  page: string
  /** Path at which the product itself takes user name and password, as a form. */
  product: string
  /** Path at the provider to which the product sends people back. */
  back: string
  /** Names of the form's fields. */
  username: string
  password: string
}

/** What the tester declares about a server (`facts:` of the configuration file). */
export interface Facts {
  target?: {
    allowed_origin?: Declared<string>
    scopes?: Declared<{ required: string[] }>
    introspection?: Declared<string>
    protected?: boolean
    resource?: string
    short_life?: string
    key_cache?: string
    /** The product's login, to which its provider sends people: paths, and names of form fields. */
    own_login?: Declared<OwnLogin>
    /** What the operator says is on purpose: `no-audience`, `client-id-audience` … */
    documented?: string[]
    [name: string]: JsonValue | undefined
  }
  tool?: Record<string, Declared<ToolFact>>
  resource?: Record<string, Declared<{ uri: string; scopes?: string[] }>>
  prompt?: Record<string, Declared<ToolFact>>
  user?: Record<
    string,
    Declared<{ subject: string; username?: string; password?: string; email?: string }>
  >
  client?: { id?: Declared<string>; secret?: Declared<string>; allowlist?: Declared<string> }
  issuer?: Record<string, JsonValue>
}

// ---------------------------------------------------------------- the tester's powers over an issuer

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

// ---------------------------------------------------------------- evidence

/** Names and values in the order and case in which they were received. */
export type HeaderList = [name: string, value: string][]

/** One HTTP request and what came back, redacted when it was recorded. */
export interface RoundTrip {
  id: number
  /** Milliseconds since the start of the run. */
  at: number
  /** Milliseconds until the answer, or until it was given up. */
  elapsed: number
  request: { method: string; url: string; headers: HeaderList; body: string }
  response: { status: number; headers: HeaderList; body: string; bytes: number } | null
  /** Why there is no answer: `refused`, `reset`, `timeout`, `tls`, `dns`, `protocol`. */
  failure: { code: string; message: string } | null
  /** The wire of the message inside, which decides how the body is read. */
  revision: Revision
  /** Decoded header and claims of a JWT that was sent: the evidence without the signature. */
  token?: { marker: string; header: JsonValue; claims: JsonValue; note?: string }
}

/** What a verb answered. For HTTP verbs the round trip holds it; `json` is the verb's own record. */
export interface AnswerEvidence {
  roundTrip: number | null
  /** The answer was given to the opening of the session, so the operation was never sent. */
  opening?: true
  json?: JsonValue
  /** Of the access token that a token endpoint gave, where it can be read. */
  claims?: JsonObject
  /** Messages that arrived on an open stream. */
  events?: JsonValue[]
  /** The pages that a real browser showed, oldest first: PNG in base64. */
  screenshots?: string[]
}

export interface StepEvidence {
  name: string
  verb: Verb
  /** One for each repetition; of a poll only the last. */
  answers: AnswerEvidence[]
  /** Every round trip that the step made, openings and retries included. */
  roundTrips: number[]
  requests?: ObservedRequest[]
  /** Seconds from the first try to the last answer. */
  elapsed: number
}

export type Unmet = {
  step: string
  kind:
    | 'require'
    | 'assume'
    | 'control'
    | 'cut-short'
    | 'unheld'
    | 'out-of-reach'
    | 'void'
    | 'broken'
    | 'error'
  reason: string
}

/** Everything that one probe collected. Enough, with `facts`, to judge again without a network. */
export interface Evidence {
  probe: string
  /** The sibling that was asked, an index into `siblings` of the result; absent for the target itself. */
  sibling?: number
  steps: StepEvidence[]
  /** Recipe name → marker of the token that was minted, for templates in expectations. */
  tokens: Record<string, string>
  /** Why the steps after it were not taken. */
  unmet: Unmet | null
  control: ControlEvidence | null
}

export interface ControlEvidence {
  /** What was sent: the plain form in words. */
  what: string
  accepted: boolean
  /** Why it does not confirm, or could not be run. */
  reason: string | null
  /** False when the tester holds no valid token, so that no control can run. */
  ran: boolean
  roundTrips: number[]
}

// ---------------------------------------------------------------- verdicts

export const outcomes = [
  'violation',
  'error',
  'inconclusive',
  'untested',
  'pass',
  'not-applicable',
] as const
export type Outcome = (typeof outcomes)[number]

/** Something worth knowing beside a pass: a tolerated deviation or a missing confirmation. */
export interface Remark {
  text: string
  /** Planted faults that turn this remark on. */
  faults: string[]
}

export interface Verdict {
  /** `Check.verdictId`. */
  id: string
  check: string
  requirement: string
  variant: string | null
  level: Level
  outcome: Outcome
  /** One sentence: why this outcome. Empty for a plain pass. */
  reason: string
  remarks: Remark[]
  /** For a violation: what should have been, and what was, in words. */
  expected: string | null
  actual: string | null
  /** The step that decided, and the round trip in which it can be seen. */
  step: string | null
  roundTrip: number | null
  /** For `untested`: what to hold to have it tested. */
  missing: string[]
  /** Observations that are never judged. */
  recorded: Record<string, JsonValue>
  /** `Evidence.probe`, null when nothing was sent. */
  probe: string | null
}

export type RunVerdictKind =
  | 'conformant'
  | 'unconfirmed'
  | 'not-conformant'
  | 'inconclusive'
  | 'not-graded'
  | 'unreachable'
  | 'interrupted'

export interface RunVerdict {
  kind: RunVerdictKind
  /** One sentence for people, naming revision, role and what was not proven. */
  sentence: string
  /** What to do next, one sentence; null when there is nothing to do. */
  advice: string | null
  /** The verdict that decided it, if one did. */
  decidedBy: string | null
  exitCode: number
}

export interface Coverage {
  /** Counted in checks' verdicts. */
  outcomes: Record<Outcome, number>
  /** MUST and MUST NOT requirements: with a check, applicable, judged. */
  must: { total: number; applicable: number; judged: number }
  /** Missing means → how many verdicts it would add, and how to give it. */
  unlocks: { means: string; checks: number; how: string }[]
}

/** A requirement and a check as the report shows them. */
export interface CheckSummary {
  id: string
  requirement: string
  area: string
  title: string
  hint: string
  text: string
  level: Level
  role: Role
  sources: Source[]
  faults: string[]
  /** `file:line:column`. */
  defined: string
}

/** The whole of a run. `report.json` is this object; every other format is made from it. */
export interface RunResult {
  schemaVersion: 1
  tool: { name: string; version: string }
  target: {
    name: string
    url: string
    resource: string
    role: Role
    kind: 'url' | 'command' | 'server' | 'image'
  }
  revision: Revision
  wire: Wire
  /** How the revision was chosen, one sentence. */
  negotiated: string
  /** ISO 8601. */
  started: string
  /** Milliseconds; `waited` is the part of it spent in declared waits while nothing else ran. */
  elapsed: number
  waited: number
  command: string
  means: Means[]
  strict: boolean
  verdict: RunVerdict
  coverage: Coverage
  checks: CheckSummary[]
  verdicts: Verdict[]
  evidence: Evidence[]
  roundTrips: RoundTrip[]
  facts: Record<string, JsonValue>
  /** Further instances of the target that were started for probes that need one for themselves. */
  siblings: { url: string; facts: Record<string, JsonValue> }[]
  /** What the started target printed, redacted and bounded; null for a URL. */
  targetOutput: string | null
}

/** A reporter is a pure function. Only the command line writes files. */
export type Reporter = (result: RunResult) => string
