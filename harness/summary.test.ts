import { expect, it } from 'vitest'
import type { Check, Requirement, Scenarios } from './model.ts'
import { summarise } from './summary.ts'

const source = (doc: string): Requirement['sources'][number] => ({
  doc,
  section: '1',
  url: 'https://x.example',
})
const requirement: Requirement = {
  id: 'token.a',
  role: 'resource-server',
  text: 'Tokens are checked.',
  sources: ['MCP 2025-06-18', 'RFC 6750', 'MCP 2025-11-25', 'MCP Security Best Practices'].map(
    source,
  ),
  levels: { '2025-06-18': 'SHOULD', '2025-11-25': 'MUST' },
  needs: 'none',
  probe: null,
  fault: null,
  untestable: null,
}
const scenarios = { requirements: new Map([['token.a', requirement]]) } as unknown as Scenarios

const check = (id: string, changes: Partial<Check> = {}): Check =>
  ({
    id,
    requirement: 'token.a',
    title: 'T',
    hint: 'H',
    faults: ['f'],
    position: { file: '/home/x/scenarios/token.yaml', line: 3, column: 5 },
    ...changes,
  }) as Check

it('says of a check what a report needs, without the folder in which it lies', () => {
  expect(summarise([check('token.a/b')], scenarios, '2025-11-25')).toEqual([
    {
      id: 'token.a/b',
      requirement: 'token.a',
      area: 'token',
      title: 'T',
      hint: 'H',
      text: 'Tokens are checked.',
      level: 'MUST',
      role: 'resource-server',
      sources: ['RFC 6750', 'MCP 2025-11-25', 'MCP Security Best Practices'].map(source),
      faults: ['f'],
      defined: 'scenarios/token.yaml:3:5',
    },
  ])
})

it('says each check once for all its variants', () => {
  const checks = [
    check('token.a', { variant: 'x' }),
    check('token.a', { variant: 'y' }),
    check('token.a/b'),
  ]
  expect(summarise(checks, scenarios, '2025-11-25').map(({ id }) => id)).toEqual([
    'token.a',
    'token.a/b',
  ])
})

it('gives the level of the revision, or the first that there is', () => {
  const level = (revision: Parameters<typeof summarise>[2]): string | undefined =>
    summarise([check('token.a')], scenarios, revision)[0]?.level
  expect(level('2025-06-18')).toBe('SHOULD')
  expect(level('2025-11-25')).toBe('MUST')
  expect(level('2026-07-28')).toBe('SHOULD')
})

it('leaves out a check whose requirement is not there', () => {
  expect(summarise([check('x.y', { requirement: 'x.y' })], scenarios, '2025-11-25')).toEqual([])
})
