/**
 * The report for a terminal or a build log: what failed, why, how to mend it, and what comes next.
 */
import type { RunResult, Verdict } from '../harness/model.ts'
import { plainText } from './plain-text.ts'
import { countStandings, formatDuration, viewAreas } from './result-view.ts'
import type { AreaView, CheckView, StandingCounts } from './result-view.ts'
import { createPaint, shades } from './terminal-paint.ts'
import type { Paint, Shade } from './terminal-paint.ts'
import { reasonsOf, writeAlike, writeFinding } from './terminal-finding.ts'
import { countWords, standingOf, standings, standingWords, verdictWords } from './verdict-words.ts'
import type { Standing } from './verdict-words.ts'

export interface TerminalOptions {
  /** Colour sequences; without it the text holds no escape byte. */
  colour: boolean
  /** Also lists advice, remarks, what was not tested and what does not apply. */
  verbose: boolean
  /** Violations and the verdict only. */
  quiet: boolean
}

/** The text ends in a line feed. Nothing that a target said can steer the terminal. */
export function terminal(result: RunResult, options: TerminalOptions): string {
  const paint = createPaint(options.colour)
  const { quiet, verbose } = options
  // of a target that nobody reached, each check would say the same once more
  const judged = verbose || result.verdict.kind !== 'unreachable'
  const areas = judged ? viewAreas(result) : []
  const blocks = [
    quiet ? [] : writeHead(result, paint),
    quiet ? [] : writeAreas(areas, paint),
    ...writeFindings(areas, options, paint),
    quiet ? [] : writeRemarks(result.verdicts, verbose, paint),
    writeVerdict(result, paint),
    quiet || !judged ? [] : writeCoverage(result, verbose, paint),
    quiet ? [] : writeNext(result, judged, paint),
  ]
  const text = blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
  return `${disarmCommands(text)}\n`
}

/** A build runner reads `::error::` behind blanks as a command, and `##[error]` anywhere in a line. */
function disarmCommands(text: string): string {
  return text.replaceAll('##[', '# #[').replace(/^(\s*)::/gm, '$1│ ::')
}

function writeHead(result: RunResult, paint: Paint): string[] {
  const { target, revision } = result
  const parts = [target.url, `revision ${revision}`, target.role].map(plainText)
  const head = ` ${paint('bold', 'MCP authorization')} · ${parts.join(' · ')}`
  const means = result.means.length === 0 ? 'url' : result.means.join(', ')
  return [head, paint('dim', ` ${plainText(result.negotiated)} · with ${means}`)]
}

function writeAreas(areas: AreaView[], paint: Paint): string[] {
  const shown = standings.filter((standing) => areas.some((area) => area.counts[standing] > 0))
  const width = Math.max(...areas.map((area) => area.area.length), 4)
  const digits = Math.max(...areas.flatMap((area) => shown.map((s) => `${area.counts[s]}`.length)))
  return areas.map((area) => {
    const cells = shown.map((standing) => writeCell(area.counts[standing], standing, digits, paint))
    return ` ${plainText(area.area).padEnd(width)}  ${cells.join('   ')}`.trimEnd()
  })
}

function writeCell(count: number, standing: Standing, digits: number, paint: Paint): string {
  if (count === 0) return ' '.repeat(digits + 2)
  return paint(shades[standing], `${standingWords[standing].symbol} ${`${count}`.padStart(digits)}`)
}

function writeFindings(areas: AreaView[], options: TerminalOptions, paint: Paint): string[][] {
  const shown = options.quiet
    ? quietStandings
    : options.verbose
      ? verboseStandings
      : reportedStandings
  return shown.flatMap((standing) => {
    const checks = areas
      .flatMap((area) => area.checks)
      .filter((check) => check.counts[standing] > 0)
    const { alike, single } = splitAlike(checks, standing, options)
    return [
      ...single.map((check) => writeFinding(check, standing, paint)),
      ...alike.map((group) => writeAlike(group, standing, paint)),
    ]
  })
}

const manyAlike = 4

/** What keeps many checks from being judged is said once: a token that the server refuses, a restart that failed. */
function splitAlike(
  checks: CheckView[],
  standing: Standing,
  { verbose }: TerminalOptions,
): { alike: CheckView[][]; single: CheckView[] } {
  if (verbose || standing !== 'inconclusive') return { alike: [], single: checks }
  const groups = new Map<string, CheckView[]>()
  for (const check of checks) {
    const [reason = '', ...others] = reasonsOf(check, standing)
    if (others.length === 0) groups.set(reason, [...(groups.get(reason) ?? []), check])
  }
  const alike = [...groups.values()].filter((group) => group.length >= manyAlike)
  return { alike, single: checks.filter((check) => !alike.flat().includes(check)) }
}

