/**
 * Where each round trip is shown. A probe is judged by many checks, so a round trip has one home, the
 * verdict that needs it most; elsewhere it is a link. When the page grows too large, the round trips
 * that nobody has to look at keep their first line only.
 */
import type { Evidence, RoundTrip, RunResult, Verdict } from '../../harness/model.ts'
import { indexRoundTrips, viewAreas } from '../result-view.ts'
import type { AreaView, VerdictView } from '../result-view.ts'
import { compareStandings } from '../verdict-words.ts'
import type { Standing } from '../verdict-words.ts'

/** Characters of one body in the page. */
export const bodyLimit = 16_384
/** Characters that all round trips of a page may take together. */
const pageBudget = 800_000

export interface Page {
  result: RunResult
  areas: AreaView[]
  roundTrips: Map<number, RoundTrip>
  evidence: Map<string, Evidence>
  /** Verdict id → its anchor in the page. */
  anchors: Map<string, string>
  /** Round trip id → the verdict that shows it. */
  homes: Map<number, string>
  /** Probe → the verdict that shows the pages of its browser. */
  pageHomes: Map<string, string>
  /** Characters of each body; a round trip that is absent shows its first line only. */
  limits: Map<number, number>
}

/** Decides anchors, homes and how much of each body is shown. */
export function placeEvidence(result: RunResult): Page {
  const areas = viewAreas(result)
  const page: Page = {
    result,
    areas,
    roundTrips: indexRoundTrips(result),
    evidence: new Map(result.evidence.map((evidence) => [evidence.probe, evidence])),
    anchors: chooseAnchors(areas),
    homes: new Map(),
    pageHomes: new Map(),
    limits: new Map(),
  }
  const views = areas
    .flatMap((area) => area.checks)
    .flatMap((check) => check.verdicts)
    .toSorted((a, b) => compareStandings(a.standing, b.standing))
  for (const { verdict } of views) {
    if (verdict.probe !== null && !page.pageHomes.has(verdict.probe)) {
      page.pageHomes.set(verdict.probe, verdict.id)
    }
  }
  let left = pageBudget
  for (const [id, view] of homeCandidates(views, page)) {
    const roundTrip = page.roundTrips.get(id)
    if (roundTrip === undefined || page.homes.has(id)) continue
    page.homes.set(id, view.verdict.id)
    const limit = isFinding(view.standing) ? bodyLimit : bodyLimit / 4
    const cost = costOf(roundTrip, limit)
    if (cost > left) continue
    left -= cost
    page.limits.set(id, limit)
  }
  return page
}

/** The round trips of a verdict's probe, controls included, in the order in which they were sent. */
export function roundTripsOf(verdict: Verdict, page: Page): number[] {
  const evidence = verdict.probe === null ? undefined : page.evidence.get(verdict.probe)
  const ids = [
    ...(verdict.roundTrip === null ? [] : [verdict.roundTrip]),
    ...(evidence?.steps.flatMap((step) => step.roundTrips) ?? []),
    ...(evidence?.control?.roundTrips ?? []),
  ]
  return [...new Set(ids)].toSorted((a, b) => a - b)
}

/** The anchor of a verdict: the check's id, or the check's id and the variant. */
export function anchorOf(verdictId: string, page: Page): string {
  return page.anchors.get(verdictId) ?? ''
}

/** `rt-042`. */
export function roundTripAnchor(id: number): string {
  return `rt-${String(id).padStart(3, '0')}`
}

/** Something a reader has to look at. */
export function isFinding(standing: Standing): boolean {
  return compareStandings(standing, 'advisory') < 0
}

/** First what decided, then the rest, worst verdicts first. */
function homeCandidates(views: VerdictView[], page: Page): [number, VerdictView][] {
  const deciding = views.flatMap((view): [number, VerdictView][] =>
    view.verdict.roundTrip === null ? [] : [[view.verdict.roundTrip, view]],
  )
  const others = views.flatMap((view) =>
    roundTripsOf(view.verdict, page).map((id): [number, VerdictView] => [id, view]),
  )
  return [...deciding, ...others].toSorted(([, a], [, b]) =>
    compareStandings(a.standing, b.standing),
  )
}

function chooseAnchors(areas: AreaView[]): Map<string, string> {
  const anchors = new Map<string, string>()
  const taken = new Set<string>()
  for (const check of areas.flatMap((area) => area.checks)) {
    const alone = check.verdicts.length === 1
    taken.add(slug(check.check.id))
    for (const { verdict } of check.verdicts) {
      const wanted = slug(alone ? check.check.id : verdict.id)
      const anchor = taken.has(wanted) && !alone ? `${wanted}-${anchors.size}` : wanted
      taken.add(anchor)
      anchors.set(verdict.id, anchor)
    }
  }
  return anchors
}

/** A text as an anchor: an id may hold no blank. */
export function slug(text: string): string {
  return text.replace(/[^\w./-]+/g, '-').replace(/-+$/, '')
}

function costOf(roundTrip: RoundTrip, limit: number): number {
  const { request, response } = roundTrip
  const headers = [...request.headers, ...(response?.headers ?? [])]
  return (
    600 +
    headers.reduce((sum, [name, value]) => sum + name.length + escapedLength(value) + 4, 0) +
    bodyCost(request.body, limit) +
    bodyCost(response?.body ?? '', limit)
  )
}

/** Pretty JSON is about a third longer. */
function bodyCost(body: string, limit: number): number {
  return escapedLength(body.slice(0, limit)) * 1.3
}

function escapedLength(text: string): number {
  return text.length + 5 * (text.match(/["&<>]/g)?.length ?? 0)
}
