import { revisions } from '../model.ts'
import type { Level, Requirement, Revision, Role, Source } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { readSource } from './source.ts'

/** Reads the catalogue. An entry of `revisions` is a revision, or one with a level of its own. */
export async function loadRequirements(file: string): Promise<Map<string, Requirement>> {
  const { value } = await readSource(file)
  const entries = Array.isArray(value) ? value.filter(isObject) : []
  return new Map(entries.map((entry) => [String(entry['id']), requirementOf(entry)]))
}

function requirementOf(entry: JsonObject): Requirement {
  const text = (name: string): string | null =>
    typeof entry[name] === 'string' ? entry[name].trim() : null
  return {
    id: String(entry['id']),
    role: entry['role'] as Role,
    text: text('text') ?? '',
    sources: entry['source'] as unknown as Source[],
    levels: levelsOf(entry['level'] as Level, entry['revisions']),
    needs: text('needs') ?? 'none',
    probe: text('probe'),
    fault: text('fault'),
    untestable: text('untestable'),
  }
}

/** The level in each revision that knows the requirement. */
export function levelsOf(
  level: Level,
  written: JsonValue | undefined,
): Partial<Record<Revision, Level>> {
  const levels: Partial<Record<Revision, Level>> = {}
  for (const item of Array.isArray(written) ? written : revisions) {
    if (isObject(item)) levels[item['rev'] as Revision] = item['level'] as Level
    else levels[item as Revision] = level
  }
  return levels
}
