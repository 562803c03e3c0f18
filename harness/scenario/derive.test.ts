import { describe, expect, it } from 'vitest'
import type { Expectation, Probe, Step } from '../model.ts'
import type { JsonValue } from '../protocol/json.ts'
import {
  changesData,
  flatSteps,
  isExclusive,
  isVacuous,
  meansOfSteps,
  readsWholeRun,
} from './derive.ts'

const position = { file: 'x.yaml', line: 1, column: 1 }

/** `{ send: { token: none } }` as the loader gives it. */
function stepsOf(...written: Record<string, JsonValue>[]): Step[] {
  return written.map((step, index) => {
    const [[verb, argument] = ['send', 'base']] = Object.entries(step)
    const read =
      verb === 'together' ? stepsOf(...(argument as Record<string, JsonValue>[])) : argument
    return { name: `s${index}`, verb: verb as Step['verb'], argument: read as JsonValue, position }
  })
}

describe('the means of', () => {
  it.each<[what: string, step: Record<string, JsonValue>, means: string[]]>([
    ['an anonymous request', { send: { token: 'none' } }, []],
    ['BASE', { send: 'base' }, ['token']],
    ['a request with the good token', { send: { call: 'safe' } }, ['token']],
    ['a raw Authorization line', { send: { authorization: 'Bearer x' } }, []],
    ['a raw line around a token', { send: { authorization: 'B {{tokens.good}}' } }, ['token']],
    ['a raw line beside a token', { send: { authorization: 'x', token: 'good' } }, ['token']],
    ['a named recipe of the probe', { send: { token: 'mine' } }, ['issuer']],
    [
      'a recipe in a header',
      { send: { token: 'none', header: { x: '{{tokens.mine}}' } } },
      ['issuer'],
    ],
    ['a recipe in its place', { send: { token: { claims: { aud: 'x' } } } }, ['issuer']],
    ['the second user', { send: { user: 'b' } }, ['second-user', 'token']],
    ['a session', { open: { what: 'session', token: 'none' } }, []],
    ['a fetch', { fetch: { url: '{{target.metadata_url}}' } }, []],
    [
      'a fetch at the second issuer',
      { fetch: { url: '{{second-issuer.url}}' } },
      ['second-issuer'],
    ],
    ['an arrangement of the issuer', { arrange: { issuer: { 'remove-key': {} } } }, ['issuer']],
    [
      'an arrangement of the second',
      { arrange: { 'second-issuer': { metadata: {} } } },
      ['second-issuer'],
    ],
    ['an arrangement of the listener', { arrange: { listener: { serve: 'issuer' } } }, []],
    ['a restart', { arrange: { target: 'restart' } }, ['restart']],
    ['a look into the issuer', { observe: { at: 'issuer' } }, ['issuer']],
    ['a look at the run', { observe: { at: 'run' } }, []],
    [
      'steps at the same time',
      { together: [{ send: { user: 'b' } }, { observe: { at: 'issuer' } }] },
      ['second-user', 'token', 'issuer'],
    ],
  ])('%s', (_, step, means) => {
    expect(meansOfSteps(stepsOf(step), { mine: { claims: { aud: 'x' } } })).toEqual(means)
  })
})

it.each<[exclusive: boolean, step: Record<string, JsonValue>]>([
  [true, { arrange: { target: 'restart' } }],
  [true, { arrange: { issuer: { fail: { endpoints: ['jwks'], how: 'reset' } } } }],
  [true, { arrange: { issuer: { 'remove-key': { name: 'x' } } } }],
  [true, { arrange: { issuer: { metadata: {} } } }],
  [true, { arrange: { issuer: { response: { endpoint: 'jwks', body: '' } } } }],
  [true, { arrange: { 'second-issuer': { 'publish-jwk': {} } } }],
  [true, { together: [{ arrange: { target: 'restart' } }] }],
  [false, { arrange: { issuer: { 'publish-key': { name: 'x' } } } }],
  [false, { arrange: { issuer: { revoke: { token: 'x' } } } }],
  [false, { arrange: { listener: { serve: 'issuer' } } }],
  [false, { arrange: { undo: 'x' } }],
  [false, { send: 'base' }],
])('exclusive is %s for %j', (exclusive, step) => {
  expect(isExclusive(stepsOf(step))).toBe(exclusive)
})

it('finds the call that changes data and the look at the whole run, also inside of together', () => {
  const writes = { send: { call: 'writes' } }
  expect(changesData(stepsOf({ send: { call: 'safe' } }))).toBe(false)
  expect(changesData(stepsOf({ together: [writes] }))).toBe(true)
  expect(readsWholeRun(stepsOf({ observe: { at: 'issuer' } }))).toBe(false)
  expect(readsWholeRun(stepsOf({ together: [{ observe: { at: 'run' } }] }))).toBe(true)
  expect(flatSteps(stepsOf({ together: [writes, writes] }, writes))).toHaveLength(3)
})

describe('a check would pass against a dead server', () => {
  const probe = (steps: Step[], changes: Partial<Probe> = {}): Probe => ({
    key: 'k',
    name: 'n',
    steps,
    tokens: {},
    control: { kind: 'plain' },
    when: [],
    means: [],
    writes: false,
    exclusive: false,
    afterRun: false,
    ...changes,
  })
  const fetched = stepsOf({ fetch: { url: 'x' } })
  const vacuous = (expectation: Expectation, of: Probe = probe(fetched)): boolean =>
    isVacuous(of, [{ s0: expectation }])

  it.each<[expectation: Expectation, answer: boolean]>([
    [[{ status: '4xx' }], true],
    [[{ status: [401, 404] }], true],
    [[{ status: 'none' }], true],
    [[{ challenge: 'none' }], true],
    [[{ mcp: 'none' }], true],
    [[{ leaks: 'nothing' }], true],
    [[{ requests: { count: { max: 0 } } }], true],
    [[{ status: 200 }, { status: '4xx' }], true],
    [[], true],
    [[{ header: { location: { present: false } } }], true],
    [[{ json: { scope: { 'if-present': 'a' } } }], true],
    [[{ status: 200 }], false],
    [[{ status: '2xx' }], false],
    [[{ status: 401 }], false],
    [[{ challenge: { scheme: 'Bearer' } }], false],
    [[{ json: { a: 1 } }], false],
    [[{ requests: { count: { min: 1 } } }], false],
    [[{ requests: { count: 1 } }], false],
    [[{ requests: { count: 0 } }], true],
    [[{ claims: { sub: 'a' } }], false],
    [[{ claims: { act: { present: false } } }], true],
  ])('with %j: %s', (expectation, answer) => {
    expect(vacuous(expectation)).toBe(answer)
  })

  it('not where a plain form controls it, or a reason waives the control', () => {
    const dull: Expectation = [{ status: '4xx' }]
    expect(vacuous(dull, probe(stepsOf({ send: { token: 'none' } })))).toBe(false)
    expect(vacuous(dull, probe(fetched, { control: { kind: 'none', because: 'b' } }))).toBe(false)
  })

  it('not where a step requires something positive before', () => {
    const [first] = fetched
    const steps = first ? [{ ...first, require: [{ status: 200 }] }] : []
    expect(vacuous([{ status: '4xx' }], probe(steps))).toBe(false)
  })

  it('where one of several alternatives is met by silence', () => {
    expect(
      isVacuous(probe(fetched), [{ s0: [{ status: 200 }] }, { s0: [{ status: 'none' }] }]),
    ).toBe(true)
  })
})
