/**
 * A run result arranged as reports show it: by area, then check, the variants of a check together
 * and the worst of them first.
 */
import type { CheckSummary, RoundTrip, RunResult, Verdict } from '../harness/model.ts'
import { compareStandings, standingOf, standings } from './verdict-words.ts'
import type { Standing } from './verdict-words.ts'

export type StandingCounts = Record<Standing, number>

export interface VerdictView {
  verdict: Verdict
  standing: Standing
}

export interface CheckView {
  check: CheckSummary
  worst: Standing
  counts: StandingCounts
  /** Worst first, otherwise in the order of the run. */
  verdicts: VerdictView[]
}

export interface AreaView {
  area: string
  counts: StandingCounts
  /** Worst first, otherwise in the order of the run. */
  checks: CheckView[]
}

/** Areas in the order in which the run knows them. A verdict whose check is not listed is kept. */
export function viewAreas(result: RunResult): AreaView[] {
  const summaries = new Map(result.checks.map((check) => [check.id, check]))
  const byCheck = groupBy(result.verdicts, (verdict) => verdict.check)
  const checks = [...byCheck].map(([id, verdicts]) =>
    viewCheck(summaries.get(id) ?? summaryOf(verdicts[0], result), verdicts, result.strict),
  )
  return [...groupBy(checks, (check) => check.check.area)].map(([area, members]) => ({
    area,
    counts: sumCounts(members.map((member) => member.counts)),
    checks: members.toSorted((a, b) => compareStandings(a.worst, b.worst)),
  }))
}

/** How many verdicts have each standing. */
export function countStandings(verdicts: Verdict[], strict: boolean): StandingCounts {
  const counts = emptyCounts()
  for (const verdict of verdicts) counts[standingOf(verdict, strict)] += 1
  return counts
}

/** Round trips by id. */
export function indexRoundTrips(result: RunResult): Map<number, RoundTrip> {
  return new Map(result.roundTrips.map((roundTrip) => [roundTrip.id, roundTrip]))
}

/** Seconds with one decimal, `8.4 s`; under a second in milliseconds. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  return `${(milliseconds / 1000).toFixed(1)} s`
}

/** `RFC 8707 §2`. */
export function clauseName(source: CheckSummary['sources'][number]): string {
  if (source.section === '') return source.doc
  return /^[0-9A-Z]/.test(source.section) && /^[\dA-Z](\.|\d|$)/.test(source.section)
    ? `${source.doc} §${source.section}`
    : `${source.doc}, ${source.section}`
}

function viewCheck(check: CheckSummary, verdicts: Verdict[], strict: boolean): CheckView {
  const views = verdicts
    .map((verdict) => ({ verdict, standing: standingOf(verdict, strict) }))
    .toSorted((a, b) => compareStandings(a.standing, b.standing))
  return {
    check,
    worst: views[0]?.standing ?? 'not-applicable',
    counts: countStandings(verdicts, strict),
    verdicts: views,
  }
}

function summaryOf(verdict: Verdict | undefined, result: RunResult): CheckSummary {
  const id = verdict?.check ?? ''
  return {
    id,
    requirement: verdict?.requirement ?? '',
    area: id.split('.')[0] ?? '',
    title: id,
    hint: '',
    text: '',
    level: verdict?.level ?? 'MUST',
    role: result.target.role,
    sources: [],
    faults: [],
    defined: '',
  }
}

function sumCounts(all: StandingCounts[]): StandingCounts {
  const sum = emptyCounts()
  for (const counts of all) for (const standing of standings) sum[standing] += counts[standing]
  return sum
}

function groupBy<Key, Value>(values: Value[], keyOf: (value: Value) => Key): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>()
  for (const value of values) {
    const key = keyOf(value)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}

function emptyCounts(): StandingCounts {
  return Object.fromEntries(standings.map((standing) => [standing, 0])) as StandingCounts
}
