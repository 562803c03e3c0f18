import type {
  Check,
  Coverage,
  Level,
  Means,
  Outcome,
  Revision,
  Role,
  RunVerdict,
  Scenarios,
  Verdict,
} from './model.ts'
import { outcomes } from './model.ts'
import { howToGive } from './plan.ts'

/** What the verdict of a run depends on, besides the verdicts of its checks. */
export interface Ending {
  role: Role
  revision: Revision
  strict: boolean
  requireAll: boolean
  allowInconclusive: boolean
  interrupted: boolean
  /** Why nothing could be judged: unreachable, or not an MCP server. */
  unreachable: string | null
  openServer: boolean
  /** A valid token was accepted at least once. */
  tokenAccepted: boolean
  holdsToken: boolean
}

export const isMust = (level: Level): boolean => level === 'MUST' || level === 'MUST NOT'
const isShould = (level: Level): boolean => level.startsWith('SHOULD')

/** True when the verdict fails the run: a broken MUST, with `strict` also a broken SHOULD. */
export function failsRun(
  { outcome, level }: Pick<Verdict, 'outcome' | 'level'>,
  strict: boolean,
): boolean {
  return outcome === 'violation' && (isMust(level) || (strict && isShould(level)))
}

/** One sentence and one exit code for the whole run; the first row that applies. */
export function conclude(verdicts: Verdict[], ending: Ending): RunVerdict {
  const scope = `MCP ${ending.revision}, role ${ending.role}`
  const failing = verdicts.filter((verdict) => failsRun(verdict, ending.strict))
  const of = (outcome: Outcome): Verdict[] =>
    verdicts.filter((verdict) => verdict.outcome === outcome)
  const [firstFailing] = failing
  const [firstError] = of('error')
  const inconclusive = of('inconclusive')
  const judged = of('pass').length + of('violation').length
  if (ending.interrupted) {
    return verdict(
      'interrupted',
      130,
      `The run was interrupted; ${judged} checks were judged until then.`,
      'Run it again to get a verdict.',
    )
  }
  if (firstError) {
    return verdict(
      'inconclusive',
      70,
      `The harness itself failed in ${firstError.id}; this says nothing about the server.`,
      'Please report it with report.json.',
      firstError.id,
    )
  }
  if (ending.unreachable !== null)
    return verdict(
      'unreachable',
      3,
      `${ending.unreachable} Nothing could be judged.`,
      'Check the URL and that the server is running, then run again.',
    )
  if (firstFailing) {
    const count = failing.length === 1 ? '1 check is' : `${failing.length} checks are`
    return verdict(
      'not-conformant',
      1,
      `Not conformant with ${scope}: ${count} violated, first ${firstFailing.id}.`,
      'Fix the violations, or run explain with the id of one to learn more.',
      firstFailing.id,
    )
  }
  if (ending.openServer) {
    return verdict(
      'not-graded',
      4,
      'Nothing refuses an anonymous caller, so there is no authorization to judge; the server is public, or has lost its lock.',
      'If it should be protected, give a token, an issuer or a guarded tool; then this is a violation.',
    )
  }
  const [stuck] = inconclusive
  if (stuck && !ending.allowInconclusive) {
    return verdict(
      'inconclusive',
      4,
      `No violation of ${scope}, but ${inconclusive.length} checks are inconclusive, first ${stuck.id}: ${stuck.reason}.`,
      'Look at their evidence, mend what stood in the way, and run again.',
      stuck.id,
    )
  }
  if (judged === 0) {
    return verdict(
      'inconclusive',
      2,
      `No check of the selection could be judged for ${scope}.`,
      'Choose other checks with --only, or give the means that the report names.',
    )
  }
  if (ending.requireAll && of('untested').length > 0) {
    return verdict(
      'inconclusive',
      4,
      `No violation of ${scope}, but ${of('untested').length} checks are untested.`,
      'Give the means that the report names, or drop --require-all.',
    )
  }
  if (!ending.tokenAccepted) {
    return verdict(
      'unconfirmed',
      0,
      `No violation of ${scope} was seen, but no valid token was ever accepted: that the server lets the right callers in was not proven.`,
      ending.holdsToken ? 'Check the token that you gave.' : `To prove it, ${howToGive.token}.`,
    )
  }
  return verdict(
    'conformant',
    0,
    `Conformant with ${scope}: each of the ${judged} checks that apply and could be judged passed or is only advised.`,
    of('untested').length > 0
      ? `${of('untested').length} checks are untested; the report says what would unlock them.`
      : null,
  )

  function verdict(
    kind: RunVerdict['kind'],
    exitCode: number,
    sentence: string,
    advice: string | null,
    decidedBy: string | null = null,
  ): RunVerdict {
    return { kind, exitCode, sentence, advice, decidedBy }
  }
}

/** How much was judged, and what each missing means would add. */
export function coverageOf(
  verdicts: Verdict[],
  checks: Check[],
  scenarios: Scenarios,
  role: Role,
  revision: Revision,
): Coverage {
  const counts = Object.fromEntries(
    outcomes.map((outcome) => [
      outcome,
      verdicts.filter((verdict) => verdict.outcome === outcome).length,
    ]),
  ) as Record<Outcome, number>
  const must = new Map<string, Verdict[]>()
  for (const verdict of verdicts) {
    if (isMust(verdict.level))
      must.set(verdict.requirement, [...(must.get(verdict.requirement) ?? []), verdict])
  }
  const known = new Set(checks.map(({ requirement }) => requirement))
  const total = [...scenarios.requirements.values()].filter(
    (requirement) =>
      requirement.role === role &&
      known.has(requirement.id) &&
      isMust(requirement.levels[revision] ?? 'MAY'),
  ).length
  const all = [...must.values()]
  const applicable = all.filter((list) => list.some(({ outcome }) => outcome !== 'not-applicable'))
  const judged = applicable.filter((list) =>
    list.some(({ outcome }) => outcome === 'pass' || outcome === 'violation'),
  )
  return {
    outcomes: counts,
    must: { total, applicable: applicable.length, judged: judged.length },
    unlocks: unlocksOf(verdicts),
  }
}

function unlocksOf(verdicts: Verdict[]): Coverage['unlocks'] {
  const counts = new Map<string, number>()
  for (const { outcome, missing } of verdicts) {
    if (outcome !== 'untested' || missing.length === 0) continue
    const key = missing.join(' and ')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts]
    .map(([means, checks]) => ({ means, checks, how: howTo(means) }))
    .sort((one, other) => other.checks - one.checks)
}

function howTo(means: string): string {
  return means
    .split(' and ')
    .map(
      (each) =>
        howToGive[each as Means] ??
        (each.startsWith('facts.') ? `declare ${each}` : `give ${each}`),
    )
    .join('; ')
}
