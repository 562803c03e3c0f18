import { describe, expect, it } from 'vitest'
import { identityOf, unfulfilled, unfulfilledSteps } from './expect.ts'
import { stepView } from './matchers/view.ts'
import type { StepView } from './matchers/view.ts'
import type { Expectation, RoundTrip } from './model.ts'
import type { JsonObject } from './protocol/json.ts'
import type { Scope } from './scope.ts'

/** A step whose answers had these statuses and this JSON. */
function viewOf(name: string, statuses: number[], json: JsonObject = {}): StepView {
  const body = JSON.stringify(json)
  const trips = statuses.map((status, index): [number, RoundTrip] => [
    index + 1,
    {
      id: index + 1,
      at: 0,
      elapsed: 1,
      request: { method: 'POST', url: 'http://127.0.0.1/mcp', headers: [], body: '' },
      response: {
        status,
        headers: [['content-type', 'application/json']],
        body,
        bytes: body.length,
      },
      failure: null,
      revision: '2025-11-25',
    },
  ])
  const roundTrips = trips.map(([id]) => id)
  const answers = roundTrips.map((roundTrip) => ({ roundTrip }))
  return stepView({ name, verb: 'send', answers, roundTrips, elapsed: 0 }, new Map(trips))
}

const scopeOf = (facts: JsonObject = {}, ...views: StepView[]): Scope => ({
  facts,
  steps: new Map(views.map((view) => [view.name, view])),
  tokens: {},
  now: 1000,
})

describe('an expectation', () => {
  const view = viewOf('answer', [403], { error: 'x' })
  const of = (expectation: Expectation, facts: JsonObject = {}): ReturnType<typeof unfulfilled> =>
    unfulfilled(expectation, view, scopeOf(facts))

  it('holds when any one of its maps holds as a whole', () => {
    expect(of([{ status: 403 }])).toBeNull()
    expect(of([{ status: 401 }, { status: 403, json: { error: 'x' } }])).toBeNull()
  })

  it('says what each alternative asks for, and what was there', () => {
    expect(of([{ status: 401 }, { status: 400 }, { status: 401 }])).toEqual({
      step: 'answer',
      expected: 'status 401, or status 400',
      actual: expect.stringContaining('403'),
      roundTrip: 1,
    })
  })

  it('is not met in half', () => {
    expect(of([{ status: 403, json: { error: 'y' } }])).toMatchObject({
      expected: expect.stringContaining('"y"'),
      actual: expect.stringContaining('"x"'),
    })
  })

  it('without alternatives is never met', () => {
    expect(of([])).toMatchObject({ expected: '', actual: 'nothing' })
  })

  it('may name facts, and is unmet where one has no value or a filter changes nothing', () => {
    const templated: Expectation = [{ json: { error: '{{target.word}}' } }]
    expect(of(templated, { target: { word: 'x' } })).toBeNull()
    expect(of(templated, { target: { word: 'y' } })).not.toBeNull()
    expect(of(templated)).toMatchObject({ actual: '{{target.word}} has no value' })
    expect(of([...templated, { status: 403 }])).toBeNull()
    const filtered: Expectation = [{ json: { error: '{{target.word | upper-host}}' } }]
    expect(of(filtered, { target: { word: 'x' } })).toMatchObject({
      actual: 'upper-host changes nothing in x',
    })
  })

  it('of a step that was not taken is unmet', () => {
    expect(unfulfilled([{ status: 401 }], undefined, scopeOf())).toEqual({
      step: 'step',
      expected: 'the step was taken',
      actual: 'it was not',
      roundTrip: null,
    })
  })

  it('of a repeated step points to the answer in which it failed', () => {
    const repeated = viewOf('answer', [401, 401, 200])
    expect(unfulfilled([{ status: 401 }], repeated, scopeOf())).toMatchObject({ roundTrip: 3 })
    expect(unfulfilled([{ status: [200, 401] }], repeated, scopeOf())).toBeNull()
  })
})

describe('a map of steps', () => {
  const scope = scopeOf({}, viewOf('first', [200], { id: 5 }), viewOf('second', [200], { id: 6 }))

  it('holds when each step holds', () => {
    expect(
      unfulfilledSteps({ first: [{ status: 200 }], second: [{ status: 200 }] }, scope),
    ).toBeNull()
    expect(unfulfilledSteps({}, scope)).toBeNull()
  })

  it('names the first step that does not', () => {
    const map = { first: [{ status: 200 }], second: [{ status: 401 }], third: [{ status: 200 }] }
    expect(unfulfilledSteps(map, scope)).toMatchObject({ step: 'second' })
    expect(unfulfilledSteps({ third: [{ status: 200 }] }, scope)).toMatchObject({
      step: 'third',
      actual: 'it was not',
    })
  })

  it('may compare steps with each other', () => {
    expect(
      unfulfilledSteps({ second: [{ json: { id: '{{first.json.id}}' } }] }, scope),
    ).not.toBeNull()
    const differs = { json: { id: { 'differs-from': '{{first.json.id}}' } } }
    expect(unfulfilledSteps({ second: [differs] }, scope)).toBeNull()
  })
})

it('reads from the facts how an answer names its caller', () => {
  const identity = { path: 'text', a: 'alice', b: 'bob' }
  expect(identityOf({ tool: { 'reveals-caller': { name: 'who', identity } } })).toEqual(identity)
  expect(identityOf({ tool: { 'reveals-caller': { name: 'who' } } })).toBeNull()
  expect(identityOf({ tool: { 'reveals-caller': 'none' } })).toBeNull()
  expect(identityOf({})).toBeNull()
})
