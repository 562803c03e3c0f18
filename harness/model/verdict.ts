import type { JsonValue } from '../protocol/json.ts'
import type { Level, Revision, Role, Source, Wire } from './catalogue.ts'
import type { Evidence, RoundTrip } from './evidence.ts'
import type { Means } from './scenario.ts'

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
