import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runConformance } from './index.ts'
import type { ConformanceOptions } from './index.ts'
import type { RunResult, Verdict } from './model.ts'
import { loadScenarios } from './scenario/load.ts'
import { selectChecks } from './select.ts'

/** What `describeConformance` takes beside the options of a run. */
export interface DescribeOptions extends ConformanceOptions {
  /** The title of the suite. */
  name?: string
}

/**
 * Declares one test a check, so that a suite of your own runs them: a violation of a MUST (with
 * `strict` also of a SHOULD) and an inconclusive check fail, what does not apply or lacks means is
 * skipped with its reason. The run takes place once, before the first test.
 *
 * @example
 * await describeConformance({ command: 'node server.js', issuer: 'local' })
 */
export async function describeConformance(options: DescribeOptions): Promise<void> {
  const { name, ...run } = options
  const { checks, requirements } = await loadScenarios(run.scenarios ?? [])
  const role = run.role ?? 'resource-server'
  const selected = selectChecks(checks, run.only ?? [], run.skip ?? []).filter(
    (check) => requirements.get(check.requirement)?.role === role,
  )
  const titles = new Map(selected.map(({ id, title }) => [id, title]))
  const suite: string =
    name ?? `MCP authorization of ${run.command ?? run.image ?? run.server ?? run.url}`
  describe(suite, () => {
    let result: RunResult | null = null
    const ended = new AbortController()
    beforeAll(async () => {
      result = await runConformance({ ...run, signal: ended.signal })
    }, 300_000)
    afterAll(() => ended.abort())
    for (const [id, title] of titles) {
      it(`${id}: ${title}`, ({ skip }) => {
        const verdicts = (result?.verdicts ?? []).filter(({ check }) => check === id)
        const skipped = verdicts.every(
          ({ outcome }) => outcome === 'not-applicable' || outcome === 'untested',
        )
        if (skipped) skip(verdicts[0]?.reason ?? 'it was not run')
        const failures = verdicts.filter((verdict) => fails(verdict, run.strict === true))
        expect(failures.map(describeFailure).join('\n')).toBe('')
      })
    }
  })
}

function fails({ outcome, level }: Verdict, strict: boolean): boolean {
  if (outcome === 'inconclusive' || outcome === 'error') return true
  return (
    outcome === 'violation' && (level.startsWith('MUST') || (strict && level.startsWith('SHOULD')))
  )
}

function describeFailure({ id, level, outcome, reason, expected, actual }: Verdict): string {
  const facts =
    expected === null ? '' : `\n  expected ${expected}\n  actual   ${actual ?? 'nothing'}`
  return `${id} (${level}) ${outcome}: ${reason}${facts}`
}
