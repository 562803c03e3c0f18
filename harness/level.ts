import type { Level, Requirement, Revision } from './model.ts'

/** The level in a revision; of a requirement that the revision does not know, the level elsewhere. */
export function levelIn(requirement: Requirement | undefined, revision: Revision): Level {
  const levels = requirement?.levels ?? {}
  return levels[revision] ?? Object.values(levels)[0] ?? 'MUST'
}
