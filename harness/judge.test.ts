import { expect, it } from 'vitest'
import { judge } from './judge.ts'
import type { JudgeContext } from './judge.ts'
import type { Allowance, Check, Evidence, RoundTrip, Unmet, Verdict } from './model.ts'

const accepted = '{"jsonrpc":"2.0","id":1,"result":{}}'

function roundTrip(id: number, status: number, body = ''): RoundTrip {
  return {
    id,
    at: 0,
    elapsed: 1,
    request: { method: 'POST', url: 'http://127.0.0.1/mcp', headers: [], body: '' },
    response: { status, headers: [['content-type', 'application/json']], body, bytes: body.length },
    failure: null,
    revision: '2025-11-25',
  }
}

function evidenceOf(changes: Partial<Evidence> = {}): Evidence {
  return {
    probe: 'p',
    steps: [
      { name: 'answer', verb: 'send', answers: [{ roundTrip: 1 }], roundTrips: [1], elapsed: 0 },
    ],
    tokens: {},
    unmet: null,
    control: { what: 'a good call', accepted: true, ran: true, reason: null, roundTrips: [2] },
    ...changes,
  }
}

function checkOf(changes: Partial<Check> = {}): Check {
  return {
    id: 'token.expired',
    verdictId: 'token.expired',
    requirement: 'token.expired',
    variant: null,
    title: 't',
    hint: 'h',
    probe: 'p',
    expect: [{ answer: [{ status: 401, mcp: 'none' }] }],
    allow: [],
    diagnose: [],
    record: {},
    when: [],
    revisions: ['2025-11-25'],
    faults: [],
    noFault: null,
    position: { file: 'x.yaml', line: 1, column: 1 },
    ...changes,
  }
}

function contextOf(answer: RoundTrip, changes: Partial<JudgeContext> = {}): JudgeContext {
  return {
    revision: '2025-11-25',
    facts: {},
    roundTrips: new Map([[1, answer]]),
    level: 'MUST',
    sawProtection: true,
    tokenDoubted: false,
    now: 0,
    ...changes,
  }
}

it('passes what evidence proves', () => {
  expect(judge(checkOf(), evidenceOf(), contextOf(roundTrip(1, 401)))).toMatchObject({
    outcome: 'pass',
    remarks: [],
  })
})

it('calls a violation what evidence disproves, with expected, actual and round trip', () => {
  const verdict = judge(checkOf(), evidenceOf(), contextOf(roundTrip(1, 200, accepted)))
  expect(verdict).toMatchObject({ outcome: 'violation', step: 'answer', roundTrip: 1 })
  expect(verdict.expected).toContain('401')
  expect(verdict.actual).toContain('200')
})

it('accuses nobody over a token that the tester gave and the server took nowhere', () => {
  const given = { marker: '‹access_token#1›', header: null, claims: null, given: true as const }
  const refused = { ...roundTrip(1, 401), token: given }
  const accepting = checkOf({ expect: [{ answer: [{ status: 200 }] }] })
  const judgeWith = (trip: RoundTrip, tokenDoubted: boolean): unknown =>
    judge(accepting, evidenceOf(), contextOf(trip, { tokenDoubted })).outcome
  expect(judgeWith(refused, true)).toBe('inconclusive')
  expect(judgeWith(refused, false)).toBe('violation')
  const { given: _, ...altered } = given
  expect(judgeWith({ ...refused, token: altered }, true)).toBe('violation')
  expect(judgeWith(roundTrip(1, 401), true)).toBe('violation')
})

it('fills in what a diagnosis says, and says what was expected where it cannot', () => {
  const said = (say: string): string =>
    judge(
      checkOf({
        expect: [{ answer: [{ status: 200 }] }],
        diagnose: [{ is: { answer: [{ status: 401 }] }, say }],
      }),
      evidenceOf(),
      contextOf(roundTrip(1, 401), { facts: { target: { url: 'https://h.example/mcp' } } }),
    ).reason
  expect(said('{{target.url}} said {{answer.status}}')).toBe('https://h.example/mcp said 401')
  expect(said('{{target.nothing}}')).toMatch(/^expected .*; got /)
})

