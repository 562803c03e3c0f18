import { describe, expect, it } from 'vitest'
import { unmetBy } from './index.ts'
import { stepOf } from './tested-step.ts'
import type { TestedAnswer } from './tested-step.ts'

function leakIn(
  answer: TestedAnswer,
  tolerated: 'nothing' | 'internals' | 'nor-addresses' = 'nothing',
): string | null {
  const view = stepOf([{ status: 401, ...answer }])
  return (
    unmetBy({ leaks: tolerated }, view, { identity: null, ownHosts: new Set() })?.actual ?? null
  )
}

const challenge = (line: string): TestedAnswer => ({ headers: [['WWW-Authenticate', line]] })
const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln'

describe('a secret', () => {
  it.each<[string, TestedAnswer, string]>([
    [
      'of the run in the body',
      { body: { token: '‹access_token#2›' } },
      '‹access_token#2› in the body',
    ],
    [
      'of the run in the challenge',
      challenge('Bearer error_description="‹access_token#1›"'),
      '‹access_token#1› in WWW-Authenticate',
    ],
    [
      'beside a session id',
      { body: '‹session_id#1› ‹client_secret#1›' },
      '‹client_secret#1› in the body',
    ],
    ['that is a JWT nobody knows', { body: `bad token ${jwt}` }, 'a JWT in the body'],
    [
      'that is a private key',
      { body: '-----BEGIN RSA PRIVATE KEY-----\nMII' },
      'a private key in the body',
    ],
    [
      'that is a private JWK',
      { body: { kty: 'RSA', n: 'x', d: 'y' } },
      'a private JWK in the body',
    ],
    [
      'that is a private JWK the other way round',
      { body: '{"d":"y","kty":"EC"}' },
      'a private JWK in the body',
    ],
    [
      'that is the result itself',
      { body: { jsonrpc: '2.0', id: 1, result: { tools: [] } } },
      'an MCP result in its body',
    ],
  ])('%s is found, tolerant or not', (_, answer, what) => {
    expect(leakIn(answer, 'internals')).toBe(`401 with ${what}`)
    expect(leakIn(answer, 'nothing')).toBe(`401 with ${what}`)
  })
})

describe('an internal', () => {
  it.each<[string, TestedAnswer, string]>([
    [
      'stack of Node',
      { body: 'Error: x\n    at verify (/srv/app/auth.js:10:5)\n    at next' },
      'a stack frame in the body',
    ],
    [
      'stack inside JSON',
      { body: { stack: 'Error: x\n    at file:///srv/auth.ts:1:2' } },
      'a stack frame in the body',
    ],
    [
      'stack of Python',
      { body: 'Traceback (most recent call last):\n  File "a.py", line 3' },
      'a stack frame in the body',
    ],
    [
      'stack of Java',
      { body: 'at com.example.Auth.verify(Auth.java:12)' },
      'a stack frame in the body',
    ],
    [
      'stack of .NET',
      { body: 'at App.Auth() in C:\\src\\Auth.cs:line 12' },
      'a stack frame in the body',
    ],
    ['panic of Go', { body: 'goroutine 7 [running]:' }, 'a stack frame in the body'],
    [
      'file path',
      { body: 'ENOENT: no such file, open "/etc/keys/public.pem"' },
      'a file path in the body',
    ],
    ['path of a package', { body: 'in node_modules/jose/dist' }, 'a file path in the body'],
    ['path of Windows', { body: 'open C:\\keys\\public' }, 'a file path in the body'],
    [
      'version in a header',
      { headers: [['Server', 'nginx/1.18.0']] },
      'a software version in Server',
    ],
    [
      'version in the body',
      { body: '<hr><center>nginx/1.18.0</center>' },
      'a software version in the body',
    ],
    [
      'decoded token',
      { body: { error: 'x', token: { sub: 'alice', iss: 'https://i.example' } } },
      'decoded claims in the body',
    ],
    [
      'decoded token in a text',
      { body: { error: '{"email":"a@b.example","exp":1}' } },
      'decoded claims in the body',
    ],
  ])('%s is found unless internals are tolerated', (_, answer, what) => {
    expect(leakIn(answer)).toBe(`401 with ${what}`)
    expect(leakIn(answer, 'internals')).toBeNull()
  })
})

