import { expect, it } from 'vitest'
import { byAnotherInterface } from './other-interface.ts'

it.each([
  'https://mcp.example/mcp',
  'https://localhost:3000/mcp',
  'http://192.0.2.1:3000/mcp',
  'http://127.0.0.2/mcp',
])('knows no other address of %s', (url) => {
  expect(byAnotherInterface(url)).toBeNull()
})

it.each([
  ['http://localhost:3000/a/../mcp?x=1', ':3000/a/../mcp?x=1'],
  ['http://127.0.0.1/mcp', '/mcp'],
  ['http://[::1]:8080', ':8080'],
])('keeps port, path and query of %s', (url, rest) => {
  const other = byAnotherInterface(url)
  // a machine without a network has no other address, unless it runs Linux
  expect(other?.replace(/^http:\/\/[\d.]+/, '') ?? rest).toBe(rest)
  expect(other ?? '').not.toMatch(/127\.0\.0\.1|localhost|::1/)
})
