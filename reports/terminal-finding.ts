/**
 * One check that needs a reader, as lines for a terminal. The variants of a matrix stand together,
 * so that one defect with 24 variants is one block.
 */
import type { CheckSummary, Verdict } from '../harness/model.ts'
import { cutText, plainLines, plainText } from './plain-text.ts'
import { clauseName } from './result-view.ts'
import type { CheckView } from './result-view.ts'
import { shades } from './terminal-paint.ts'
import type { Paint } from './terminal-paint.ts'
import { countWords, standingWords } from './verdict-words.ts'
import type { Standing } from './verdict-words.ts'

const fieldLimit = 600
const lineLimit = 6
/** Different answers of one check that are shown; the report files hold the rest. */
const groupLimit = 3
/** Checks of one reason that are named. */
const alikeLimit = 6

/** The verdicts of a check that have this standing: head line, then its fields. */
export function writeFinding(check: CheckView, standing: Standing, paint: Paint): string[] {
  const verdicts = check.verdicts
    .filter((view) => view.standing === standing)
    .map((view) => view.verdict)
  const groups = groupAlike(verdicts)
  const shown = groups.slice(0, groupLimit).flatMap((group) => writeGroup(group, standing, paint))
  const left = groups.slice(groupLimit).flat().length
  return [
    writeHead(check, verdicts, standing, paint),
    ...shown,
    ...(left === 0 ? [] : [field('more', `${left} variants with other answers`, paint)]),
    ...writeSummary(check.check, standing, paint),
  ]
}

/** Different reasons of a check's verdicts that have this standing. */
export function reasonsOf(check: CheckView, standing: Standing): string[] {
  const views = check.verdicts.filter((view) => view.standing === standing)
  return [...new Set(views.map(({ verdict }) => verdict.reason))]
}

/** Checks that stand where they do for one and the same reason. */
export function writeAlike(checks: CheckView[], standing: Standing, paint: Paint): string[] {
  const { symbol } = standingWords[standing]
  const verdicts = checks.reduce((sum, check) => sum + check.counts[standing], 0)
  const head = `${countWords(verdicts, standing)} of ${checks.length} checks, for one reason`
  const ids = checks.map(({ check }) => check.id)
  const shown = ids.slice(0, alikeLimit).join(' · ')
  const more =
    ids.length > alikeLimit ? ` · ${ids.length - alikeLimit} more, listed with --verbose` : ''
  return [
    ` ${paint(shades[standing], symbol)} ${paint('bold', head)}`,
    ...reasonsOf(checks[0] as CheckView, standing).flatMap((why) => optional('why', why, paint)),
    field('checks', `${shown}${more}`, paint),
  ]
}

function writeHead(check: CheckView, all: Verdict[], standing: Standing, paint: Paint): string {
  const { symbol } = standingWords[standing]
  const single = all.length === 1 ? (all[0]?.id ?? check.check.id) : check.check.id
  const of = check.verdicts.length > 1 ? `  ${all.length} of ${check.verdicts.length} variants` : ''
  const id = paint('bold', plainText(single))
  const title = plainText(check.check.title)
  return ` ${paint(shades[standing], symbol)} ${id}  ${all[0]?.level ?? check.check.level}  ${title}${paint('dim', of)}`
}

function writeGroup(group: Verdict[], standing: Standing, paint: Paint): string[] {
  const first = group[0]
  if (first === undefined) return []
  const judged = standing === 'violation' || standing === 'warning' || standing === 'advisory'
  const round = first.roundTrip === null ? '' : paint('dim', `  round trip #${first.roundTrip}`)
  const variants = group.map((verdict) => verdict.variant).filter((variant) => variant !== null)
  return [
    ...(group.length > 1 ? [field('variants', variants.join(' · '), paint)] : []),
    ...(judged && standing === 'violation' ? optional('expected', first.expected, paint) : []),
    ...(judged ? optional('actual', first.actual ?? first.reason, paint, round) : []),
    ...(judged ? optional('meaning', diagnosisOf(first), paint) : []),
    ...(judged ? [] : optional('why', first.reason, paint, round)),
    ...(first.missing.length === 0 ? [] : [field('needs', first.missing.join(', '), paint)]),
  ]
}

/** What the check says of this very answer, beside what was expected and what came. */
function diagnosisOf({ reason, expected, actual }: Verdict): string | null {
  const plain = actual === null || reason === `expected ${expected}; got ${actual}`
  return plain ? null : reason
}

function writeSummary(check: CheckSummary, standing: Standing, paint: Paint): string[] {
  const fix = optional('fix', check.hint, paint)
  if (standing === 'warning' || standing === 'advisory') return fix
  if (standing === 'untested' || standing === 'not-applicable') return []
  const clauses = check.sources.map((source) => `${clauseName(source)}  ${source.url}`)
  return [
    ...(standing === 'violation' ? fix : []),
    ...clauses.map((clause, index) => field(index === 0 ? 'clause' : '', clause, paint)),
    ...optional('defined', check.defined, paint),
  ]
}

function groupAlike(verdicts: Verdict[]): Verdict[][] {
  const groups = new Map<string, Verdict[]>()
  for (const verdict of verdicts) {
    const key = JSON.stringify([verdict.expected, verdict.actual ?? verdict.reason])
    groups.set(key, [...(groups.get(key) ?? []), verdict])
  }
  return [...groups.values()]
}

function optional(label: string, value: string | null, paint: Paint, after = ''): string[] {
  return value === null || value.trim() === '' ? [] : [field(label, value, paint, after)]
}

/** A labelled value; further lines start with a bar, so that none can pass for one of ours. */
function field(label: string, value: string, paint: Paint, after = ''): string {
  const { text, left } = cutText(plainLines(value).trim(), fieldLimit)
  const lines = text.split('\n')
  const kept = lines.slice(0, lineLimit)
  kept[0] += after
  const cut = left > 0 || lines.length > lineLimit ? ' …' : ''
  return `     ${paint('dim', label.padEnd(9))} ${kept.join('\n               │ ')}${cut}`
}
