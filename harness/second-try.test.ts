import { expect, it } from 'vitest'
import { probeOf } from '../tests/step-run.ts'
import type { Evidence, RoundTrip, Step, Verdict } from './model.ts'
import { forSecondTry } from './second-try.ts'
import type { FirstTry } from './second-try.ts'

const trip = (changes: Partial<RoundTrip> = {}): RoundTrip => ({
  id: 1,
  at: 0,
  elapsed: 0,
  request: { method: 'POST', url: 'http://127.0.0.1/mcp', headers: [], body: '{"id":1}' },
  response: null,
  failure: { code: 'timeout', message: 'no answer within 10000 ms' },
  revision: '2025-11-25',
  ...changes,
})
const response = (type: string, body: string): NonNullable<RoundTrip['response']> => ({
  status: 200,
  headers: [['Content-Type', type]],
  body,
  bytes: body.length,
})
const answered = trip({
  response: response('application/json', '{"jsonrpc":"2.0","id":1,"result":{}}'),
  failure: null,
})
const brokenOff = trip({ response: response('text/event-stream', ': soon\n\n'), failure: null })

/** A probe of one step, whose answer is round trip 1, and whose check came out so. */
function tried(
  verdict: Partial<Verdict>,
  { step = {}, unmet = null }: { step?: Partial<Step>; unmet?: Evidence['unmet'] } = {},
): FirstTry {
  const steps = [{ name: 'answer', verb: 'send', argument: {}, ...step } as Step]
  const evidence: Evidence = {
    probe: 'p',
    steps: [{ name: 'answer', verb: 'send', answers: [], roundTrips: [1], elapsed: 0 }],
    tokens: {},
    unmet,
    control: null,
  }
  return { probe: probeOf({ steps }), evidence, verdicts: [verdict as Verdict] }
}

const count = (tries: FirstTry[], of: RoundTrip = trip()): number =>
  forSecondTry(tries, new Map([[1, of]])).length
const accused = { outcome: 'violation', roundTrip: 1 } as const

it.each<[string, FirstTry, RoundTrip?]>([
  ['a violation by silence', tried(accused)],
  ['a violation by a stream that broke off', tried(accused), brokenOff],
  [
    'a violation by a dropped connection',
    tried(accused),
    trip({ failure: { code: 'reset', message: '' } }),
  ],
  ['silence that left it open', tried({ outcome: 'inconclusive', roundTrip: null })],
])('%s is tried again', (_, first, of) => {
  expect(count([first], of)).toBe(1)
})

it.each<[string, FirstTry, RoundTrip?]>([
  ['an answered violation', tried(accused), answered],
  ['a violation by another answer than the silent one', tried({ ...accused, roundTrip: 2 })],
  ['a pass', tried({ outcome: 'pass', roundTrip: 1 })],
  ['a step with a patience of its own', tried(accused, { step: { timeout: 5000 } })],
  ['a closed port', tried(accused), trip({ failure: { code: 'refused', message: '' } })],
])('%s is not', (_, first, of) => {
  expect(count([first], of)).toBe(0)
})

it('takes silence without end for what it is', () => {
  const silent = Array.from({ length: 33 }, () => tried(accused))
  expect(count(silent.slice(1))).toBe(32)
  expect(count(silent)).toBe(0)
})

it('gives up on probes against the clock beyond three', () => {
  const poll = { until: {}, within: '1s' } as unknown as NonNullable<Step['poll']>
  const unmet = { step: 'answer', kind: 'require', reason: '' } as const
  const late = Array.from({ length: 4 }, () =>
    tried({ outcome: 'pass' }, { step: { poll }, unmet }),
  )
  expect(count(late.slice(1))).toBe(3)
  expect(count(late)).toBe(0)
})
