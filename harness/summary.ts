import path from 'node:path'
import { levelIn } from './level.ts'
import type { Check, CheckSummary, Revision, Scenarios } from './model.ts'

/** What a report says of each check, once for all its variants. */
export function summarise(
  checks: Check[],
  scenarios: Scenarios,
  revision: Revision,
): CheckSummary[] {
  const summaries = new Map<string, CheckSummary>()
  for (const check of checks) {
    const requirement = scenarios.requirements.get(check.requirement)
    if (!requirement || summaries.has(check.id)) continue
    const { file, line, column } = check.position
    summaries.set(check.id, {
      id: check.id,
      requirement: requirement.id,
      area: requirement.id.split('.')[0] ?? '',
      title: check.title,
      hint: check.hint,
      text: requirement.text,
      level: levelIn(requirement, revision),
      role: requirement.role,
      sources: sourcesOf(requirement.sources, revision),
      faults: check.faults,
      defined: `${path.join('scenarios', path.basename(file))}:${line}:${column}`,
    })
  }
  return [...summaries.values()]
}

/** Clauses of other MCP revisions are left out. */
function sourcesOf(
  sources: Scenarios['requirements'] extends Map<string, infer R>
    ? R extends { sources: infer S }
      ? S
      : never
    : never,
  revision: Revision,
): typeof sources {
  return sources.filter(({ doc }) => !/^MCP \d{4}-\d{2}-\d{2}/.test(doc) || doc.includes(revision))
}
