import { expect, it } from 'vitest'
import { differenceOfResource, isAtOwnUrl } from './resource-identifier.ts'

it.each([
  ['https://h.example/a/mcp', 'https://h.example/a/mcp', 'none'],
  ['https://h.example', 'https://h.example/', 'lone-slash'],
  ['https://h.example/', 'https://h.example', 'lone-slash'],
  ['https://h.example/a/mcp', 'https://h.example', 'origin'],
  ['https://h.example/a/mcp', 'https://h.example/', 'origin'],
  ['https://h.example/a/b/mcp', 'https://h.example/a', 'parent'],
  ['https://h.example/a/b/mcp', 'https://h.example/a/b/', 'parent'],
  ['https://h.example/a/mcp?x=1', 'https://h.example/a', 'parent'],
  ['https://h.example/mcp', 'https://h.example/mcp/', 'trailing-slash'],
  ['https://h.example/mcp/', 'https://h.example/mcp', 'trailing-slash'],
  ['https://h.example/mcp', 'https://h.example/mc', 'other'],
  ['https://h.example/mcp', 'https://h.example/mcp/more', 'other'],
  ['https://h.example/mcp', 'https://h.example?x=1', 'other'],
  ['https://h.example/mcp?x=1', 'https://h.example/mcp', 'other'],
  ['https://h.example/mcp', 'https://h.example#x', 'other'],
  ['https://h.example/mcp', 'https://H.example/mcp', 'other'],
  ['https://h.example/mcp', 'http://h.example/mcp', 'other'],
  ['https://h.example/mcp', 'https://h.example.evil.test', 'other'],
  ['https://h.example/mcp', '/mcp', null],
  ['https://h.example/mcp', null, null],
  ['https://h.example/mcp', ['https://h.example/mcp'], null],
])('published %s, named %j: %s', (published, named, difference) => {
  expect(differenceOfResource(published, named)).toBe(difference)
})

const suffix = '/.well-known/oauth-protected-resource'

it.each([
  [`https://h.example${suffix}/a`, 'https://h.example/a', true],
  [`https://h.example${suffix}`, 'https://h.example/', true],
  [`https://h.example${suffix}/a`, 'https://h.example', false],
  [`http://127.0.0.1:3000${suffix}/a`, 'https://h.example/a', true],
  [`http://127.0.0.1:3000${suffix}`, 'https://h.example.evil.test', false],
  [`http://127.0.0.1:3000${suffix}`, 'https://other.example', false],
  [`https://h.example${suffix}`, 'no url', false],
  [`https://h.example${suffix}`, 7, false],
])('%s is the well-known URL of %j: %s', (url, named, expected) => {
  expect(isAtOwnUrl(url, named, 'http://127.0.0.1:3000', 'https://h.example')).toBe(expected)
})
