/**
 * The evidence of the sample.
 */
import type { Evidence, RoundTrip } from '../harness/model.ts'
import { hostileText, sampleUrl } from './sample-drafts.ts'

/** One probe each, named after its round trip. */
export function sampleEvidence(): Evidence[] {
  return [3, 12, 31, 32, 40, 41].map((id) => ({
    probe: `probe-${id}`,
    steps: [
      {
        name: 'sent',
        verb: id === 3 ? 'fetch' : 'send',
        answers: [{ roundTrip: id }],
        roundTrips: id === 31 ? [30, 31] : [id],
        elapsed: id / 1000,
      },
    ],
    tokens: { foreign: '‹access_token#2›' },
    unmet: null,
    control:
      id === 31
        ? { what: 'the good token', accepted: true, reason: null, ran: true, roundTrips: [30] }
        : null,
  }))
}

const answered = 'application/json; charset=utf-8'

/** Round trips with tokens, a dead connection, repeated headers and hostile bodies. */
export function sampleRoundTrips(): RoundTrip[] {
  const metadata = JSON.stringify({
    resource: sampleUrl,
    authorization_servers: ['https://issuer.sample.example'],
    note: hostileText,
  })
  const metadataUrl = 'https://mcp.sample.example/.well-known/oauth-protected-resource/mcp'
  const challenge =
    'Bearer realm=<script>alert(1)</script>, resource_metadata="javascript:alert(5)"'
  return [
    exchange(3, { method: 'GET', url: metadataUrl, body: '' }, [200, metadata]),
    exchange(12, { headers: [] }, [
      401,
      hostileText,
      [
        ['WWW-Authenticate', challenge],
        ['X-Twice', 'one'],
        ['x-twice', hostileText],
      ],
    ]),
    exchange(30, { headers: [bearer(1)] }, [200, toolList]),
    { ...exchange(31, { headers: [bearer(2)] }, [200, toolList]), token: foreignToken },
    {
      ...exchange(32, { headers: [bearer(3)] }, [
        401,
        '{"error":"invalid_token"}',
        [['WWW-Authenticate', 'Bearer error="invalid_token"']],
      ]),
    },
    exchange(40, { headers: [bearer(1)] }, [503, 'overloaded\n'.repeat(3000)]),
    {
      ...exchange(41, { headers: [bearer(1)] }, [0, '']),
      response: null,
      failure: { code: 'reset', message: hostileText },
    },
  ]
}

const toolList =
  '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"whoami","description":"Who you are"}]}}'

const foreignToken: NonNullable<RoundTrip['token']> = {
  marker: '‹access_token#2›',
  header: { alg: 'RS256', typ: 'at+jwt', kid: 'k1' },
  claims: {
    iss: 'https://issuer.sample.example',
    sub: '‹sub#1›',
    aud: 'https://other.sample.example/mcp',
    iat: 1795226520,
    exp: 1795230120,
    scope: 'mcp:read',
    note: '<script>alert(6)</script>',
  },
  note: 'aud is another server',
}

function bearer(ordinal: number): [string, string] {
  return ['authorization', `Bearer ‹access_token#${ordinal}›`]
}

type Answer = [status: number, body: string, headers?: [string, string][]]

function exchange(id: number, request: Partial<RoundTrip['request']>, answer: Answer): RoundTrip {
  const [status, body, headers = []] = answer
  return {
    id,
    at: id * 100,
    elapsed: 12.4,
    request: {
      method: request.method ?? 'POST',
      url: request.url ?? sampleUrl,
      headers: [
        ['host', 'mcp.sample.example'],
        ['content-type', 'application/json'],
        ['accept', 'application/json, text/event-stream'],
        ...(request.headers ?? []),
      ],
      body: request.body ?? '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}',
    },
    response: {
      status,
      headers: [['Content-Type', answered], ['Date', 'Sat, 21 Nov 2026 02:02:03 GMT'], ...headers],
      body,
      bytes: Buffer.byteLength(body),
    },
    failure: null,
    revision: '2025-11-25',
  }
}
