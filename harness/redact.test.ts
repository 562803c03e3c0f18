import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor } from './redact.ts'

const header = Buffer.from('{"alg":"RS256","kid":"1"}').toString('base64url')
const payload = Buffer.from('{"iss":"https://issuer.example","sub":"alice"}').toString('base64url')
const signature = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64url')
const jws = `${header}.${payload}.${signature}`
const secret = 'pa55+word/"<ü>&='

describe('registered secrets', () => {
  it('have one marker each, counted by label', () => {
    const { register, markerOf } = createRedactor()
    expect(register('first-secret-1', 'access_token')).toBe('‹access_token#1›')
    expect(register('other-secret-2', 'access_token')).toBe('‹access_token#2›')
    expect(register('a-session-id-3', 'session_id')).toBe('‹session_id#1›')
    expect(register('first-secret-1', 'code')).toBe('‹access_token#1›')
    expect(markerOf('other-secret-2')).toBe('‹access_token#2›')
    expect(markerOf('nobody')).toBeNull()
  })

  const spellings: Record<string, string> = {
    'as it is': secret,
    'percent-encoded': encodeURIComponent(secret),
    'percent-encoded in small letters': encodeURIComponent(secret).toLowerCase(),
    'as a form value': new URLSearchParams({ x: secret }).toString().slice(2),
    'in JSON': JSON.stringify(secret).slice(1, -1),
    'in JSON inside JSON': JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    'in HTML': 'pa55+word/&quot;&lt;ü&gt;&amp;=',
  }
  it.each(Object.keys(spellings))('are cut out %s', (name) => {
    const { register, redact } = createRedactor()
    register(secret, 'password')
    expect(redact(`before ${spellings[name]} after`)).toBe('before ‹password#1› after')
  })

  it.each(['', 'x', 'xy', 'user:', 'client:12'])(
    'are cut out of base64 that begins with %j',
    (before) => {
      const { register, redact, holdsSecret } = createRedactor()
      register('S3cret-with-some-length', 'client_secret')
      for (const alphabet of ['base64', 'base64url'] as const) {
        const text = Buffer.from(`${before}S3cret-with-some-length`).toString(alphabet)
        expect(holdsSecret(text)).toBe('‹client_secret#1›')
        expect(redact(`x ${text} y`)).toContain('‹client_secret#1›')
      }
    },
  )

  it('of which one is part of another leave nothing of the longer one', () => {
    const { register, redact } = createRedactor()
    register('secret-one', 'a')
    register('secret-one-and-two', 'b')
    register('and-two-and-three', 'c')
    expect(redact('secret-one, secret-one-and-two, and-two-and-three')).toBe('‹a#1›, ‹b#1›, ‹c#1›')
    // both overlap: what the first leaves is covered by the second
    expect(redact('(secret-one-and-two-and-three)')).toBe('(‹b#1›‹c#1›)')
  })

  it('that differ in their last letters keep different markers', () => {
    const { register, redact } = createRedactor()
    const twin = `${jws.slice(0, -4)}AAAA`
    register(jws, 'access_token')
    register(twin, 'access_token')
    expect(redact(`${twin} ${jws}`)).toBe('‹access_token#2› ‹access_token#1›')
  })

  it('inside a token that is not known yet leave nothing of it', () => {
    const { register, receive, redact, holdsSecret } = createRedactor()
    const sub = 'usr_71300000000000042'
    receive(sub, 'sub')
    const claims = Buffer.from(JSON.stringify({ iss: 'https://issuer.example', sub }))
    const token = `${header}.${claims.toString('base64url')}.${signature}`
    const body = redact(JSON.stringify({ access_token: token }))
    expect(body).toBe('{"access_token":"‹access_token#1›"}')
    expect(register(token, 'access_token')).toBe('‹access_token#1›')
    expect(holdsSecret(body)).toBeNull()
  })

  it('that are a JWS are found by their signature alone', () => {
    const { register, redact } = createRedactor()
    register(jws, 'access_token')
    expect(redact(`{"payload":"${payload}","signature":"${signature}"}`)).toBe(
      `{"payload":"${payload}","signature":"‹access_token#1›"}`,
    )
  })

  it('do not blank small words', () => {
    const { register, redact, redactHeaders } = createRedactor()
    register('undefined', 'access_token')
    register('abc123', 'code')
    expect(redact('undefined is not a function: abc123')).toBe(
      'undefined is not a function: abc123',
    )
    expect(redactHeaders([['authorization', 'Bearer undefined']])).toEqual([
      ['authorization', 'Bearer ‹access_token#1›'],
    ])
  })
})

