import type { KeyObject } from 'node:crypto'
import type { Check, Facts, IssuerControl, Revision, Role, Scenarios } from './model.ts'
import type { ThirdPartyControl, UpstreamControl } from './model.ts'
import type { JsonObject } from './protocol/json.ts'
import type { OpenBrowser } from './login/user-agent.ts'
import type { Progress } from './run.ts'
import type { ListenerControl } from './steps/context.ts'
import type { StartedTarget } from './target/target.ts'

/** A key of the tester's own, with the public half as the issuer would publish it. */
export interface TesterKey {
  privateKey: KeyObject
  publicJwk: JsonObject
  /** Base64 of the DER certificate. */
  certificate?: string
}

/** A running target with the issuers that it trusts. */
export interface Instance {
  target: StartedTarget
  issuer: IssuerControl | null
  secondIssuer: IssuerControl | null
  /** What stands where the target expects the API that it calls. */
  upstream: UpstreamControl | null
  /** Where the target is a client itself. */
  thirdParty: ThirdPartyControl | null
  /** PEM text of the authority behind the issuer's own certificate; null for plain http. */
  issuerAuthority: string | null
  /** Ends the target, where the harness started it, and its issuers. */
  close(): Promise<void>
}

/** Everything a run needs, with the powers of the tester put in by the wiring. */
export interface RunSettings extends Omit<Instance, 'close'> {
  tool: { name: string; version: string }
  role: Role
  scenarios: Scenarios
  /** The checks that `--only` and `--skip` leave. */
  checks: Check[]
  declared: Facts
  /** Starts another instance of the target, with issuers of its own. */
  openSibling: () => Promise<Instance>
  /** How many further instances may be started beside the target. */
  siblings: number
  openListener: () => Promise<ListenerControl>
  openBrowser: OpenBrowser | null
  foreignKeys: { rsa: TesterKey; ec: TesterKey; listener: TesterKey }
  /** Tokens that the tester was given. */
  given: { a: string | null; b: string | null }
  /** Of the environment that the target is started with: shown nowhere. */
  secrets: string[]
  revision: Revision | null
  strict: boolean
  requireAll: boolean
  allowInconclusive: boolean
  allowWrites: boolean
  allowHosts: string[]
  extraHeaders: [string, string][]
  ca: string | null
  concurrency: number | null
  /** Milliseconds for one answer, and for all declared waiting of one poll. */
  timeout: number
  maxWait: number
  /** What was typed, for the report. */
  command: string
  progress: Progress
  signal: AbortSignal
}
