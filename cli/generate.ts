import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { revisions } from '../harness/model.ts'
import type { Check, Level, Requirement, Revision, Scenarios } from '../harness/model.ts'
import { loadScenarios } from '../harness/scenario/load.ts'
import { editorSchema } from '../harness/scenario/editor-schema.ts'
import { packageRoot } from '../harness/target/bundled.ts'
import { reportSchema } from '../reports/report-schema.ts'
import { faultsPage, plantedFaults } from './faults-page.ts'
import { generatedNote, quoted, table } from './markdown.ts'

/* Part of development: writes what is made from the code and the scenarios, so that it cannot drift. */

const areas: Record<string, string> = {
  challenge: 'What a refused client is told: status, `WWW-Authenticate`, nothing else',
  methods: 'Every message, verb and path behind the same lock',
  prm: 'Protected resource metadata (RFC 9728) and the way from it to the issuer',
  token: 'Signature, algorithm, issuer, audience, time, kind, carriage, identity',
  jwks: "The issuer's keys: rotation, removal, outage, malformed sets",
  scope: 'What a token allows, operation by operation, and how a lack is said',
  session: 'A session is no credential and belongs to one caller',
  passthrough: "The client's token stays where it was sent",
  flow: 'Discovery, registration, login, token, call, refresh and step-up, one after the other',
  transport: 'Origin, host, protocol version and mirrored headers open nothing',
  cors: 'Web pages that may be clients can ask and can read the challenge',
  state: 'What a tool hands out opens nothing by itself',
  cache: 'What is made for one caller is marked so',
  robust: 'Many callers at once, and bursts of bad tokens',
  upstream: 'Arguments stay arguments on the way to the API behind the server',
  result: 'Errors of tools tell nothing of what is behind them',
  dev: 'Nothing of development hands out tokens',
  introspection: 'A server that asks its issuer about tokens does what the answer says',
  dpop: 'A token that is bound to a key is worth nothing without a proof of it',
  elicit: 'What a server asks its user for, and how',
  tasks: 'What one user has under way is no business of others',
  exchange: 'The token for the upstream is another one, and is looked at before it is used',
}
const areaOf = (id: string): string => id.split('.')[0] ?? id

function grouped<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return groups
}

/** README: how much is checked, by area. */
export function areaTable({ checks, requirements }: Scenarios): string {
  const rows = [...grouped(checks, ({ requirement }) => areaOf(requirement))].map(([area, own]) => {
    const tested = new Set(own.map(({ requirement }) => requirement))
    const levels = [...tested].map((id) => latestLevel(requirements.get(id)))
    const count = (start: string): string =>
      String(levels.filter((level) => level.startsWith(start)).length)
    const numbers = [tested.size, new Set(own.map(({ id }) => id)).size, own.length].map(String)
    return [
      `\`${area}\``,
      areas[area] ?? '',
      ...numbers,
      count('MUST'),
      count('SHOULD'),
      count('MAY'),
    ]
  })
  const sums = [2, 3, 4, 5, 6, 7].map((column) =>
    String(rows.reduce((sum, row) => sum + Number(row[column]), 0)),
  )
  const head = ['Area', 'About', 'Requirements', 'Checks', 'Verdicts', 'MUST', 'SHOULD', 'MAY']
  return table(head, [...rows, ['all', '', ...sums]])
}

function latestLevel(requirement: Requirement | undefined): Level | '' {
  return Object.values(requirement?.levels ?? {}).at(-1) ?? ''
}

/** `SHOULD (2025-03-26), MUST (from 2025-06-18)`; without brackets where all revisions agree. */
export function describeLevels(levels: Requirement['levels'], applies: Revision[]): string {
  const spans: { level: Level; from: Revision; to: Revision }[] = []
  for (const revision of revisions) {
    const level = applies.includes(revision) ? levels[revision] : undefined
    const last = spans.at(-1)
    const before = revisions[revisions.indexOf(revision) - 1]
    if (level === undefined) continue
    if (last && last.level === level && last.to === before) last.to = revision
    else spans.push({ level, from: revision, to: revision })
  }
  const [only] = spans
  if (spans.length === 1 && only?.from === revisions[0] && only.to === revisions.at(-1))
    return only.level
  return spans.map((span) => `${span.level} (${describeSpan(span)})`).join(', ')
}