describe('secrets that nobody registered', () => {
  it('are cut out of header fields by name', () => {
    const { redactHeaders } = createRedactor()
    expect(
      redactHeaders([
        ['Authorization', 'Bearer  one-token  '],
        ['authorization', 'Basic dTpw'],
        ['Authorization', 'Bearer one-token, DPoP two'],
        ['Authorization', 'Bearer'],
        ['Authorization', 'bare.token.text'],
        ['Cookie', 'a=one; b=second; a=one'],
        ['set-cookie', 'sid=three; Path=/; HttpOnly'],
        ['Mcp-Session-Id', 'session'],
        ['DPoP', 'proof'],
        ['WWW-Authenticate', 'Basic realm="x", Bearer error="invalid_token"'],
        ['Content-Type', 'application/json'],
      ]),
    ).toEqual([
      ['Authorization', 'Bearer  ‹access_token#1›  '],
      ['authorization', 'Basic ‹basic#1›'],
      ['Authorization', 'Bearer ‹access_token#1›, DPoP ‹access_token#2›'],
      ['Authorization', 'Bearer'],
      ['Authorization', '‹access_token#3›'],
      ['Cookie', 'a=‹cookie#1›; b=‹cookie#2›; a=‹cookie#1›'],
      ['set-cookie', 'sid=‹cookie#3›; Path=/; HttpOnly'],
      ['Mcp-Session-Id', '‹session_id#1›'],
      ['DPoP', '‹dpop_proof#1›'],
      ['WWW-Authenticate', 'Basic realm="x", Bearer error="invalid_token"'],
      ['Content-Type', 'application/json'],
    ])
  })

  it('are cut out of queries, forms and JSON by name', () => {
    const { redact } = createRedactor()
    expect(redact('https://app.example/cb?state=s&code=c0de#access_token=t1&x=1')).toBe(
      'https://app.example/cb?state=s&code=‹code#1›#access_token=‹access_token#1›&x=1',
    )
    expect(redact('client_secret=a%2Bb&grant_type=x')).toBe(
      'client_secret=‹client_secret#1›&grant_type=x',
    )
    expect(redact('{"access_token": "t1", "refresh_token":"a\\"b", "expires_in":1}')).toBe(
      '{"access_token": "‹access_token#1›", "refresh_token":"‹refresh_token#1›", "expires_in":1}',
    )
  })

  it('leave words of errors alone', () => {
    const { redact } = createRedactor()
    const text =
      '{"error":{"code":-32001,"message":"Basic realm, code=EXPIRED"},"code":"invalid_token"}'
    expect(redact(text)).toBe(text)
  })

  it('lose the signature of a JWS, all of a JWE, and private keys', () => {
    const { redact } = createRedactor()
    expect(redact(`got ${jws} twice: ${jws}.`)).toBe(
      `got ${header}.${payload}.‹signature#1› twice: ${header}.${payload}.‹signature#1›.`,
    )
    expect(redact('eyJhbGciOiJkaXIifQ..aaaa.bbbb.cccc')).toBe('‹jwe#1›')
    expect(redact(`{"kty":"RSA","n":"abc","d":"${'d'.repeat(40)}"}`)).toBe(
      '{"kty":"RSA","n":"abc","d":"‹key#1›"}',
    )
    expect(redact('-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n')).toBe(
      '‹key#2›\n',
    )
  })

  it('cannot blank or block the words of the report', () => {
    const { redact, redactHeaders, holdsSecret } = createRedactor()
    redactHeaders([
      ['set-cookie', 'x=mcp-auth-conformance'],
      ['set-cookie', 'y=https://rfc.example/rfc6750'],
    ])
    expect(redact('mcp-auth-conformance')).toBe('mcp-auth-conformance')
    expect(holdsSecret('see https://rfc.example/rfc6750')).toBeNull()
  })
})

