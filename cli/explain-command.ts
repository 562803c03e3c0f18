import path from 'node:path'
import { loadScenarios } from '../harness/scenario/load.ts'
import { nearest } from '../harness/scenario/suggest.ts'
import { revisions } from '../harness/model.ts'
import type { Check, Requirement } from '../harness/model.ts'
import { UsageError } from '../harness/select.ts'

/** Prints one requirement: what it demands, where that is written, how it is tested, what to do. */
export async function explainCommand(id: string, places: string[]): Promise<number> {
  const { requirements, checks } = await loadScenarios(places)
  const requirement = requirements.get(id.split(/[/ ]/)[0] ?? id)
  if (!requirement) {
    throw new UsageError(`there is no requirement "${id}"${instead(id, [...requirements.keys()])}`)
  }
  const own = checks.filter((check) => check.requirement === requirement.id)
  const unchecked = requirement.untestable === null ? ['', 'No check yet.'] : []
  const lines = own.length > 0 ? checkLines(own) : unchecked
  console.log([head(requirement), ...probeLines(requirement), ...lines].join('\n'))
  return 0
}

function instead(id: string, known: string[]): string {
  const alike = known.filter((each) => each.startsWith(id))
  if (alike.length > 0) return `; those that begin so:\n  ${alike.join('\n  ')}`
  const suggestion = nearest(id, known)
  const question = suggestion === null ? '.' : `; did you mean "${suggestion}"?`
  return `${question} See mcp-auth-conformance list.`
}

function head(requirement: Requirement): string {
  const levels = revisions.map(
    (revision) => `  ${revision}  ${requirement.levels[revision] ?? 'not in this revision'}`,
  )
  const sources = requirement.sources.map(
    ({ doc, section, url }) => `  ${doc}, ${section}\n    ${url}`,
  )
  return [
    requirement.id,
    `  ${requirement.text}`,
    '',
    'Level',
    ...levels,
    '',
    'Clauses',
    ...sources,
  ].join('\n')
}

function probeLines(requirement: Requirement): string[] {
  if (requirement.untestable !== null) return ['', 'Not tested', `  ${requirement.untestable}`]
  return [
    '',
    'How it is tested',
    `  ${requirement.probe ?? ''}`,
    ...glossary(requirement.probe ?? ''),
    '',
    'Typical fault',
    `  ${requirement.fault ?? ''}`,
  ]
}

const words: Record<string, string> = {
  BASE: 'the smallest MCP request: initialize, or server/discover since 2026-07-28; where that is public, the first operation that asks for a token',
  GOOD: 'a token that is valid in every respect; it must be taken before and after',
  REJECT: 'HTTP 401 and no MCP result',
  PRM: 'the protected resource metadata of RFC 9728',
  Lenient: 'passes',
  Warn: 'passes with a remark',
}

/** What the words of this probe stand for. */
function glossary(probe: string): string[] {
  const used = Object.entries(words).filter(([word]) => new RegExp(`\\b${word}\\b`).test(probe))
  return used.map(([word, meaning]) => `  ${word.padEnd(7)}  ${meaning}`)
}

function checkLines(checks: Check[]): string[] {
  const ids = [...new Set(checks.map(({ id }) => id))]
  return ids.flatMap((id) => {
    const variants = checks.filter((check) => check.id === id)
    const [first] = variants
    if (!first) return []
    const { file, line } = first.position
    const labels = variants.flatMap(({ variant }) => variant ?? [])
    return [
      '',
      `Check ${id}`,
      `  ${first.title}`,
      ...(labels.length > 0 ? [`  variants  ${labels.join(' · ')}`] : []),
      `  fix       ${first.hint}`,
      `  caught    ${first.faults.join(', ') || first.noFault || 'by a remark'}`,
      `  defined   ${path.relative(process.cwd(), file)}:${line}`,
    ]
  })
}
