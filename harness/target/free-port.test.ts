import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { freePort } from './free-port.ts'

it('can be listened at, and is none that a system hands out', async () => {
  const port = await freePort()
  expect(port).toBeLessThan(32_768)
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  expect(server.address()).toMatchObject({ port })
  await new Promise((resolve) => server.close(resolve))
})

it('is passed over when somebody listens there', async () => {
  const port = await freePort()
  const server = createServer().listen(port + 1, '127.0.0.1')
  await once(server, 'listening')
  expect(await freePort()).not.toBe(port + 1)
  await new Promise((resolve) => server.close(resolve))
})
