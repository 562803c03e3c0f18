import { describe, expect, it, onTestFinished } from 'vitest'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { stateOf, stepRun } from '../../tests/step-run.ts'
import { arrange } from './arrange.ts'

const nowhere = 'http://127.0.0.1:9'

async function issuerOf(): Promise<ServedIssuer> {
  const issuer = await serveIssuer()
  onTestFinished(() => issuer.close())
  return issuer
}

async function keysOf(issuer: ServedIssuer): Promise<number | string> {
  const answer = await globalThis.fetch(issuer.jwksUri)
  return answer.ok ? ((await answer.json()) as { keys: unknown[] }).keys.length : answer.status
}

describe('the power over an issuer', () => {
  it('holds to the end of the probe', async () => {
    const issuer = await issuerOf()
    const state = stateOf(await stepRun(nowhere, { issuer }))
    const before = Number(await keysOf(issuer))
    await arrange({ issuer: { 'publish-key': { name: 'next' } } }, state, 'key')
    expect(await keysOf(issuer)).toBe(before + 1)
    await arrange({ issuer: { fail: { endpoints: ['jwks'], how: 502 } } }, state, 'outage')
    expect(await keysOf(issuer)).toBe(502)
    await state.close()
    expect(await keysOf(issuer)).toBe(before)
  })

  it('ends earlier for one step that is undone by name', async () => {
    const issuer = await issuerOf()
    const state = stateOf(await stepRun(nowhere, { issuer }))
    await arrange({ issuer: { 'publish-key': { name: 'next' } } }, state, 'key')
    const published = await keysOf(issuer)
    await arrange({ issuer: { fail: { endpoints: ['jwks'], how: 502 } } }, state, 'outage')
    expect(state.disturbsIssuer).toBe(true)
    await arrange({ undo: 'outage' }, state, 'healed')
    expect(state.disturbsIssuer).toBe(false)
    expect(await keysOf(issuer)).toBe(published)
  })

  it('reaches the second issuer alone when that is named', async () => {
    const [issuer, secondIssuer] = [await issuerOf(), await issuerOf()]
    const state = stateOf(await stepRun(nowhere, { issuer, secondIssuer }))
    await arrange({ 'second-issuer': { fail: { endpoints: ['jwks'], how: 502 } } }, state, 'outage')
    expect(await keysOf(secondIssuer)).toBe(502)
    expect(await keysOf(issuer)).not.toBe(502)
  })

  it('knows of an outage until it is over', async () => {
    const issuer = await issuerOf()
    const state = stateOf(await stepRun(nowhere, { issuer }))
    expect(state.inOutage).toBe(false)
    await arrange({ issuer: { fail: { endpoints: ['jwks'], how: 502 } } }, state, 'outage')
    expect(state.inOutage).toBe(true)
    await state.close()
    expect(state.inOutage).toBe(false)
  })

  it('is broken where the tester holds none', async () => {
    const state = stateOf(await stepRun(nowhere))
    for (const who of ['issuer', 'second-issuer'])
      await expect(arrange({ [who]: { metadata: {} } }, state, 'a')).rejects.toMatchObject({
        kind: 'broken',
      })
  })
})

it('a listener serves what it is told to until it is undone', async () => {
  const state = stateOf(await stepRun(nowhere))
  const status = async (): Promise<number> =>
    (await globalThis.fetch(`${state.listener?.url}/jwks`)).status
  await arrange({ listener: { serve: 'foreign-jwks' } }, state, 'bait')
  expect(await status()).toBe(200)
  await arrange({ undo: 'bait' }, state, 'gone')
  expect(await status()).toBe(404)
})

it('a restart is one of the harness', async () => {
  let restarts = 0
  const restartTarget = async (): Promise<void> => void (restarts += 1)
  const run = await stepRun(nowhere, {}, { restartTarget })
  await arrange({ target: 'restart' }, stateOf(run), 'cold')
  expect(restarts).toBe(1)
})

it('a target that somebody else runs cannot be restarted', async () => {
  const state = stateOf(await stepRun(nowhere))
  await expect(arrange({ target: 'restart' }, state, 'cold')).rejects.toMatchObject({
    kind: 'broken',
  })
})
