import type { Check } from './model.ts'

/** What the tester asked for cannot be done as written: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

type Named = Pick<Check, 'id' | 'requirement' | 'verdictId'>

/** `token.*` matches ids; a star stands for any text. An id matches with and without its variant. */
function matcherOf(glob: string): (check: Named) => boolean {
  const pattern = new RegExp(`^${glob.split('*').map(escape).join('.*')}$`)
  const matches = glob.includes('*')
    ? (text: string): boolean => pattern.test(text)
    : (text: string): boolean => text === glob
  return ({ id, requirement, verdictId }) =>
    matches(id) || matches(requirement) || matches(verdictId)
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

/**
 * The checks that `--only` names and `--skip` does not.
 * @throws UsageError when nothing is left, or a glob matches nothing
 */
export function selectChecks<T extends Named>(checks: T[], only: string[], skip: string[]): T[] {
  const matching = (globs: string[]): Set<T> =>
    new Set(globs.flatMap((glob) => matchesOf(glob, checks)))
  const wanted = only.length === 0 ? new Set(checks) : matching(only)
  const unwanted = matching(skip)
  const selected = checks.filter((check) => wanted.has(check) && !unwanted.has(check))
  if (selected.length === 0) throw new UsageError('--only and --skip together leave no check.')
  return selected
}

function matchesOf<T extends Named>(glob: string, checks: T[]): T[] {
  const found = checks.filter(matcherOf(glob))
  if (found.length > 0) return found
  throw new UsageError(
    `"${glob}" matches no check. See mcp-auth-conformance list for their ids; a star stands for any text, as in token.*.`,
  )
}
