import { describe, expect, it, onTestFinished } from 'vitest'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { Facts, StepEvidence } from '../model.ts'
import { decodeJwt } from '../protocol/jwt.ts'
import type { JsonObject } from '../protocol/json.ts'
import { stateOf, stepRun } from '../../tests/step-run.ts'
import type { ProbeState } from './probe-state.ts'

const nowhere = 'http://127.0.0.1:9'
const declared: Facts = { target: { scopes: { required: ['read', 'list'] } } }

async function stateWithIssuer(tokens: JsonObject = {}): Promise<ProbeState> {
  const issuer = await serveIssuer()
  onTestFinished(() => issuer.close())
  return stateOf(await stepRun(nowhere, { issuer, declared }), tokens)
}

describe('templates', () => {
  it('take the typed value where they are the whole text, and text where they are a part', async () => {
    const state = stateOf(await stepRun(nowhere, { declared }))
    expect(
      await state.filled({ a: '{{target.scopes.required}}', b: 'at {{target.url}}!' }),
    ).toEqual({ a: ['read', 'list'], b: `at ${nowhere}/mcp!` })
  })

  it('open the listener that they name', async () => {
    const state = stateOf(await stepRun(nowhere))
    expect(await state.filled('{{listener.url}}/x')).toBe(`${state.listener?.url}/x`)
    expect(state.listener?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  it.each([
    ['{{target.nothing}}', 'broken'],
    ['{{tokens.nothing}}', 'broken'],
    ['{{target.url | upper-host}}', 'assume'],
  ])('%s cannot be taken: %s', async (template, kind) => {
    const state = stateOf(await stepRun(nowhere))
    await expect(state.filled(template)).rejects.toMatchObject({ name: 'CannotTake', kind })
  })
})

describe('the token of a step', () => {
  it('is good unless it says otherwise', async () => {
    const state = await stateWithIssuer()
    const good = await state.tokenOf({})
    expect(await state.tokenOf({ token: 'good' })).toEqual(good)
    expect(await state.tokenOf({ token: 'none' })).toBeNull()
    expect(await state.tokenOf({ authorization: 'Bearer x' })).toBeNull()
    expect(await state.tokenOf({ authorization: 'Bearer x', token: 'good' })).toEqual(good)
    const subjectOf = (text = '') => (decodeJwt(text) as { claims: JsonObject }).claims['sub']
    const other = await state.tokenOf({ user: 'b' })
    expect(subjectOf(other?.text)).not.toBe(subjectOf(good?.text))
  })

  it('of a recipe of the probe is one text at each use, known to the evidence by its marker', async () => {
    const recipe = { claims: { jti: '{{fresh.id}}' } }
    const state = await stateWithIssuer({ own: recipe })
    const first = await state.tokenOf({ token: 'own' })
    expect((await state.tokenOf({ token: 'own' }))?.text).toBe(first?.text)
    expect(await state.filled('{{tokens.own}}')).toBe(first?.text)
    expect(state.evidence.tokens).toEqual({ own: expect.stringMatching(/^‹access_token#\d+›$/) })
    const inline = [await state.tokenOf({ token: recipe }), await state.tokenOf({ token: recipe })]
    expect(new Set(inline.map((token) => token?.text)).size).toBe(2)
  })

  it('that the tester has no means for is a matter of means, not of the server', async () => {
    const state = stateOf(await stepRun(nowhere))
    await expect(state.tokenOf({})).rejects.toMatchObject({ kind: 'unheld' })
    const given = stateOf(await stepRun(nowhere, { given: { a: 'opaque', b: null } }))
    expect((await given.tokenOf({}))?.text).toBe('opaque')
    await expect(given.tokenOf({ user: 'b' })).rejects.toMatchObject({ kind: 'unheld' })
    const changed = given.tokenOf({ token: { 'after-signing': { signature: 'flip-bit' } } })
    await expect(changed).rejects.toMatchObject({ kind: 'assume' })
  })
})

const step = (name: string, elapsed: number): StepEvidence => ({
  name,
  verb: 'send',
  answers: [],
  roundTrips: [],
  elapsed,
})

it('a step that is polled stands once in the evidence, as it was last', async () => {
  const state = stateOf(await stepRun(nowhere))
  for (const kept of [step('a', 1), step('b', 1), step('a', 2)]) state.keep(kept)
  expect(state.evidence.steps).toEqual([step('a', 2), step('b', 1)])
  expect(await state.filled('{{a.elapsed}}')).toBe(2)
})

it('a name that opened no session is broken', async () => {
  const state = stateOf(await stepRun(nowhere))
  state.sessions.set('stateless', null)
  expect(state.sessionOf('stateless')).toBeNull()
  expect(() => state.sessionOf('other')).toThrow(expect.objectContaining({ kind: 'broken' }))
})

it('closing undoes what was arranged, last first, and ends the listener', async () => {
  const state = stateOf(await stepRun(nowhere))
  const undone: string[] = []
  for (const name of ['first', 'second', 'third'])
    state.undo.push({ step: name, undo: async () => void undone.push(name) })
  await state.undoStep('second')
  const { url } = await state.ensureListener()
  await state.close()
  expect(undone).toEqual(['second', 'third', 'first'])
  await expect(globalThis.fetch(url)).rejects.toThrow('fetch failed')
})
