import type { Position } from '../model.ts'

/** One thing that is wrong in a scenario or configuration file. */
export interface Problem {
  position: Position
  /** `check-id.steps.2.send`; empty when it concerns the file. */
  path: string
  message: string
}

export function problem(position: Position, path: string, message: string): Problem {
  return { position, path, message }
}

/** `file:line:col path: message`. */
export function formatProblem({ position, path, message }: Problem): string {
  const where = `${position.file}:${position.line}:${position.column}`
  return path === '' ? `${where} ${message}` : `${where} ${path}: ${message}`
}

/** All problems of all files at once, in the order of files and lines, each once. */
export class ScenarioError extends Error {
  readonly problems: Problem[]
  constructor(problems: Problem[]) {
    const unique = uniqueProblems(problems)
    super(unique.map(formatProblem).join('\n'))
    this.name = 'ScenarioError'
    this.problems = unique
  }
}

export function uniqueProblems(problems: Problem[]): Problem[] {
  const seen = new Map<string, Problem>()
  for (const each of problems) {
    const { position, message } = each
    const key = `${position.file}:${position.line}:${position.column}:${message}`
    if (!seen.has(key)) seen.set(key, each)
  }
  return [...seen.values()].toSorted(
    (one, other) =>
      one.position.file.localeCompare(other.position.file) ||
      one.position.line - other.position.line ||
      one.position.column - other.position.column,
  )
}
