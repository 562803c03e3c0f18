import { expect, it } from 'vitest'
import { loadScenarios, rejudge, runConformance } from './index.ts'
import type { ConformanceOptions } from './index.ts'
import type { RunResult, Verdict } from './model.ts'

const scenarios = await loadScenarios()

/** What a report says once its verdicts are worn away: only the evidence can tell them again. */
function evidenceOnly(result: RunResult): RunResult {
  const saved = JSON.parse(JSON.stringify(result)) as RunResult
  for (const verdict of saved.verdicts) {
    if (verdict.probe === null) continue
    verdict.outcome = 'error'
    verdict.reason = verdict.probe = 'worn away'
    verdict.remarks = []
    verdict.level = 'MAY'
  }
  return saved
}

const outcomesOf = (verdicts: Verdict[]): Set<string> =>
  new Set(verdicts.flatMap(({ outcome, remarks }) => [outcome, ...(remarks[0] ? ['remark'] : [])]))

const anonymous: ConformanceOptions = {
  command: 'node dist/reference-servers/local-rsa/main.js',
  env: {
    PORT: '{{target.port}}',
    RESOURCE: '{{target.url}}',
    ISSUER: 'https://issuer.example',
    PUBLIC_KEY_FILE: 'fixtures/keys/local.pub.pem',
  },
}
const faulty = { FAULT: 'skip-audience,leeway-of-five-minutes' }

it.each<[string, ConformanceOptions, string[]]>([
  ['a conformant server', { server: 'local-rsa' }, ['pass', 'not-applicable']],
  [
    'a server with faults',
    { server: 'local-rsa', env: faulty, only: ['token.*', 'jwks.*'] },
    ['pass', 'remark', 'violation'],
  ],
  ['a server of which no token is held', anonymous, ['pass', 'remark', 'untested']],
])('the saved evidence of %s gives its verdicts again', { timeout: 120_000 }, async (...row) => {
  const [, options, outcomes] = row
  const result = await runConformance(options)
  expect([...outcomesOf(result.verdicts)]).toEqual(expect.arrayContaining(outcomes))
  expect(rejudge(evidenceOnly(result), scenarios)).toEqual(result.verdicts)
})

const token = { server: 'local-rsa', only: ['token.audience-mismatch-rejected*'] }

it('scenarios that ask for something else leave a check untested, and say why', async () => {
  const result = await runConformance(token)
  const judged = result.verdicts.filter(({ probe }) => probe !== null)
  const [renamed, ...others] = judged
  const asked = others[0]
  const changed = {
    ...scenarios,
    checks: scenarios.checks
      .filter(({ verdictId }) => verdictId !== renamed?.id)
      .map((check) => (check.verdictId === asked?.id ? { ...check, probe: 'new steps' } : check)),
  }
  const again = rejudge(result, changed).filter(({ outcome }) => outcome === 'untested')
  expect(again.map(({ id, reason }) => [id, reason])).toEqual([
    [renamed?.id, 'the scenarios have no such check any more'],
    [asked?.id, 'the report holds no evidence for it: its steps have changed since the run'],
  ])
})
