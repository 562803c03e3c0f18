import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { RoundTrip } from '../harness/model.ts'
import { curl, curlVariables } from './curl.ts'

function roundTrip(request: Partial<RoundTrip['request']>): RoundTrip {
  return {
    id: 7,
    at: 0,
    elapsed: 1,
    request: { method: 'POST', url: 'https://a.example/mcp', headers: [], body: '', ...request },
    response: null,
    failure: null,
    revision: '2025-11-25',
  }
}

/** What curl would get as arguments: bash parses the text, a function prints them. */
function argumentsOf(text: string, env: Record<string, string> = {}): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${text}`
  const run = spawnSync('bash', ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  expect(run.stderr).toBe('')
  return run.stdout.split('\0').slice(0, -1)
}

test('a token is a variable that expands', () => {
  const text = curl(roundTrip({ headers: [['Authorization', 'Bearer ‹access_token#2›']] }))
  expect(text).toContain('-H "Authorization: Bearer $ACCESS_TOKEN_2"')
  expect(argumentsOf(text, { ACCESS_TOKEN_2: 'a b' })).toContain('Authorization: Bearer a b')
})

test('a token among characters that expand is still the only thing that expands', () => {
  const body = 'token=‹access_token#1›&x=$HOME`id`"\'\\!'
  const text = curl(roundTrip({ body }))
  expect(argumentsOf(text, { ACCESS_TOKEN_1: 'T' }).at(-1)).toBe('token=T&x=$HOME`id`"\'\\!')
})

test.each([
  ['quotes', `it's "so"`],
  ['a command', '$(touch /tmp/owned); `id` | & > x'],
  ['lines', 'a\nb\r\nc'],
  ['control characters', 'a\u0007\u001b[31m\tb'],
  ['a file name after @', '@/etc/passwd'],
  ['other scripts', 'Größe 日本 😀'],
])('a body with %s reaches the server as it was', (_what, body) => {
  const args = argumentsOf(curl(roundTrip({ body })))
  expect(args.slice(-2)).toEqual(['--data-raw', body])
})

test('an override of text direction is written as an escape', () => {
  const text = curl(roundTrip({ body: 'a\u202eb' }))
  expect(text).not.toContain('\u202e')
  expect(text).toContain(String.raw`$'a\u202eb'`)
})

test('NUL goes through base64', () => {
  expect(curl(roundTrip({ body: 'a\0b' }))).toMatch(
    /^printf %s YQBi \| base64 -d \| curl .*--data-binary @-$/s,
  )
})

test('a long body is read from a file', () => {
  expect(curl(roundTrip({ body: 'x'.repeat(20_000) }))).toContain('--data-binary @request-7.body')
})

test('repeated headers stay, and what curl would add is taken away', () => {
  const headers: [string, string][] = [
    ['host', 'a.example'],
    ['content-length', '2'],
    ['X-A', '1'],
    ['x-a', '2'],
    ['X-Empty', ''],
  ]
  const args = argumentsOf(curl(roundTrip({ headers, body: '{}' })))
  expect(args.filter((_value, index) => args[index - 1] === '-H')).toEqual([
    'X-A: 1',
    'x-a: 2',
    'X-Empty;',
    'accept:',
    'user-agent:',
    'content-type:',
  ])
})

test('another Host header is sent', () => {
  expect(curl(roundTrip({ headers: [['Host', 'evil.example']] }))).toContain(
    "-H 'Host: evil.example'",
  )
})

test('the path is sent as it was written', () => {
  const args = argumentsOf(curl(roundTrip({ url: 'https://a.example/x/../mcp?a=[1]&b=%20' })))
  expect(args).toContain('--path-as-is')
  expect(args).toContain('-g')
  expect(args).toContain('https://a.example/x/../mcp?a=[1]&b=%20')
})

test('HEAD does not wait for a body', () => {
  expect(curl(roundTrip({ method: 'HEAD' }))).toContain(' -I https://a.example/mcp')
})

test('the variables are named in order, once each', () => {
  const request = roundTrip({
    url: 'https://a.example/?t=‹code#3›',
    headers: [['authorization', 'Bearer ‹access-token#1›']],
    body: '‹code#3›',
  })
  expect(curlVariables(request)).toEqual(['CODE_3', 'ACCESS_TOKEN_1'])
})