it('accuses nobody over a scope that was not declared, as long as no good token was accepted', () => {
  const token = { marker: '‹access_token#1›', header: {}, claims: {} }
  const challenge: [string, string] = [
    'WWW-Authenticate',
    'Bearer error="insufficient_scope", scope="mcp:read"',
  ]
  const answered = roundTrip(1, 403)
  const refused: RoundTrip = {
    ...answered,
    token,
    response: answered.response && { ...answered.response, headers: [challenge] },
  }
  const accepting = checkOf({ expect: [{ answer: [{ status: 200 }] }] })
  const judgeWith = (trips: RoundTrip[], facts: JudgeContext['facts'] = {}): Verdict =>
    judge(accepting, evidenceOf(), {
      ...contextOf(refused, { facts }),
      roundTrips: new Map(trips.map((trip) => [trip.id, trip])),
    })
  expect(judgeWith([refused])).toMatchObject({
    outcome: 'inconclusive',
    reason: expect.stringContaining('--scope "mcp:read"') as string,
  })
  const declared = { target: { scopes: { required: ['mcp:read'] } } }
  expect(judgeWith([refused], declared).outcome).toBe('violation')
  const taken = { ...roundTrip(2, 200, accepted), token }
  expect(judgeWith([refused, taken]).outcome).toBe('violation')
})

const tolerated: Allowance = {
  is: { answer: [{ status: 400 }] },
  because: 'a bad request',
  faults: ['f'],
}

it('passes with a remark what an allowance tolerates', () => {
  const verdict = judge(checkOf({ allow: [tolerated] }), evidenceOf(), contextOf(roundTrip(1, 400)))
  expect(verdict).toMatchObject({
    outcome: 'pass',
    remarks: [{ text: 'a bad request', faults: ['f'] }],
  })
})

it('tolerates nothing outside the revisions of an allowance', () => {
  const allow: Allowance[] = [{ ...tolerated, revisions: ['2026-07-28'] }]
  expect(judge(checkOf({ allow }), evidenceOf(), contextOf(roundTrip(1, 400))).outcome).toBe(
    'violation',
  )
})

it('still expects what it expects of steps that an allowance does not name', () => {
  const steps: Evidence['steps'] = ['answer', 'other'].map((name, index) => ({
    name,
    verb: 'send',
    answers: [{ roundTrip: index + 1 }],
    roundTrips: [index + 1],
    elapsed: 0,
  }))
  const check = checkOf({
    expect: [{ answer: [{ status: 401 }], other: [{ status: 401 }] }],
    allow: [tolerated],
  })
  const context = contextOf(roundTrip(1, 400), {
    roundTrips: new Map([
      [1, roundTrip(1, 400)],
      [2, roundTrip(2, 500)],
    ]),
  })
  expect(judge(check, evidenceOf({ steps }), context).outcome).toBe('violation')
})

const unmet = (kind: Unmet['kind']): Unmet => ({ step: 'answer', kind, reason: 'because' })

it.each([
  ['require', 'inconclusive'],
  ['assume', 'not-applicable'],
  ['void', 'inconclusive'],
  ['broken', 'inconclusive'],
  ['cut-short', 'untested'],
  ['unheld', 'untested'],
  ['error', 'error'],
] as const)('an unmet %s is %s, whatever the answer was', (kind, outcome) => {
  const verdict = judge(
    checkOf(),
    evidenceOf({ unmet: unmet(kind) }),
    contextOf(roundTrip(1, 200, accepted)),
  )
  expect(verdict).toMatchObject({ outcome, reason: 'because' })
})

it('is inconclusive when the control was not accepted, for a pass and for a violation', () => {
  const control = {
    what: 'c',
    accepted: false,
    ran: true,
    reason: 'the control failed',
    roundTrips: [],
  }
  for (const answer of [roundTrip(1, 401), roundTrip(1, 200, accepted)]) {
    expect(judge(checkOf(), evidenceOf({ control }), contextOf(answer))).toMatchObject({
      outcome: 'inconclusive',
      reason: 'the control failed',
    })
  }
})

const uncontrolled = { what: 'c', accepted: false, ran: false, reason: null, roundTrips: [] }

it('remarks that a pass without any token is not confirmed', () => {
  const verdict = judge(
    checkOf(),
    evidenceOf({ control: uncontrolled }),
    contextOf(roundTrip(1, 401)),
  )
  expect(verdict).toMatchObject({
    outcome: 'pass',
    remarks: [{ text: 'not confirmed with a valid token' }],
  })
})

it('passes nothing unconfirmed where no challenge and no metadata was ever seen', () => {
  const context = contextOf(roundTrip(1, 401), { sawProtection: false })
  expect(judge(checkOf(), evidenceOf({ control: uncontrolled }), context).outcome).toBe(
    'inconclusive',
  )
})

it('judges evidence that was saved and read again alike', () => {
  const evidence = evidenceOf()
  const saved = JSON.parse(JSON.stringify(evidence)) as Evidence
  for (const answer of [roundTrip(1, 401), roundTrip(1, 200, accepted)]) {
    expect(judge(checkOf(), saved, contextOf(answer))).toEqual(
      judge(checkOf(), evidence, contextOf(answer)),
    )
  }
})
