import type { JsonValue } from '../protocol/json.ts'
import type { Requirement, Revision } from './catalogue.ts'

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
  'third-party',
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
  /** Answers of which this holds say nothing, and are no answers of the step. */
  leaveOut?: Expectation
  poll?: { until: Expectation; within: string }
  /** Milliseconds for one answer. */
  timeout?: number
  /** Answers that are void elsewhere (429, 5xx, a dropped connection) stand as they come. */
  impatient?: true
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
      /** Any one of these must hold as a whole. */
      is: StepExpectations[]
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
