import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createHttpClient } from '../client/http.ts'
import { nameInContainers } from '../client/loopback.ts'
import { ContainerSide } from './container-side.ts'

/** Another address of this machine, in the place of a bridge. */
const bridge = '127.0.0.9'

async function mock(): Promise<number> {
  const server = createServer((request, response) => {
    if (request.url === '/dropped') request.socket.resetAndDestroy()
    else response.end(`asked as ${request.headers.host}`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

function side(address: string | null, patience?: number): ContainerSide {
  const opened = new ContainerSide(address, patience)
  onTestFinished(() => opened.close())
  return opened
}

const reachable = (port: number): Promise<boolean> => {
  const socket = connect(port, bridge)
  onTestFinished(() => void socket.destroy())
  return once(socket, 'connect').then(
    () => true,
    () => false,
  )
}

it('a mock that keeps to loopback is reached at the address of the bridge', async () => {
  const port = await mock()
  expect(await reachable(port)).toBe(false)
  const opened = side(bridge)
  opened.reach(port)
  await opened.opened()
  const answer = await fetch(`http://${bridge}:${port}/`)
  expect(await answer.text()).toBe(`asked as ${bridge}:${port}`)
})

it('a connection that the mock drops is dropped outside as well', async () => {
  const port = await mock()
  const opened = side(bridge)
  opened.reach(port)
  await opened.opened()
  const cause = await fetch(`http://${bridge}:${port}/dropped`).catch((error: Error) => error.cause)
  expect(cause).toMatchObject({ code: 'ECONNRESET' })
})

it('a door that is left, or whose side is closed, is shut', async () => {
  const ports = [await mock(), await mock()] as const
  const opened = side(bridge)
  for (const port of ports) opened.reach(port)
  await opened.opened()
  await opened.leave(ports[0])
  expect([await reachable(ports[0]), await reachable(ports[1])]).toEqual([false, true])
  await opened.close()
  expect(await reachable(ports[1])).toBe(false)
})

it('an address that never appears is an error that names the way out', async () => {
  const opened = side('203.0.113.9', 20)
  opened.reach(await mock())
  await expect(opened.opened()).rejects.toThrow(
    /^containers are to find the mocks at 203\.0\.113\.9, .*EADDRNOTAVAIL.*--host-address/,
  )
})

it('an address that is still waited for is given up', async () => {
  const port = await mock()
  const opened = side('203.0.113.9', 600_000)
  opened.reach(port)
  await opened.leave(port)
  await expect(opened.opened()).resolves.toBeUndefined()
})

it('an engine that leads to loopback by itself needs no door', async () => {
  const port = await mock()
  const opened = side(null)
  opened.reach(port)
  await opened.opened()
  expect(await reachable(port)).toBe(false)
})

it('a file has one place in containers, apart from others of its name', () => {
  const opened = side(null)
  const places = ['/a/key.pem', '/b/key.pem', '/a/key.pem'].map((file) => opened.place(file))
  expect(places[0]).toBe('/mcp-auth-conformance/0/key.pem')
  expect(places[1]).toBe('/mcp-auth-conformance/1/key.pem')
  expect(places[2]).toBe(places[0])
  expect(opened.files).toHaveLength(2)
})

it.each(['GET', 'PROPFIND'])(
  'the harness finds the name of containers at loopback: %s',
  async (method) => {
    const http = createHttpClient({ userAgent: 'test' })
    onTestFinished(() => http.close())
    const url = `http://${nameInContainers}:${await mock()}`
    const answer = await http.exchange({ method, url, path: '/', headers: [] })
    expect(answer).toMatchObject({ status: 200, body: `asked as ${new URL(url).host}` })
  },
)
