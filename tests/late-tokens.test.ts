import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { afterAll, expect, it } from 'vitest'
import { runConformance } from '../harness/index.ts'
import type { RunResult } from '../harness/model.ts'
import { decodeJwt } from '../harness/protocol/jwt.ts'
import { freePort } from '../harness/target/free-port.ts'
import { ServerHouse } from '../harness/target/server-house.ts'

const house = new ServerHouse()
afterAll(() => house.close())

/** Seconds for which the token of a request is good; null without one that can be read. */
function lifeOf({ headers }: IncomingMessage): number | null {
  const { iat, exp } = decodeJwt(headers.authorization?.slice(7) ?? '')?.claims ?? {}
  return typeof iat === 'number' && typeof exp === 'number' ? exp - iat : null
}

/** Stands before a server, and so often refuses a token of few seconds as if it had come too late. */
function refusingLate(port: number, times: number): Server {
  let left = times
  const forward = (asked: IncomingMessage, answer: ServerResponse): void => {
    const { method, url: path, headers } = asked
    const inner = request({ port, method, path, headers }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers)
      found.pipe(answer)
    })
    inner.on('error', () => answer.destroy())
    asked.pipe(inner)
  }
  return createServer((asked, answer) => {
    const short = (lifeOf(asked) ?? 60) < 10
    if (!short || left === 0) return forward(asked, answer)
    left -= 1
    answer.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
  })
}

async function judge(times: number): Promise<RunResult> {
  const inner = await freePort()
  const proxies: Server[] = []
  const result = await runConformance({
    server: 'local-rsa',
    revision: '2025-11-25',
    instances: 1,
    only: ['session.token-revalidated-per-request'],
    startProcess: (command, env) => {
      const proxy = refusingLate(inner, times).listen(Number(env['PORT']), '127.0.0.1')
      proxies.push(proxy)
      return house.start(command, { ...env, PORT: String(inner) })
    },
  })
  for (const proxy of proxies) {
    proxy.closeAllConnections()
    proxy.close()
    await once(proxy, 'close')
  }
  return result
}

it('a token that came too late is tried once more', { timeout: 60_000 }, async () => {
  const { verdicts } = await judge(1)
  expect(verdicts.map(({ outcome }) => outcome)).toEqual(['pass'])
})

it('and no further time', { timeout: 60_000 }, async () => {
  const { verdicts } = await judge(2)
  expect(verdicts.map(({ outcome }) => outcome)).toEqual(['inconclusive'])
})
