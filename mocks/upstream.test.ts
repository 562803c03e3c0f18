import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fetch } from 'undici'
import { expect, it, onTestFinished } from 'vitest'
import { serveUpstream, type Upstream } from './upstream.ts'

async function upstream(forwardTo?: string): Promise<Upstream> {
  const served = await serveUpstream(forwardTo === undefined ? {} : { forwardTo })
  onTestFinished(() => served.close())
  return served
}

async function realOne(status: number): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      response.writeHead(status, { 'x-real': 'yes', location: '/elsewhere' })
      response.end(status === 204 ? undefined : `${request.method} ${request.url} ${body}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it('answers by itself and writes down what arrived, whole', async () => {
  const { url, requests } = await upstream()
  const answer = await fetch(`${url}/api/todos?all=1`, {
    method: 'POST',
    headers: { authorization: 'Bearer secret-of-the-server' },
    body: 'text',
  })
  expect([answer.status, await answer.json()]).toEqual([200, {}])
  expect(requests()).toMatchObject([
    {
      endpoint: '/api/todos',
      method: 'POST',
      path: '/api/todos',
      query: { all: '1' },
      header: { authorization: 'Bearer secret-of-the-server' },
      body: 'text',
      status: 200,
    },
  ])
  expect(requests(1)).toEqual([])
})

it.each([200, 204, 302, 404])('hands on to the real one and its %i back', async (status) => {
  const { url, requests } = await upstream(await realOne(status))
  const sent = { method: 'PUT', body: 'more', redirect: 'manual' as const }
  const answer = await fetch(`${url}/api/x?y=1`, sent)
  expect(answer.status).toBe(status)
  expect(answer.headers.get('x-real')).toBe('yes')
  expect(await answer.text()).toBe(status === 204 ? '' : 'PUT /api/x?y=1 more')
  expect(requests().map((each) => each.status)).toEqual([status])
})

it('is a bad gateway where the real one does not answer', async () => {
  const { url } = await upstream('http://127.0.0.1:1')
  expect((await fetch(url)).status).toBe(502)
})

it('answers as arranged until that is undone', async () => {
  const { url, arrange } = await upstream()
  const { undo } = await arrange({ answer: { status: 403, body: '{"error":"no"}' } })
  const refused = await fetch(url)
  expect([refused.status, await refused.text()]).toEqual([403, '{"error":"no"}'])
  await undo()
  expect((await fetch(url)).status).toBe(200)
  await expect(arrange({ answer: { status: 42 } })).rejects.toThrow('a status from 200 to 599')
})
