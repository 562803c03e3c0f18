import type { Check } from './model.ts'

/** What the tester asked for cannot be done as written: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** `token.*` matches ids; a star stands for any text. An id matches with and without its variant. */
export function matchesGlob(
  glob: string,
  check: Pick<Check, 'id' | 'requirement' | 'verdictId'>,
): boolean {
  const pattern = new RegExp(`^${glob.split('*').map(escape).join('.*')}$`)
  return [check.id, check.requirement, check.verdictId].some((name) => pattern.test(name))
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

/**
 * The checks that `--only` names and `--skip` does not.
 * @throws UsageError when nothing is left, or a glob matches nothing
 */
export function selectChecks(checks: Check[], only: string[], skip: string[]): Check[] {
  for (const glob of [...only, ...skip]) {
    if (!checks.some((check) => matchesGlob(glob, check))) {
      throw new UsageError(
        `"${glob}" matches no check. See mcp-auth-conformance list for their ids; a star stands for any text, as in token.*.`,
      )
    }
  }
  const selected = checks.filter(
    (check) =>
      (only.length === 0 || only.some((glob) => matchesGlob(glob, check))) &&
      !skip.some((glob) => matchesGlob(glob, check)),
  )
  if (selected.length === 0) throw new UsageError('--only and --skip together leave no check.')
  return selected
}
