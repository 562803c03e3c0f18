import { expect, it } from 'vitest'
import type { Check } from './model.ts'
import { selectChecks, UsageError } from './select.ts'

const check = (id: string, variant?: string): Check =>
  ({
    id,
    requirement: id.split('/')[0],
    verdictId: variant === undefined ? id : `${id} [${variant}]`,
  }) as Check

const checks = [
  check('token.expired'),
  check('token.expired/far', 'one, two'),
  check('token.expired-soon'),
  check('jwks.rotation'),
]
const chosen = (only: string[], skip: string[] = []): string[] =>
  selectChecks(checks, only, skip).map(({ verdictId }) => verdictId)

it.each<[glob: string, matches: string[]]>([
  ['*', checks.map(({ verdictId }) => verdictId)],
  ['token.*', ['token.expired', 'token.expired/far [one, two]', 'token.expired-soon']],
  ['token.expired', ['token.expired', 'token.expired/far [one, two]']],
  ['token.expired/far', ['token.expired/far [one, two]']],
  ['token.expired/far [one, two]', ['token.expired/far [one, two]']],
  ['*rotation', ['jwks.rotation']],
  ['*.*-soon', ['token.expired-soon']],
])('%s matches', (glob, matches) => {
  expect(chosen([glob])).toEqual(matches)
})

it.each(['tokenxexpired', 'token', '', 'token.[a-z]*', 'Token.*', 'token.expired|jwks.rotation'])(
  'a glob is no pattern: %j matches nothing',
  (glob) => {
    expect(() => chosen([glob])).toThrow(
      new UsageError(
        `"${glob}" matches no check. See mcp-auth-conformance list for their ids; a star stands for any text, as in token.*.`,
      ),
    )
  },
)

it('takes all without --only, any of several, and never what is skipped', () => {
  expect(chosen([])).toHaveLength(4)
  expect(chosen(['jwks.*', 'token.expired-soon'])).toEqual(['token.expired-soon', 'jwks.rotation'])
  expect(chosen([], ['token.*'])).toEqual(['jwks.rotation'])
  expect(chosen(['token.*'], ['token.expired'])).toEqual(['token.expired-soon'])
})

it('refuses a selection that leaves nothing, and a --skip that skips nothing', () => {
  expect(() => chosen(['jwks.*'], ['*'])).toThrow('--only and --skip together leave no check.')
  expect(() => chosen([], ['token.exipred'])).toThrow(UsageError)
})