describe('no leak', () => {
  it.each<[string, TestedAnswer]>([
    ['an empty answer', {}],
    ['no answer', { status: null }],
    [
      'a session id',
      { headers: [['Mcp-Session-Id', '‹session_id#1›']], body: 'Unknown session ‹session_id#1›' },
    ],
    ['a cookie that is set', { headers: [['Set-Cookie', 'sid=‹cookie#1›']] }],
    [
      'a named check',
      challenge(
        'Bearer error="invalid_token", error_description="iss must be https://i.example, got https://x.example; aud, exp"',
      ),
    ],
    [
      'claims that explain the refusal',
      { body: { error: 'invalid_token', aud: 'a', iss: 'b', exp: 5 } },
    ],
    [
      'URLs with paths',
      {
        body: {
          error_uri: 'https://h.example/app/errors.json',
          resource: 'https://h.example/srv/mcp',
        },
      },
    ],
    ['the path of the request', { body: 'Cannot POST /app/mcp' }],
    [
      'protocol versions',
      {
        headers: [
          ['Server', 'uvicorn'],
          ['Via', '1.1 proxy'],
          ['MCP-Protocol-Version', '2025-11-25'],
        ],
        body: 'HTTP/1.1 401; OAuth 2.1',
      },
    ],
    [
      'a JSON-RPC error',
      { body: { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Unauthorized' } } },
    ],
    ['a public JWK', { body: { kty: 'RSA', n: 'x', e: 'AQAB', kid: 'd' } }],
  ])('is %s', (_, answer) => {
    expect(leakIn(answer)).toBeNull()
  })

  it('is a result under a 2xx', () => {
    expect(leakIn({ status: 200, body: { jsonrpc: '2.0', id: 1, result: {} } })).toBeNull()
  })
})

describe('a body made to keep the judge busy', () => {
  it.each([
    'at ',
    'a',
    'a-',
    '=/home/',
    '-eyJaaaaaa',
    '"kty"',
    '"d":"',
    'a://',
    'File "',
    '1.',
    '‹a',
    'a:\\',
  ])('of %j is judged in time', (piece) => {
    const started = performance.now()
    leakIn({ body: piece.repeat(Math.ceil(2 ** 20 / piece.length)) })
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

it('names the answer that leaks', () => {
  const view = stepOf([{ status: 401 }, { status: 500, body: '‹access_token#1›' }])
  expect(
    unmetBy({ leaks: 'nothing' }, view, { identity: null, ownHosts: new Set() }),
  ).toMatchObject({ roundTrip: 1 })
})

describe('what is behind the server', () => {
  const key = ['sk', 'live', '4eC39HqLyjWDarjtT1zdp7dc'].join('_')
  const inside = (text: string): TestedAnswer => ({
    body: { jsonrpc: '2.0', id: 1, error: { code: 1, message: JSON.stringify({ reason: text }) } },
  })
  it.each<[string, TestedAnswer, string]>([
    ['an address', { body: 'failed at http://10.0.0.5/x' }, 'the internal address 10.0.0.5'],
    ['an address in JSON in JSON', inside('http:\\/\\/10.0.0.5'), 'the internal address 10.0.0.5'],
    ['a key', { body: `denied for ${key}` }, 'what looks like a key'],
    ['a password', { body: 'at postgres://u:pw@db.example.com/x' }, 'what looks like a key'],
    ['a stack frame', inside('Error\n    at run (/app/x.js:1:2)'), 'a stack frame'],
    ['one of Java', inside('\tat com.foo.Bar(Bar.java:12)'), 'a stack frame'],
  ])('%s is found where addresses are looked for', (_, answer, what) => {
    expect(leakIn(answer, 'nor-addresses')).toBe(`401 with ${what} in the body`)
  })

  it.each<[string, TestedAnswer]>([
    ['versions and paths', { body: 'lodash@4.17.21 is not in /app/x.js' }],
    ['a time', inside('Rejected at 2026-01-01T10:20:30')],
    ['what the caller wrote', { body: 'no 10.1.2.3:80', requestBody: '{"host":"10.1.2.3:80"}' }],
  ])('%s is none of it', (_, answer) => {
    expect(leakIn(answer, 'nor-addresses')).toBe(null)
  })

  it('an address is none of the internals', () => {
    expect(leakIn({ body: 'failed at http://10.0.0.5/x' }, 'nothing')).toBe(null)
  })
})
