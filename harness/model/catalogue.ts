export const revisions = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const
/** An MCP specification revision. The first three are stateful on the wire, the last is stateless. */
export type Revision = (typeof revisions)[number]
export type Wire = 'stateful' | 'stateless'
export type Role = 'resource-server' | 'authorization-server' | 'client'
export type Level = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY'

/** A clause of a specification. `url` comes from our catalogue only, never from a target. */
export interface Source {
  doc: string
  section: string
  url: string
}

/** One sentence that a specification demands, with the level it has in each revision. */
export interface Requirement {
  id: string
  role: Role
  text: string
  sources: Source[]
  /** A revision that is absent does not know the requirement. */
  levels: Partial<Record<Revision, Level>>
  /** The least the tester must hold, as the catalogue says; single checks may need more. */
  needs: string
  probe: string | null
  fault: string | null
  untestable: string | null
}
