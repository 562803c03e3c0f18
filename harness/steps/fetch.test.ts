import { expect, it } from 'vitest'
import type { JsonObject } from '../protocol/json.ts'
import { NoWaiting, serveSmall, stateOf, stepRun } from '../../tests/step-run.ts'
import { documentOf, fetch } from './fetch.ts'

async function fetched(argument: JsonObject, allowHosts: string[] = []) {
  const { origin, seen } = await serveSmall((_, response) =>
    response.writeHead(302, { location: '/elsewhere' }).end(),
  )
  const run = await stepRun(origin, { allowHosts, given: { a: 'TOKEN', b: null } })
  const url = String(argument['url']).replace('ORIGIN', origin)
  const taken = await fetch({ ...argument, url }, stateOf(run))
  return { seen, trip: run.roundTrips.get(taken.roundTrips[0] ?? 0) }
}

it('a fetch carries no credential and follows no redirect', async () => {
  const { seen, trip } = await fetched({ url: 'ORIGIN/a/../b?c=%7e#part' })
  expect(seen.map(({ method, path }) => [method, path])).toEqual([['GET', '/a/../b?c=%7e']])
  expect(seen[0]?.headers).not.toHaveProperty('authorization')
  expect(seen[0]?.headers.accept).toBe('application/json')
  expect(trip?.response?.status).toBe(302)
})

it.each<[JsonObject, object]>([
  [
    { form: { a: '1 2', b: '&' } },
    { method: 'POST', body: 'a=1+2&b=%26', type: 'application/x-www-form-urlencoded' },
  ],
  [{ json: { a: [1] } }, { method: 'POST', body: '{"a":[1]}', type: 'application/json' }],
  [
    { json: null, method: 'PUT' },
    { method: 'PUT', body: 'null', type: 'application/json' },
  ],
  [
    { method: 'DELETE', header: { Accept: null } },
    { method: 'DELETE', body: '', accept: undefined },
  ],
])('a fetch with %j says so', async (argument, expected) => {
  const { seen } = await fetched({ url: 'ORIGIN/', ...argument })
  const { method, body, headers } = seen[0] ?? { headers: {} }
  const found = { method, body, type: headers['content-type'], accept: headers.accept }
  expect(found).toMatchObject(expected)
})

it.each([
  ['http://127.0.0.1:9/x', 'out-of-reach'],
  ['https://elsewhere.example/', 'out-of-reach'],
  ['file:///etc/passwd', 'assume'],
  ['no url', 'assume'],
])('a fetch of %s is not made: the target may not send us there', async (url, kind) => {
  await expect(fetched({ url })).rejects.toMatchObject({ name: 'CannotTake', kind })
})

it.each<[string, (number | null)[], number]>([
  ['a 429', [429, 429, 429], 3],
  ['a 503', [503, 200], 2],
  ['no answer', [null, null], 2],
  ['a server error', [500, 500], 2],
  ['a 404', [404], 1],
])('%s to a fetch is asked again a little', async (_, statuses, times) => {
  const { origin, seen } = await serveSmall((_request, response) => {
    const status = statuses[seen.length - 1]
    if (typeof status !== 'number') response.destroy()
    else response.writeHead(status).end()
  })
  const run = await stepRun(origin, {}, { clock: new NoWaiting() })
  const { roundTrips, answers } = await fetch({ url: `${origin}/` }, stateOf(run))
  expect(seen).toHaveLength(times)
  expect(roundTrips).toHaveLength(times)
  expect(answers[0]?.roundTrip).toBe(roundTrips.at(-1))
})

it('a document is a JSON object and nothing else', () => {
  const of = (body: string) =>
    documentOf({ response: { body } } as unknown as Parameters<typeof documentOf>[0])
  expect(of('{"a":1}')).toEqual({ a: 1 })
  for (const body of ['[1]', '"text"', '<html>', '', 'null']) expect(of(body)).toBeNull()
})