function writeRemarks(verdicts: Verdict[], verbose: boolean, paint: Paint): string[] {
  const remarked = verdicts.filter((verdict) => verdict.remarks.length > 0)
  const count = remarked.reduce((sum, verdict) => sum + verdict.remarks.length, 0)
  if (count === 0) return []
  const head = ` ${count} ${count === 1 ? 'remark' : 'remarks'}`
  if (!verbose) return [`${head}${paint('dim', ', listed with --verbose')}`]
  const lines = remarked.flatMap((verdict) =>
    verdict.remarks.map((remark) => `   ${plainText(verdict.id)}  ${plainText(remark.text)}`),
  )
  return [head, ...lines]
}

function writeVerdict(result: RunResult, paint: Paint): string[] {
  const { verdict, coverage } = result
  const counts = countStandings(result.verdicts, result.strict)
  const shade = verdictShade(result)
  const { judged, applicable } = coverage.must
  const summary = [
    paint(shade, paint('bold', verdictWords[verdict.kind])),
    writeCounts(counts),
    `judged ${judged} of ${applicable} applicable MUST`,
    formatDuration(result.elapsed) +
      (result.waited > 0 ? ` (${formatDuration(result.waited)} waiting)` : ''),
  ]
  return [` ${summary.join(' · ')}`, ` ${plainText(verdict.sentence)}`]
}

function writeCounts(counts: StandingCounts): string {
  const parts = standings
    .filter((standing) => counts[standing] > 0)
    .map((standing) => countWords(counts[standing], standing))
  return parts.length === 0 ? 'nothing judged' : parts.join(', ')
}

/** Ways to judge more that are shown unasked: they stand by how much they give. */
const waysShown = 6

function writeCoverage({ coverage }: RunResult, verbose: boolean, paint: Paint): string[] {
  const shown = coverage.unlocks.slice(0, verbose ? undefined : waysShown)
  const left = coverage.unlocks.length - shown.length
  const lines = shown.map(
    (unlock) =>
      ` ${paint('cyan', `+${unlock.checks}`)} with ${plainText(unlock.means)}: ${plainText(unlock.how)}`,
  )
  const more = ` ${left} more ${left === 1 ? 'way' : 'ways'}, listed with --verbose`
  return left === 0 ? lines : [...lines, paint('dim', more)]
}

function writeNext(result: RunResult, judged: boolean, paint: Paint): string[] {
  const { advice, exitCode } = result.verdict
  const next = judged ? nextCommand(result) : null
  return [
    ...(advice === null ? [] : [` ${paint('dim', 'advice')}  ${plainText(advice)}`]),
    ...(next === null ? [] : [` ${paint('dim', 'next')}    ${next}`]),
    ` ${paint('dim', 'exit')}    ${exitCode} ${paint('dim', exitReason(result))}`,
  ]
}

function nextCommand(result: RunResult): string | null {
  const worst = result.verdicts.find((verdict) => verdict.id === result.verdict.decidedBy)
  const first = worst ?? firstFinding(result)
  if (first === undefined) return null
  return `${result.tool.name} explain ${plainText(first.requirement)}`
}

function firstFinding(result: RunResult): Verdict | undefined {
  const found = result.verdicts.map((verdict) => standingOf(verdict, result.strict))
  const worst = reportedStandings.find((standing) => found.includes(standing))
  return result.verdicts.find((verdict) => standingOf(verdict, result.strict) === worst)
}

function exitReason(result: RunResult): string {
  const reasons: Record<number, string> = {
    0: 'nothing fails this run',
    1: 'violations fail this run',
    2: 'nothing could be selected or tested',
    3: 'the target or its issuer could not be reached, or is no MCP server',
    4: 'no violation, but not everything selected could be judged',
    70: 'the tool itself failed',
    130: 'the run was interrupted',
  }
  return reasons[result.verdict.exitCode] ?? ''
}

function verdictShade(result: RunResult): Shade {
  if (result.verdict.kind === 'conformant') return 'green'
  return result.verdict.kind === 'not-conformant' ? 'red' : 'yellow'
}

const quietStandings: Standing[] = ['violation', 'error']
const reportedStandings: Standing[] = ['violation', 'error', 'inconclusive', 'warning']
const verboseStandings: Standing[] = [
  ...reportedStandings,
  'advisory',
  'untested',
  'not-applicable',
]
