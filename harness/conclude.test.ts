import { describe, expect, it } from 'vitest'
import { conclude, failsRun } from './conclude.ts'
import type { Ending } from './conclude.ts'
import type { Level, Outcome, RunVerdict, Verdict } from './model.ts'

let counter = 0

function verdict(outcome: Outcome, level: Level = 'MUST', changes: Partial<Verdict> = {}): Verdict {
  counter += 1
  return {
    id: `token.x${counter}`,
    check: `token.x${counter}`,
    requirement: 'token.x',
    variant: null,
    level,
    outcome,
    reason: 'the control failed',
    remarks: [],
    expected: null,
    actual: null,
    step: null,
    roundTrip: null,
    missing: [],
    recorded: {},
    probe: null,
    ...changes,
  }
}

function end(verdicts: Verdict[], changes: Partial<Ending> = {}): RunVerdict {
  return conclude(verdicts, {
    role: 'resource-server',
    revision: '2025-11-25',
    strict: false,
    requireAll: false,
    allowInconclusive: false,
    interrupted: false,
    unreachable: null,
    openServer: false,
    tokenAccepted: true,
    holdsToken: true,
    mintsToken: false,
    tokenSent: true,
    tokenDoubt: null,
    ...changes,
  })
}

const short = ({ kind, exitCode }: RunVerdict): string => `${kind} ${exitCode}`
const pass = verdict('pass')

describe('a run', () => {
  it.each<[ends: string, because: string, verdicts: Verdict[], ending?: Partial<Ending>]>([
    ['conformant 0', 'all passed', [pass, verdict('pass', 'SHOULD')]],
    ['conformant 0', 'the rest does not apply', [pass, verdict('not-applicable')]],
    ['conformant 0', 'the rest is untested', [pass, verdict('untested')]],
    ['conformant 0', 'a broken SHOULD is a warning', [pass, verdict('violation', 'SHOULD')]],
    ['conformant 0', 'so is a broken SHOULD NOT', [pass, verdict('violation', 'SHOULD NOT')]],
    ['conformant 0', 'a MAY fails never', [verdict('violation', 'MAY')], { strict: true }],
    [
      'unconfirmed 0',
      'no valid token was given',
      [pass],
      { tokenAccepted: false, holdsToken: false },
    ],
    ['unconfirmed 0', 'no valid token was accepted', [pass], { tokenAccepted: false }],
    ['not-conformant 1', 'a MUST is broken', [pass, verdict('violation')]],
    ['not-conformant 1', 'a MUST NOT is broken', [verdict('violation', 'MUST NOT')]],
    [
      'not-conformant 1',
      'a SHOULD is broken, strictly',
      [verdict('violation', 'SHOULD')],
      { strict: true },
    ],
    [
      'not-conformant 1',
      'a SHOULD NOT is broken, strictly',
      [verdict('violation', 'SHOULD NOT')],
      { strict: true },
    ],
    ['inconclusive 4', 'a check is inconclusive', [pass, verdict('inconclusive')]],
    [
      'conformant 0',
      'that was allowed',
      [pass, verdict('inconclusive')],
      { allowInconclusive: true },
    ],
    [
      'inconclusive 4',
      'a check is untested and all were required',
      [pass, verdict('untested')],
      { requireAll: true },
    ],
    [
      'conformant 0',
      'all were required and judged',
      [pass, verdict('not-applicable')],
      { requireAll: true },
    ],
    ['not-graded 4', 'the server is open', [pass], { openServer: true }],
    ['unreachable 3', 'nobody answered', [verdict('inconclusive')], { unreachable: 'U.' }],
    ['inconclusive 70', 'the harness failed', [pass, verdict('error')]],
    ['interrupted 130', 'it was interrupted', [pass], { interrupted: true }],
    ['inconclusive 2', 'nothing was selected', []],
    [
      'inconclusive 2',
      'nothing of the selection applies',
      [verdict('not-applicable'), verdict('untested')],
    ],
    [
      'inconclusive 2',
      'nothing was judged, allowed or not',
      [verdict('inconclusive')],
      { allowInconclusive: true },
    ],
  ])('ends %s where %s', (ends, _, verdicts, ending) => {
    expect(short(end(verdicts, ending))).toBe(ends)
  })

  it('is decided by the most urgent of what applies', () => {
    const all = [
      pass,
      verdict('error'),
      verdict('violation'),
      verdict('inconclusive'),
      verdict('untested'),
    ]
    const everything: Partial<Ending> = {
      interrupted: true,
      unreachable: 'U.',
      openServer: true,
      tokenAccepted: false,
      requireAll: true,
    }
    const without = (outcome: Outcome): void => {
      all.splice(
        all.findIndex((each) => each.outcome === outcome),
        1,
      )
    }
    expect(short(end(all, everything))).toBe('interrupted 130')
    delete everything.interrupted
    expect(short(end(all, everything))).toBe('inconclusive 70')
    without('error')
    expect(short(end(all, everything))).toBe('unreachable 3')
    delete everything.unreachable
    expect(short(end(all, everything))).toBe('not-conformant 1')
    without('violation')
    expect(short(end(all, everything))).toBe('not-graded 4')
    delete everything.openServer
    expect(short(end(all, everything))).toBe('inconclusive 4')
    without('inconclusive')
    expect(end(all, everything).sentence).toContain('untested')
    without('untested')
    expect(short(end(all, everything))).toBe('unconfirmed 0')
  })
})

