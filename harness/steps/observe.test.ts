import { describe, expect, it } from 'vitest'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import { NoWaiting, serveSmall, stateOf, stepRun } from '../../tests/step-run.ts'
import { fetchUrl } from './fetch.ts'
import { observe } from './observe.ts'

const get = { method: 'GET', headers: [], timeout: 1000 } as const

describe('the ledger of the run', () => {
  it('tells the target from a neighbour whose port starts with the same digits', async () => {
    const run = await stepRun('http://127.0.0.1:80')
    const answer = { failure: { code: 'refused', message: '' }, elapsed: 0 } as const
    for (const url of ['http://127.0.0.1:8080', 'http://127.0.0.1:80', 'http://127.0.0.1'])
      run.record({ ...get, headers: [], url, path: '/mcp' }, answer)
    const { requests } = await observe({ at: 'run' }, stateOf(run))
    expect(requests?.map(({ endpoint }) => endpoint)).toEqual(['elsewhere', 'target', 'target'])
  })

  it('is narrowed by where: a value, a list, a class of status, and none', async () => {
    const { origin } = await serveSmall(({ path }, response) => {
      if (path === '/gone') return void response.destroy()
      response.writeHead(Number(path.slice(1, 4))).end()
    })
    const run = await stepRun(origin)
    for (const path of ['/200', '/404', '/410', '/gone'])
      await fetchUrl(origin + path, run, { ...get, headers: [] })
    const pathsOf = async (where: Record<string, string | number | (string | number)[]>) =>
      (await observe({ at: 'run', where }, stateOf(run))).requests?.map(({ path }) => path)
    expect(await pathsOf({ status: 200 })).toEqual(['/200'])
    expect(await pathsOf({ status: '4xx' })).toEqual(['/404', '/410'])
    expect(await pathsOf({ status: ['2xx', 410] })).toEqual(['/200', '/410'])
    expect(await pathsOf({ status: 'none' })).toEqual(['/gone'])
    expect(await pathsOf({ status: '4xx', path: '/410' })).toEqual(['/410'])
    await fetchUrl(`${origin}/410?a=/b`, run, { ...get, headers: [] })
    expect(await pathsOf({ path: '/410' })).toEqual(['/410', '/410?a=/b'])
    expect(await pathsOf({ path: '/410?c' })).toEqual(['/410', '/410?a=/b'])
    expect(await pathsOf({ method: 'POST' })).toEqual([])
  })
})

describe('the ledger of an issuer', () => {
  it('leaves out our own requests unless they are asked for, and what came before a step', async () => {
    const issuer = await serveIssuer()
    const { origin } = await serveSmall((_, response) => response.end())
    const run = await stepRun(origin, { issuer })
    const state = stateOf(run)
    const ask = (path: string, agent: string) =>
      globalThis.fetch(issuer.url + path, { headers: { 'user-agent': agent } })
    await ask('/before', 'server')
    state.marks.set('asked', state.mark())
    await ask('/after', 'server')
    await ask('/ours', 'mcp-auth-conformance/1.0')
    const pathsOf = async (argument: object) =>
      (await observe({ at: 'issuer', ...argument }, state)).requests?.map(({ path }) => path)
    expect(await pathsOf({})).toEqual(['/before', '/after'])
    expect(await pathsOf({ since: 'asked' })).toEqual(['/after'])
    expect(await pathsOf({ since: 'asked', own: true })).toEqual(['/after', '/ours'])
    expect(await pathsOf({ where: { status: 404, method: 'GET' } })).toHaveLength(2)
    await issuer.close()
  })

  it('that nobody holds cannot be observed', async () => {
    const run = await stepRun('http://127.0.0.1:9')
    for (const at of ['issuer', 'second-issuer', 'no-such-step'])
      await expect(observe({ at }, stateOf(run))).rejects.toMatchObject({ kind: 'broken' })
  })
})

it('a listener that was never opened has seen nothing', async () => {
  const run = await stepRun('http://127.0.0.1:9')
  expect((await observe({ at: 'listener' }, stateOf(run))).requests).toEqual([])
})

it('settling is a declared wait', async () => {
  const clock = new NoWaiting()
  const run = await stepRun('http://127.0.0.1:9', {}, { clock })
  await observe({ at: 'run' }, stateOf(run))
  expect(clock.counted).toBe(0)
  await observe({ at: 'run', settle: '2s' }, stateOf(run))
  expect(clock.counted).toBe(1)
})
