import type { JsonValue } from '../protocol/json.ts'
import type { AnswerView, StepView } from './view.ts'

/** What the tester declared that a matcher needs. */
export interface MatchContext {
  /** How to read from an answer who the server took the caller for. */
  identity: { path: string; a: string; b: string } | null
  /** Hosts by which the caller knows the target and its issuers, in lower case. */
  ownHosts: ReadonlySet<string>
}

interface Described {
  /** What the argument demands, in words: "status 401". */
  describe(value: JsonValue): string
}

/** Holds of each answer of a step. */
export interface AnswerMatcher extends Described {
  on: 'answer'
  /** Null when met, else what was found, in words. */
  match(value: JsonValue, view: AnswerView, context: MatchContext): string | null
}

/** Holds of a step as a whole. */
export interface StepMatcher extends Described {
  on: 'step'
  /** Also asked of a step without answers. */
  needsNoAnswer: boolean
  match(value: JsonValue, view: StepView, context: MatchContext): string | null
}

export type Matcher = AnswerMatcher | StepMatcher