function describeSpan({ from, to }: { from: Revision; to: Revision }): string {
  if (from === to) return from
  return to === revisions.at(-1) ? `from ${from}` : `${from} to ${to}`
}

/** docs/checks.md */
export function checksPage({ checks, requirements }: Scenarios): string {
  const sections = [...grouped(checks, ({ requirement }) => areaOf(requirement))].map(
    ([area, own]) => {
      const rows = [...grouped(own, ({ id }) => id)].map(([id, variants]) =>
        checkRow(id, variants, requirements),
      )
      return `## ${area}\n\n${areas[area] ?? ''}.\n\n${table(['Check', 'Level', 'Says', 'Variants', 'Proven by'], rows)}`
    },
  )
  const ids = new Set(checks.map(({ id }) => id))
  return `# Checks

${generatedNote}

${ids.size} checks give ${checks.length} verdicts. The level is that of each MCP revision to which the check applies. "Proven by" names the planted faults that turn the check red ([faults](faults.md)), those that turn a remark on, or the reason why there is none. \`mcp-auth-conformance explain ID\` tells the clauses, the probe and the fix.

${sections.join('\n\n')}
`
}

function checkRow(
  id: string,
  variants: Check[],
  requirements: Scenarios['requirements'],
): string[] {
  const levels = requirements.get(areaAndName(id))?.levels ?? {}
  const applies = revisions.filter((each) => variants.some((one) => one.revisions.includes(each)))
  const labels = variants.flatMap(({ variant }) => (variant === null ? [] : [variant]))
  return [
    `\`${id}\``,
    describeLevels(levels, applies),
    variants[0]?.title ?? '',
    labels.length === 0 ? '' : `${labels.length}: ${labels.join(' · ')}`,
    describeProof(variants),
  ]
}

const areaAndName = (id: string): string => id.split('/')[0] ?? id

function describeProof(variants: Check[]): string {
  const red = new Set(variants.flatMap(({ faults }) => faults))
  const remarked = new Set(variants.flatMap(({ allow }) => allow.flatMap(({ faults }) => faults)))
  const reasons = new Set(variants.flatMap(({ noFault }) => noFault ?? []))
  return [
    ...(red.size > 0 ? [quoted(red)] : []),
    ...(remarked.size > 0 ? [`remark: ${quoted(remarked)}`] : []),
    ...[...reasons].map((reason) => `none: ${reason}`),
  ].join('; ')
}

/** Replaces what stands between the markers `<!-- NAME:start -->` and `<!-- NAME:end -->`. */
export function fillMarkers(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const from = text.indexOf(start)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`the markers of ${name} are missing`)
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`
}

/** Every generated file with its text; the README is laid out as `npm run format` would. */
export async function generateAll(): Promise<Map<string, string>> {
  const root = await packageRoot()
  const scenarios = await loadScenarios()
  const readme = await readFile(path.join(root, 'README.md'), 'utf8')
  const inOrder = { ...scenarios, checks: byArea(scenarios.checks) }
  return new Map([
    ['scenarios/scenario.schema.json', `${JSON.stringify(editorSchema(), null, 2)}\n`],
    ['reports/report.schema.json', `${JSON.stringify(reportSchema(), null, 2)}\n`],
    ['README.md', await layOut(fillMarkers(readme, 'checks', areaTable(inOrder)))],
    ['docs/checks.md', checksPage(inOrder)],
    ['docs/faults.md', faultsPage(inOrder, await plantedFaults())],
  ])
}

/** A topic may hold a check of another area. */
function byArea(checks: Check[]): Check[] {
  const groups = grouped(checks, ({ requirement }) => areaOf(requirement))
  const unknown = [...groups.keys()].filter((area) => !(area in areas))
  if (unknown.length > 0) throw new Error(`these areas have no description: ${unknown.join(', ')}`)
  return Object.keys(areas).flatMap((area) => groups.get(area) ?? [])
}

async function layOut(markdown: string): Promise<string> {
  const { format, resolveConfig } = await import('prettier')
  const style = await resolveConfig(path.join(await packageRoot(), 'README.md'))
  return format(markdown, { ...style, parser: 'markdown' })
}

if (process.argv[1] !== undefined && /[\\/]generate\.[jt]s$/.test(process.argv[1])) {
  const root = await packageRoot()
  for (const [file, text] of await generateAll()) await writeFile(path.join(root, file), text)
}