it('says what was not proven, and what to do', () => {
  const without = end([pass], { tokenAccepted: false, holdsToken: false })
  expect(without.sentence).toContain('no valid token was ever accepted')
  expect(without.advice).toContain('--token-env NAME')
  expect(end([pass], { tokenAccepted: false }).advice).toBe('Check the token that you gave.')
  expect(end([pass])).toEqual({
    kind: 'conformant',
    exitCode: 0,
    sentence:
      'Conformant with MCP 2025-11-25, role resource-server: the one check that applies and could be judged passed or is only advised.',
    advice: null,
    decidedBy: null,
  })
  expect(end([pass, pass, verdict('untested')])).toMatchObject({
    sentence: expect.stringContaining('each of the 2 checks'),
    advice: '1 check is untested; the report says what would unlock them.',
  })
})

it('names the verdict that decided, and counts checks rather than their variants', () => {
  const first = verdict('violation', 'MUST', { id: 'token.a [x]', check: 'token.a' })
  const ending = end([pass, first, verdict('violation', 'MUST', { check: 'token.a' })])
  expect(ending.decidedBy).toBe('token.a [x]')
  expect(ending.sentence).toContain('1 check is violated, first token.a [x].')
  const stuck = verdict('inconclusive')
  expect(end([stuck, verdict('inconclusive')])).toMatchObject({
    decidedBy: stuck.id,
    sentence: expect.stringMatching(/2 checks are inconclusive, first .*: the control failed\.$/),
  })
  const broken = verdict('error')
  expect(end([broken])).toMatchObject({ decidedBy: broken.id })
})

it('says how far an interrupted run came', () => {
  const judged = [pass, verdict('violation'), verdict('untested')]
  expect(end(judged, { interrupted: true }).sentence).toContain('2 checks were judged until then')
})

it('fails only for what was disproven', () => {
  for (const outcome of ['pass', 'inconclusive', 'untested', 'not-applicable', 'error'] as const)
    expect(failsRun({ outcome, level: 'MUST' }, true)).toBe(false)
})

it('says so when the token that was given was taken nowhere', () => {
  const { sentence, advice, exitCode } = end([pass, verdict('inconclusive')], {
    tokenAccepted: false,
  })
  expect(sentence).toContain('the server took the token nowhere, so 1 check is inconclusive')
  expect(advice).toContain('is it expired')
  expect(exitCode).toBe(4)
  const doubt = { tokenAccepted: false, tokenDoubt: 'it expired yesterday' }
  expect(end([verdict('inconclusive')], doubt).advice).toMatch(/^Check the token: it expired yes/)
})

it('looks for the wiring first when the token of the mock issuer was taken nowhere', () => {
  const ending = { tokenAccepted: false, mintsToken: true }
  expect(end([verdict('violation')], ending).advice).toContain('it must trust {{issuer.url}}')
})

it('does not speak of the token where none was sent', () => {
  const ending = { tokenAccepted: false, tokenSent: false, mintsToken: true }
  expect(end([verdict('violation')], ending).advice).toContain('Fix the violations')
  expect(end([verdict('inconclusive')], ending).advice).toContain('Look at their evidence')
})
