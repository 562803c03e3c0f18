import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { afterAll, expect, it } from 'vitest'
import { runConformance } from '../harness/index.ts'
import type { JsonObject } from '../harness/protocol/json.ts'
import { decodeJwt } from '../harness/protocol/jwt.ts'
import { freePort } from '../harness/target/free-port.ts'
import { ServerHouse } from '../harness/target/server-house.ts'

const house = new ServerHouse()
afterAll(() => house.close())

function claimsOf({ headers }: IncomingMessage): JsonObject {
  return decodeJwt(headers.authorization?.slice(7) ?? '')?.claims ?? {}
}

/** Seconds for which the token of a request is good; null without one that can be read. */
function lifeOf(asked: IncomingMessage): number | null {
  const { iat, exp } = claimsOf(asked)
  return typeof iat === 'number' && typeof exp === 'number' ? exp - iat : null
}

/** What a door in the way does to a request, or null where it lets it through. */
type Mishap = (asked: IncomingMessage) => ((answer: ServerResponse) => void) | null

/** As if it had come too late. */
const refused: Mishap = (asked) =>
  (lifeOf(asked) ?? 60) < 10
    ? (answer) =>
        answer.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
    : null

/** Told by the token of the probe, which no other one sends. */
const ofProbe = (asked: IncomingMessage): boolean => Array.isArray(claimsOf(asked)['aud'])
const unanswered: Mishap = (asked) => (ofProbe(asked) ? () => {} : null)
const brokenOff: Mishap = (asked) =>
  ofProbe(asked)
    ? (answer) => answer.writeHead(200, { 'content-type': 'text/event-stream' }).end(': soon\n\n')
    : null

/** Stands before a server, and so often meets a request with a mishap. */
function doorWith(mishap: Mishap, port: number, times: number): Server {
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
    const happen = left > 0 ? mishap(asked) : null
    if (!happen) return forward(asked, answer)
    left -= 1
    happen(answer)
  })
}

interface Case {
  mishap: Mishap
  times: number
  only: string
}

async function judge({ mishap, times, only }: Case): Promise<string[]> {
  const inner = await freePort()
  const doors: Server[] = []
  const { verdicts } = await runConformance({
    server: 'local-rsa',
    revision: '2025-11-25',
    instances: 1,
    timeout: 4000,
    only: [only],
    startProcess: (command, env) => {
      const door = doorWith(mishap, inner, times).listen(Number(env['PORT']), '127.0.0.1')
      doors.push(door)
      return house.start(command, { ...env, PORT: String(inner) })
    },
  })
  for (const door of doors) {
    door.closeAllConnections()
    door.close()
    await once(door, 'close')
  }
  return verdicts.map(({ outcome }) => outcome)
}

const timed = 'session.token-revalidated-per-request'
const accepted = 'token.audience-array-accepted/one-element'

it.each([
  { what: 'a token that came too late', mishap: refused, only: timed, lasting: 'inconclusive' },
  { what: 'a call without an answer', mishap: unanswered, only: accepted, lasting: 'violation' },
  { what: 'a broken stream', mishap: brokenOff, only: accepted, lasting: 'violation' },
])('$what is tried once more', { timeout: 60_000 }, async ({ lasting, ...mishap }) => {
  expect(new Set(await judge({ ...mishap, times: 1 }))).toEqual(new Set(['pass']))
  expect(await judge({ ...mishap, times: 1000 })).toContain(lasting)
})
