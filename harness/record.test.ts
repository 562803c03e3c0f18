import { describe, expect, it } from 'vitest'
import { createRecorder } from './record.ts'
import { createRedactor } from './redact.ts'

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = { iss: 'https://issuer.example', sub: 'alice-0123456789abc', email: 'a@example.com' }
const token = `${segment({ alg: 'RS256' })}.${segment(claims)}.${'s1gn'.repeat(16)}`
const request = {
  method: 'POST',
  url: 'https://target.example',
  path: '/mcp?access_token=q',
  headers: [
    ['Authorization', `Bearer ${token}`],
    ['mcp-session-id', 'session-1'],
  ] as [string, string][],
  body: `{"token":"${token}"}`,
}
const answer = {
  status: 200,
  headers: [
    ['Mcp-Session-Id', 'session-1'],
    ['X-B', '1'],
    ['x-b', '2'],
  ] as [string, string][],
  body: `you sent ${token}`,
  bytes: 3_000_000,
  elapsed: 12,
}
const extra = { revision: '2025-11-25' as const }
const recorder = (options = {}) =>
  createRecorder({ redactor: createRedactor(), started: performance.now(), ...options })

describe('createRecorder', () => {
  it('keeps both sides under one id: as it was, and without secrets', () => {
    const own = recorder()
    const { raw, recorded } = own.record(request, answer, extra)
    expect(raw.request.url).toBe('https://target.example/mcp?access_token=q')
    expect(raw.response?.body).toBe(`you sent ${token}`)
    expect(recorded).toMatchObject({
      id: 1,
      elapsed: 12,
      revision: '2025-11-25',
      failure: null,
      request: {
        method: 'POST',
        url: 'https://target.example/mcp?access_token=‹access_token#2›',
        headers: [
          ['Authorization', 'Bearer ‹access_token#1›'],
          ['mcp-session-id', '‹session_id#1›'],
        ],
        body: '{"token":"‹access_token#1›"}',
      },
      response: {
        status: 200,
        headers: [
          ['Mcp-Session-Id', '‹session_id#1›'],
          ['X-B', '1'],
          ['x-b', '2'],
        ],
        body: 'you sent ‹access_token#1›',
        bytes: 3_000_000,
      },
    })
    expect(own.record(request, answer, extra).recorded.id).toBe(2)
    expect(own.roundTrips().map(({ id }) => id)).toEqual([1, 2])
  })

  it('shows the token decoded; of a minted one also whom it names', () => {
    const note = { text: token, header: { alg: 'RS256' }, claims, note: 'altered' }
    const { recorded } = recorder().record(request, answer, { ...extra, token: note })
    expect(recorded.token).toEqual({
      marker: '‹access_token#1›',
      header: { alg: 'RS256' },
      claims,
      note: 'altered',
    })
  })

  it('gives whom a given token names an ordinal, the same in every round trip', () => {
    const own = recorder({ given: [token] })
    const note = { text: token, header: { alg: 'RS256' }, claims }
    const first = own.record(request, answer, { ...extra, token: note }).recorded
    const second = own.record(request, { ...answer, body: claims.sub }, extra).recorded
    expect(first.token?.claims).toEqual({ ...claims, sub: '‹sub#1›', email: '‹email#1›' })
    expect(second.token?.claims).toEqual(first.token?.claims)
    expect(second.response?.body).toBe('‹sub#1›')
  })

  it('knows a given token that is no JWT, and no other one', () => {
    const own = recorder({ given: ['opaque-4711-token'] })
    const sent = (text: string): unknown =>
      own.record(request, answer, { ...extra, token: { text, header: null, claims: null } })
        .recorded.token
    expect(sent('opaque-4711-token')).toMatchObject({ header: null, given: true })
    expect(sent('opaque-4712-token')).toBeUndefined()
  })

  it('shows whom a given token names where that was asked for', () => {
    const own = recorder({ given: [token], showClaims: true })
    expect(own.record(request, answer, extra).recorded.token?.claims).toEqual(claims)
  })

  it('records why there is no answer', () => {
    const failure = { code: 'refused', message: `connect failed for ${token}` }
    const own = recorder()
    own.record(request, answer, extra)
    const { recorded } = own.record(request, { failure, elapsed: 3 }, extra)
    expect(recorded.response).toBeNull()
    expect(recorded.failure).toEqual({
      code: 'refused',
      message: 'connect failed for ‹access_token#1›',
    })
  })

  it('cuts what was sent to a readable length, after it was redacted', () => {
    const headers: [string, string][] = [['X-Long', 'x'.repeat(1_000_000)]]
    const sent = { ...request, headers, body: 'y'.repeat(100_000) }
    const { raw, recorded } = recorder().record(sent, answer, extra)
    expect(recorded.request.headers[0]?.[1]).toMatch(/^x{8192}…\(991808 more\)$/)
    expect(recorded.request.body.length).toBeLessThan(66_000)
    expect(raw.request.body.length).toBe(100_000)
  })

  it('redacts expected values as it does answers', () => {
    const own = recorder()
    own.record(request, answer, extra)
    expect(own.redactValue({ is: `you sent ${token}` })).toEqual({
      is: 'you sent ‹access_token#1›',
    })
  })
})
