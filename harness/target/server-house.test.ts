import path from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { bundledServer } from './bundled.ts'
import { startCommand } from './command.ts'
import { freePort } from './free-port.ts'
import { ServerHouse } from './server-house.ts'
import type { StartedTarget } from './target.ts'

let house: ServerHouse

beforeEach(() => {
  house = new ServerHouse()
})

afterEach(() => house.close())

const publicKeyFile = path.resolve('fixtures/keys/local.pub.pem')

/** A reference server that needs no issuer: it reads a key from a file. */
async function start(environment: Record<string, string> = {}): Promise<StartedTarget> {
  const server = await bundledServer('local-rsa', {
    keys: 'file',
    secondIssuer: false,
    environment,
  })
  return startCommand(
    { ...server, start: house.start },
    {
      'issuer.url': 'http://127.0.0.1:1',
      'issuer.client_id': 'client',
      'issuer.public_key_file': publicKeyFile,
    },
  )
}

const statusOf = async ({ url }: StartedTarget): Promise<number> =>
  (await fetch(url, { method: 'POST' })).status

const challengeOf = async ({ url }: StartedTarget): Promise<string | null> =>
  (await fetch(url, { method: 'POST' })).headers.get('www-authenticate')

it('runs instances side by side, each with its own rules, until each is stopped', async () => {
  const [one, other] = await Promise.all([start(), start({ FAULT: 'challenge-bare-scheme' })])
  expect(one.url).not.toBe(other.url)
  expect(await challengeOf(one)).toMatch(/^Bearer .*resource_metadata=/)
  expect(await challengeOf(other)).toBe('Bearer')
  await one.stop()
  await expect(statusOf(one)).rejects.toThrow('fetch failed')
  expect(await challengeOf(other)).toBe('Bearer')
})

it('starts an instance anew at its address', async () => {
  const target = await start()
  await target.restart?.()
  expect(await statusOf(target)).toBe(401)
  expect(target.output()?.match(/listens on/g)).toHaveLength(2)
})

it('says why an instance did not start, and goes on', async () => {
  await expect(start({ FAULT: 'no-such-fault' })).rejects.toThrow(/ended with exit code 1/)
  expect(await statusOf(await start())).toBe(401)
})

it('tells of the end of its process, and starts another one', async () => {
  const server = await bundledServer('local-rsa', {
    keys: 'file',
    secondIssuer: false,
    environment: {},
  })
  const port = String(await freePort())
  const guest = house.start(server.command, {
    PORT: port,
    RESOURCE: `http://127.0.0.1:${port}/mcp`,
    ISSUER: 'http://127.0.0.1:1',
    PUBLIC_KEY_FILE: publicKeyFile,
  })
  const patience = { timeout: 10_000 }
  await vi.waitFor(() => expect(guest.output()).toContain('listens on'), patience)
  for (const pid of house.pids) process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(guest.ended()).toBe('was ended by SIGKILL'), patience)
  expect(await statusOf(await start())).toBe(401)
})
