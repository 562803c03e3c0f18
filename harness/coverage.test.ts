import { expect, it } from 'vitest'
import { coverageOf } from './coverage.ts'
import type { Check, Level, Outcome, Requirement, Scenarios, Verdict } from './model.ts'
import { howToGive } from './plan.ts'

const requirement = (id: string, level: Level, changes: Partial<Requirement> = {}): Requirement =>
  ({ id, role: 'resource-server', levels: { '2025-11-25': level }, ...changes }) as Requirement

const requirements = [
  requirement('token.a', 'MUST'),
  requirement('token.b', 'MUST NOT'),
  requirement('token.c', 'SHOULD'),
  requirement('token.unchecked', 'MUST'),
  requirement('token.later', 'MUST', { levels: { '2026-07-28': 'MUST' } }),
  requirement('grant.a', 'MUST', { role: 'authorization-server' }),
]
const scenarios = {
  requirements: new Map(requirements.map((each) => [each.id, each])),
} as Scenarios
const checks = ['token.a', 'token.b', 'token.c', 'token.later', 'grant.a'].map(
  (id) => ({ id, requirement: id }) as Check,
)

function verdict(of: string, outcome: Outcome, missing: string[] = []): Verdict {
  const level = scenarios.requirements.get(of)?.levels['2025-11-25'] ?? 'MUST'
  return { requirement: of, level, outcome, missing } as Verdict
}

const covered = (verdicts: Verdict[]): ReturnType<typeof coverageOf> =>
  coverageOf(verdicts, { checks, scenarios, role: 'resource-server', revision: '2025-11-25' })

it('counts verdicts by outcome, those that did not occur included', () => {
  const { outcomes } = covered([
    verdict('token.a', 'pass'),
    verdict('token.a', 'pass'),
    verdict('token.b', 'violation'),
  ])
  expect(outcomes).toEqual({
    pass: 2,
    violation: 1,
    error: 0,
    inconclusive: 0,
    untested: 0,
    'not-applicable': 0,
  })
})

it.each<[applicable: number, judged: number, verdicts: Verdict[]]>([
  [0, 0, []],
  [0, 0, [verdict('token.a', 'not-applicable')]],
  [1, 0, [verdict('token.a', 'untested')]],
  [1, 0, [verdict('token.a', 'inconclusive'), verdict('token.a', 'not-applicable')]],
  [1, 1, [verdict('token.a', 'untested'), verdict('token.a', 'pass')]],
  [2, 2, [verdict('token.a', 'violation'), verdict('token.b', 'pass')]],
  [0, 0, [verdict('token.c', 'pass')]],
])(
  'of 2 MUST requirements with a check %d apply and %d are judged',
  (applicable, judged, verdicts) => {
    expect(covered(verdicts).must).toEqual({ total: 2, applicable, judged })
  },
)

it('says what each missing means would add and how to give it, the most first', () => {
  const { unlocks } = covered([
    verdict('token.a', 'untested', ['time']),
    verdict('token.a', 'untested', ['issuer']),
    verdict('token.b', 'untested', ['issuer']),
    verdict('token.b', 'untested', ['token', 'second-user']),
    verdict('token.b', 'untested', ['facts.tool.safe']),
    verdict('token.b', 'untested', ['--allow-writes']),
    verdict('token.b', 'untested'),
    verdict('token.b', 'inconclusive', ['issuer']),
  ])
  expect(unlocks).toEqual([
    { means: 'issuer', checks: 2, how: howToGive.issuer },
    { means: 'time', checks: 1, how: 'let waits last longer (--max-wait SECONDS)' },
    {
      means: 'token and second-user',
      checks: 1,
      how: `${howToGive.token}; ${howToGive['second-user']}`,
    },
    { means: 'facts.tool.safe', checks: 1, how: 'declare facts.tool.safe' },
    { means: '--allow-writes', checks: 1, how: 'allow calls that change data (--allow-writes)' },
  ])
})
