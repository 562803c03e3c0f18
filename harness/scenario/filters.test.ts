import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filters } from './filters.ts'

const url = 'https://h.example:8443/a/mcp?q=1'

describe.each<[filter: string, pairs: [text: string, gives: string][]]>([
  [
    'upper-host',
    [
      [url, 'https://H.EXAMPLE:8443/a/mcp?q=1'],
      ['http://127.0.0.1:8000/mcp', 'http://127.0.0.1:8000/mcp'],
    ],
  ],
  [
    'add-slash',
    [
      [url, 'https://h.example:8443/a/mcp/?q=1'],
      ['https://h', 'https://h/'],
      ['https://h/', 'https://h/'],
      ['/a', '/a/'],
    ],
  ],
  [
    'drop-slash',
    [
      ['https://h/a/?q=1', 'https://h/a?q=1'],
      ['https://h/', 'https://h'],
      ['https://h/a', 'https://h/a'],
    ],
  ],
  [
    'default-port',
    [
      ['https://h/a', 'https://h:443/a'],
      ['http://[::1]/a', 'http://[::1]:80/a'],
      [url, url],
    ],
  ],
  [
    'origin',
    [
      [url, 'https://h.example:8443'],
      ['https://h', 'https://h'],
      ['text', 'text'],
    ],
  ],
  [
    'sibling',
    [
      [url, 'https://h.example:8443/a/sibling?q=1'],
      ['https://h/mcp', 'https://h/sibling'],
      ['https://h/a/', 'https://h/sibling'],
    ],
  ],
  [
    'parent',
    [
      [url, 'https://h.example:8443/a?q=1'],
      ['https://h/mcp', 'https://h/mcp'],
      ['https://h/a/b/', 'https://h/a'],
    ],
  ],
  [
    'http-scheme',
    [
      [url, 'http://h.example:8443/a/mcp?q=1'],
      ['http://h', 'http://h'],
    ],
  ],
  [
    'https-scheme',
    [
      ['http://h/a', 'https://h/a'],
      [url, url],
    ],
  ],
  [
    'host-suffix',
    [
      [url, 'https://h.example.evil.test:8443/a/mcp?q=1'],
      ['https://h/a', 'https://h.evil.test/a'],
    ],
  ],
  ['subdomain', [[url, 'https://evil.h.example:8443/a/mcp?q=1']]],
  ['user-info', [[url, 'https://user@h.example:8443/a/mcp?q=1']]],
  [
    'upper-path',
    [
      [url, 'https://h.example:8443/A/MCP?q=1'],
      ['https://h/', 'https://h/'],
    ],
  ],
  [
    'escape-letter',
    [
      [url, 'https://h.example:8443/a/%6dcp?q=1'],
      ['https://h/12', 'https://h/12'],
    ],
  ],
  [
    'double-slash',
    [
      [url, 'https://h.example:8443//a/mcp?q=1'],
      ['https://h', 'https://h'],
    ],
  ],
  ['dot-segment', [[url, 'https://h.example:8443/x/../a/mcp?q=1']]],
  [
    'with-query',
    [
      [url, `${url}&x=1`],
      ['https://h/a', 'https://h/a?x=1'],
    ],
  ],
  [
    'host',
    [
      [url, 'h.example'],
      ['http://[::1]:80/a', '[::1]'],
      ['text', 'text'],
    ],
  ],
  ['upper', [['mcp:write', 'MCP:WRITE']]],
  [
    'shorten',
    [
      ['mcp:write', 'mcp:writ'],
      ['', ''],
    ],
  ],
  [
    'base64',
    [
      ['a:b', 'YTpi'],
      ['ü', 'w7w='],
    ],
  ],
])('%s', (filter, pairs) => {
  it.each(pairs)('makes of %s %s', (text, gives) => {
    expect(filters[filter]?.(text)).toBe(gives)
  })
})

it('edits the text as written, so that what it does not concern stays byte for byte', () => {
  const odd = 'hTTps://h.Example:0443/A/./b%7E/?x=%2f#F'
  expect(filters['add-slash']?.(odd)).toBe(odd)
  expect(filters['upper-path']?.(odd)).toBe('hTTps://h.Example:0443/A/./B%7E/?x=%2f#F')
  expect(filters['sibling']?.(odd)).toBe('hTTps://h.Example:0443/A/./sibling?x=%2f#F')
})

it('a thumbprint is that of RFC 7638 section 3.1, a hash that of RFC 9449', () => {
  const jwk = {
    kty: 'RSA',
    n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    e: 'AQAB',
    alg: 'RS256',
    kid: '2011-04-29',
  }
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const jws = `${encode({ alg: 'RS256', jwk })}.${encode({})}.c2ln`
  expect(filters['thumbprint']?.(jws)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  const token = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
  expect(filters['sha256']?.(token)).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
})

it('a text is found literally by its pattern', () => {
  const route = '/v1.0/(x)/[y]$|?+*^{2}\\'
  const pattern = new RegExp(`^${filters['literally']?.(route)}$`)
  expect([route, route.replace('.', 'z')].map((text) => pattern.test(text))).toEqual([true, false])
})

it('never throws and keeps the query, whatever the text', () => {
  const edits = Object.entries(filters).filter(
    ([name]) =>
      ![
        'base64',
        'origin',
        'host',
        'with-query',
        'upper',
        'shorten',
        'literally',
        'sha256',
        'thumbprint',
        'change-byte',
        'change-field',
      ].includes(name),
  )
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true }), (text) => {
      const query = /\?.*$/s.exec(text)?.[0] ?? ''
      for (const [, edit] of edits) expect(edit(text).endsWith(query)).toBe(true)
    }),
    { seed: 1 },
  )
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const edit of Object.values(filters)) expect(typeof edit(text)).toBe('string')
    }),
    { seed: 1 },
  )
})