describe('redactJson', () => {
  it('reaches every text and name, and leaves other values', () => {
    const { register, redactJson } = createRedactor()
    register('the-secret-1', 'code')
    expect(redactJson({ 'the-secret-1': ['x the-secret-1', 1, null, { a: true }] })).toEqual({
      '‹code#1›': ['x ‹code#1›', 1, null, { a: true }],
    })
  })
})

describe('holdsSecret', () => {
  it('names the secret that a text still holds, and is silent about redacted texts', () => {
    const { register, redact, holdsSecret } = createRedactor()
    register(jws, 'access_token')
    expect(holdsSecret(`x${jws}x`)).toBe('‹access_token#1›')
    expect(holdsSecret(redact(`x${jws}x`))).toBeNull()
    expect(holdsSecret('nothing')).toBeNull()
  })
})

describe('for all texts and secrets', () => {
  const config = { seed: 20_261_121, numRuns: 400 }
  const anySecret = fc.oneof(
    fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme' }),
    fc.base64String({ minLength: 12, maxLength: 60 }),
    fc
      .uint8Array({ minLength: 20, maxLength: 20 })
      .map((b) => `${header}.${payload}.${Buffer.from(b).toString('base64url')}`),
  )
  const encode = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => encodeURIComponent(text),
    (text) => JSON.stringify(text).slice(1, -1),
    (text) => Buffer.from(text).toString('base64'),
    (text) => Buffer.from(`a${text}`).toString('base64url'),
    (text) => Buffer.from(`ab${text}`).toString('base64url'),
  )

  it('no registered secret is left, in whatever form, and redacting again changes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(anySecret, { minLength: 1, maxLength: 5 }),
        fc.array(fc.tuple(fc.string(), encode, fc.nat()), { maxLength: 6 }),
        (secrets, pieces) => {
          const redactor = createRedactor()
          const held = secrets.filter((each) => !/^[a-z]+$/.test(each) && !each.includes('‹'))
          for (const each of held) redactor.register(each, 'access_token')
          const text = pieces
            .map(([before, spell, pick]) => before + spell(held[pick % held.length] ?? ''))
            .join('')
          const redacted = redactor.redact(text)
          expect(redactor.holdsSecret(redacted)).toBeNull()
          for (const each of held) expect(redacted.includes(each)).toBe(false)
          expect(redactor.redact(redacted)).toBe(redacted)
        },
      ),
      config,
    )
  })

  it('a text without secrets stays as it is', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 50 }), (text) => {
        const redactor = createRedactor()
        redactor.register(jws, 'access_token')
        expect(redactor.redact(text)).toBe(text)
      }),
      config,
    )
  })
})

