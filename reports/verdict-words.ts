/**
 * How a verdict is called, marked and ordered, the same in every report.
 */
import type { Outcome, RunVerdictKind, Verdict } from '../harness/model.ts'

/** Worst first: the order in which every report lists its verdicts. */
export const standings = [
  'violation',
  'error',
  'inconclusive',
  'warning',
  'advisory',
  'untested',
  'pass',
  'not-applicable',
] as const
/** An outcome as a reader sees it: a violation of a SHOULD is a warning, of a MAY an advice. */
export type Standing = (typeof standings)[number]

export interface StandingWords {
  /** One column wide, so that lists align. */
  symbol: string
  /** With a capital, for one verdict. */
  word: string
  /** After a number: `3 violations`. */
  one: string
  many: string
}

export const standingWords: Record<Standing, StandingWords> = {
  violation: { symbol: '✗', word: 'Violation', one: 'violation', many: 'violations' },
  error: { symbol: 'E', word: 'Error', one: 'error of the tool', many: 'errors of the tool' },
  inconclusive: {
    symbol: '?',
    word: 'Inconclusive',
    one: 'inconclusive',
    many: 'inconclusive',
  },
  warning: { symbol: '!', word: 'Warning', one: 'warning', many: 'warnings' },
  advisory: { symbol: 'i', word: 'Advice', one: 'advice', many: 'pieces of advice' },
  untested: { symbol: '○', word: 'Untested', one: 'untested', many: 'untested' },
  pass: { symbol: '✓', word: 'Pass', one: 'pass', many: 'pass' },
  'not-applicable': {
    symbol: '–',
    word: 'Not applicable',
    one: 'not applicable',
    many: 'not applicable',
  },
}

export const verdictWords: Record<RunVerdictKind, string> = {
  conformant: 'CONFORMANT',
  unconfirmed: 'UNCONFIRMED',
  'not-conformant': 'NOT CONFORMANT',
  inconclusive: 'INCONCLUSIVE',
  'not-graded': 'NOT GRADED',
  unreachable: 'UNREACHABLE',
  interrupted: 'INTERRUPTED',
}

/** Under `strict` a violated SHOULD counts like a MUST. */
export function standingOf(verdict: Verdict, strict: boolean): Standing {
  if (verdict.outcome !== 'violation') return outcomeStanding[verdict.outcome]
  if (verdict.level === 'MAY') return 'advisory'
  if (verdict.level.startsWith('SHOULD') && !strict) return 'warning'
  return 'violation'
}

const outcomeStanding: Record<Outcome, Standing> = {
  violation: 'violation',
  error: 'error',
  inconclusive: 'inconclusive',
  untested: 'untested',
  pass: 'pass',
  'not-applicable': 'not-applicable',
}

/** For sorting: the worse standing first. */
export function compareStandings(a: Standing, b: Standing): number {
  return standings.indexOf(a) - standings.indexOf(b)
}

/** `3 violations`, `1 warning`. */
export function countWords(count: number, standing: Standing): string {
  const words = standingWords[standing]
  return `${count} ${count === 1 ? words.one : words.many}`
}