describe('the time it takes', () => {
  // Measured on two shared cores: 90 to 180 ms, registering included. The limit leaves room for busy machines.
  it('is bounded for 500 secrets and 1000 round trips of 2 kB', () => {
    const redactor = createRedactor()
    const tokens = Array.from(
      { length: 500 },
      (_, n) =>
        `${header}.${payload.repeat(8)}.${Buffer.from(`${n}`.padStart(256, 'x')).toString('base64url')}`,
    )
    for (const token of tokens) redactor.register(token, 'access_token')
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      result: { text: 'lorem ipsum '.repeat(80) },
    })
    const started = performance.now()
    for (let n = 0; n < 1000; n += 1) redactor.redact(`Bearer ${tokens[n % 500]} ${body}`)
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('is bounded for long tokens of one repeated letter', () => {
    const { register, redact } = createRedactor()
    for (const kilobytes of [8, 16, 64, 256, 1024]) {
      register('a'.repeat(kilobytes * 1024), 'access_token')
    }
    const started = performance.now()
    const redacted = redact(`Bearer ${'a'.repeat(1024 * 1024)}`)
    expect(redacted).toBe('Bearer ‹access_token#5›')
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it.each([
    '-----BEGIN PRIVATE KEY-----',
    '-eyJaaaa',
    'eyJaaaa.',
    '"access_token":"',
    'Basic ',
    '&code',
    '"d" : "',
  ])('is bounded for a hostile megabyte of %s', (piece) => {
    const { redact } = createRedactor()
    const text = piece.repeat(Math.ceil(2 ** 20 / piece.length))
    const started = performance.now()
    redact(text)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

it('a token in which a private name stands is cut out whole, before it is registered', () => {
  const { redact, receive, register, holdsSecret } = createRedactor()
  receive('usr_7130000000042', 'sub')
  const claims = Buffer.from('{"iss":"i","sub":"usr_7130000000042"}').toString('base64url')
  const token = `eyJhbGciOiJSUzI1NiJ9.${claims}.c2lnbmF0dXJlLW9mLXRoZS1pc3N1ZXI`
  const answer = redact(`{"access_token":"${token}"}`)
  const made = register(token, 'access_token')
  expect(answer).toBe(`{"access_token":"${made}"}`)
  expect(holdsSecret(answer)).toBe(null)
})

it('a parameter that holds a marker already is left as it is', () => {
  const { redact, register } = createRedactor()
  const made = register('code-of-the-login-1', 'code')
  expect(redact(`code=${made}&x=1`)).toBe(`code=${made}&x=1`)
})

it('a text that comes again is redacted by what is known by then', () => {
  const secrets = fc.constantFrom('secret-one', 'one-and-two', 'and-two-three', 'aaaaaaaaaaaa')
  const texts = fc.constantFrom(
    'plain',
    'secret-one',
    'the secret-one-and-two-three',
    'baaaaaaaaaaaab',
    'c2VjcmV0LW9uZQ',
  )
  const learnt = fc.array(fc.record({ secret: secrets, received: fc.boolean() }))
  fc.assert(
    fc.property(learnt, texts, (secretsLearnt, text) => {
      const asked = createRedactor()
      const silent = createRedactor()
      for (const { secret: learning, received } of secretsLearnt) {
        for (const { register, receive } of [asked, silent])
          (received ? receive : register)(learning, 'label')
        asked.redact(text)
        asked.redactHeaders([['authorization', text]])
      }
      expect(asked.redact(text)).toBe(silent.redact(text))
    }),
  )
})

it('a header that says what its value is and a plain text of the same letters differ', () => {
  const { redact, redactHeaders } = createRedactor()
  expect(redact('Bearer abcdefgh')).toBe('Bearer abcdefgh')
  expect(redactHeaders([['Authorization', 'Bearer abcdefgh']])).toEqual([
    ['Authorization', 'Bearer ‹access_token#1›'],
  ])
  expect(redact('Bearer abcdefgh')).toBe('Bearer abcdefgh')
})

it('a target cannot use up the marker of a secret to come', () => {
  const { register, redact, holdsSecret } = createRedactor()
  register('first-secret-token-12345', 'access_token')
  redact('{"access_token":"\\u2039access_token#2\\u203a"}')
  redact('access_token=%E2%80%B9access_token%232%E2%80%BA')
  const second = 'OPAQUE-given-token-of-user-b-98765'
  const marked = register(second, 'access_token')
  expect(redact(`echo: ${second}`)).toBe(`echo: ${marked}`)
  expect(holdsSecret(second)).toBe(marked)
})
