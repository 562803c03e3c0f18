import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../protocol/json.ts'
import { matcherSchemas } from '../scenario/matcher-schemas.ts'
import { matchers, unmetBy } from './index.ts'
import type { MatchContext } from './index.ts'
import { challengedBy, stepOf } from './tested-step.ts'
import type { TestedAnswer } from './tested-step.ts'
import type { StepView } from './view.ts'

const context: MatchContext = {
  identity: { path: 'subject', a: 'alice', b: 'bob' },
  ownHosts: new Set(),
}

type Row = [map: Record<string, JsonValue>, view: StepView, actual?: string]

const message = (members: Record<string, JsonValue>): Record<string, JsonValue> => ({
  jsonrpc: '2.0',
  id: 1,
  ...members,
})
const asJson: [string, string][] = [['Content-Type', 'application/json']]
const listed: TestedAnswer = { headers: asJson, body: message({ result: { tools: [] } }) }
const error: TestedAnswer = {
  headers: asJson,
  body: message({ error: { code: -32601, message: 'no' } }),
}
const toolResult = (text: string): TestedAnswer => ({
  headers: asJson,
  body: message({ result: { content: [{ type: 'text', text }] } }),
})
const toolError: TestedAnswer = {
  headers: asJson,
  body: message({ result: { isError: true, content: [{ type: 'text', text: 'denied' }] } }),
}
const silent: TestedAnswer = { status: null }
const bearer = 'Bearer realm="x", error="invalid_token", scope="a b"'

const unmet: Row[] = [
  [{ status: 401 }, stepOf([listed]), '200 with a tools/list result'],
  [{ status: '4xx' }, stepOf([{ status: 503 }]), '503 with an empty body'],
  [{ status: [400, '5xx'] }, stepOf([{ status: 401, body: 'no' }]), '401 with no MCP content'],
  [{ status: 'none' }, stepOf([listed]), '200 with a tools/list result'],
  [{ status: '2xx' }, stepOf([silent]), 'no answer (timeout)'],
  [
    { status: '2xx' },
    stepOf([{ status: 401, opening: true }]),
    '401 with an empty body, at the opening of the session',
  ],

  [{ challenge: 'none' }, challengedBy('Bearer'), '401 with "Bearer"'],
  [{ challenge: { count: { min: 1 } } }, stepOf([{ status: 401 }]), '401 without WWW-Authenticate'],
  [{ challenge: { scheme: 'Bearer' } }, stepOf([{ status: 401 }]), '401 without WWW-Authenticate'],
  [
    { challenge: { attributes: 'clean' } },
    stepOf([{ status: 401 }]),
    '401 without WWW-Authenticate',
  ],
  [{ challenge: { 'well-formed': true } }, stepOf([silent]), 'no answer without WWW-Authenticate'],
  [
    { challenge: { count: 1 } },
    challengedBy('Bearer', 'Basic'),
    '2 challenges, in "Bearer, Basic"',
  ],
  [
    { challenge: { 'well-formed': true } },
    challengedBy('Bearer realm=x'),
    'realm needs quotes, in "Bearer realm=x"',
  ],
  [{ challenge: { scheme: 'Bearer' } }, challengedBy('Basic'), 'only Basic, in "Basic"'],
  [
    { challenge: { scheme: 'Bearer', 'has-parameters': true } },
    challengedBy('bearer, Basic realm="x"'),
    'no name=value parameter, in "bearer, Basic realm=\\"x\\""',
  ],
  [
    { challenge: { parameters: { scope: { matches: '\\S' } } } },
    challengedBy('Bearer'),
    'no scope, in "Bearer"',
  ],
  [
    { challenge: { parameters: { error: 'insufficient_scope' } } },
    challengedBy('Bearer error="invalid_token"'),
    'error is "invalid_token", in "Bearer error=\\"invalid_token\\""',
  ],
  [
    { challenge: { parameters: { error: { present: false } } } },
    challengedBy('Basic realm="x"', 'Bearer error="x"'),
    'error is "x", in "Basic realm=\\"x\\", Bearer error=\\"x\\""',
  ],
  [
    { challenge: { scheme: 'DPoP', parameters: { error: { present: true } } } },
    challengedBy('Bearer error="x", DPoP'),
    'no error, in "Bearer error=\\"x\\", DPoP"',
  ],
  [
    { challenge: { scopes: { lacks: 'c' } } },
    challengedBy('Basic realm="c"', 'Bearer scope="a", DPoP Scope="b c"'),
    'the scopes ["a","b","c"], in "Basic realm=\\"c\\", Bearer scope=\\"a\\", DPoP Scope=\\"b c\\""',
  ],
  [
    { challenge: { attributes: 'clean' } },
    challengedBy('Bearer scope="a,b"'),
    'a comma inside scope, in "Bearer scope=\\"a,b\\""',
  ],
  [
    { challenge: { attributes: 'clean-but-for-commas' } },
    challengedBy('Bearer scope=""'),
    'scope is empty, in "Bearer scope=\\"\\""',
  ],
  [
    { challenge: { 'same-structure-as': 'Bearer realm="x"' } },
    challengedBy('Bearer realm="x", resource_metadata="y"'),
    'a challenge of another structure: bearer realm resource_metadata, in "Bearer realm=\\"x\\", resource_metadata=\\"y\\""',
  ],

  [{ header: { Allow: { present: true } } }, stepOf([{ status: 405 }]), 'no Allow header'],
  [
    { header: { 'content-type': { matches: '^application/json' } } },
    stepOf([{ headers: [['Content-Type', 'text/html']] }]),
    'content-type: "text/html"',
  ],

  [
    { json: { $: { type: 'object' } } },
    stepOf([{ body: '<html>' }]),
    '200 with no MCP content, which is no JSON',
  ],
  [{ json: { resource: 'x' } }, stepOf([{ body: { resource: 'y' } }]), 'resource: "y"'],
  [
    { json: { document: 'x' } },
    stepOf([{ body: { document: 'x' }, json: {} }]),
    'document: missing',
  ],

  [
    { body: { lacks: 'endpoint' } },
    stepOf([{ body: 'event: endpoint' }]),
    'the body "event: endpoint"',
  ],

  [{ mcp: 'none' }, stepOf([{ ...listed, status: 401 }]), '401 with a tools/list result'],
  [{ mcp: 'none' }, stepOf([error]), '200 with JSON-RPC error -32601 "no"'],
  [{ mcp: 'result' }, stepOf([toolError]), '200 with a tool error "denied"'],
  [{ mcp: ['error', 'tool-error'] }, stepOf([{ body: '' }]), '200 with an empty body'],
  [
    { mcp: { kind: 'error', code: -32020 } },
    stepOf([error]),
    '200 with JSON-RPC error -32601 "no"; code: -32601',
  ],
  [
    { mcp: { result: { members: { tools: { items: 1 } } } } },
    stepOf([listed]),
    '200 with a tools/list result; result: tools: 0 items',
  ],
  [
    { mcp: { result: { type: 'object' } } },
    stepOf([error]),
    '200 with JSON-RPC error -32601 "no"; result: missing',
  ],
  [{ mcp: { code: 1 } }, stepOf([listed]), '200 with a tools/list result; code: missing'],
  [
    { mcp: { elements: { some: 'result' } } },
    stepOf([listed]),
    '200 with a tools/list result; elements: []',
  ],
  [
    { mcp: { text: { contains: 'x' } } },
    stepOf([toolResult('y')]),
    '200 with a tool result; text: "y"',
  ],
  [
    { mcp: { data: { 'differs-from': 'one note' } } },
    stepOf([toolResult('one note')]),
    '200 with a tool result; data: "one note"',
  ],
  [
    { mcp: { data: { 'differs-from': { a: 1 } } } },
    stepOf([toolResult('{"a":1}')]),
    '200 with a tool result; data: {"a":1}',
  ],

  [{ identity: 'a' }, stepOf([toolResult('{"subject":"bob"}')]), 'user b'],
  [{ identity: 'a' }, stepOf([toolResult('{"subject":"eve"}')]), 'somebody else: "eve"'],
  [{ identity: 'a' }, stepOf([toolResult('{}')]), 'an anonymous caller'],
  [{ identity: 'anonymous' }, stepOf([toolResult('alice')]), 'user a'],
  [{ identity: 'other' }, stepOf([toolResult('{"subject":"bob"}')]), 'user b'],
  [{ identity: 'other' }, stepOf([toolResult('alice')]), 'user a'],
  [{ identity: 'other' }, stepOf([toolResult('{}')]), 'an anonymous caller'],
  [{ identity: 'a' }, stepOf([{ status: 401 }]), '401 with an empty body'],

  [
    { redirect: 'none' },
    stepOf([{ status: 302, headers: [['Location', '/login']] }]),
    '302 to "https://h.example/login"',
  ],
  [{ redirect: { to: { contains: 'x' } } }, stepOf([{ status: 401 }]), '401 without a redirect'],
  [
    { redirect: { to: { contains: 'x' } } },
    stepOf([{ status: 200, headers: [['Location', '/login']] }]),
    '200 without a redirect',
  ],
  [
    { redirect: { to: { matches: '^https:' } } },
    stepOf([{ status: 307, headers: [['Location', 'http://a.example']] }]),
    'a redirect to "http://a.example"',
  ],
  [
    { redirect: { query: { code: { present: true } } } },
    stepOf([{ status: 302, headers: [['Location', 'https://a.example/?state=1']] }]),
    'a redirect to "https://a.example/?state=1"; code: missing',
  ],
  [
    { redirect: { 'leads-to': ['endpoint', 'elsewhere'] } },
    stepOf([{ status: 302, headers: [['Location', '/login']] }]),
    'a redirect to "https://h.example/login"',
  ],

  [{ requests: { count: 0 } }, stepOf([{}]), 'no ledger was read'],
  [{ requests: { count: 0 } }, stepOf([], { requests: [{}] }), '1 request'],
  [{ requests: { count: { min: 1 } } }, stepOf([], { requests: [] }), '0 requests'],
  [{ requests: { every: { method: 'GET' } } }, stepOf([], { requests: [] }), 'no request'],
  [
    { requests: { every: { header: { authorization: { present: false } } } } },
    stepOf([], { requests: [{}, { method: 'POST', header: { authorization: 'x' } }] }),
    'POST / with header authorization: "x"',
  ],
  [
    { requests: { some: { path: '/a' } } },
    stepOf([], { requests: [{}] }),
    '1 request, none like it',
  ],
  [
    { requests: { 'never-carry': ['‹access_token#1›'] } },
    stepOf([], { requests: [{ header: { cookie: 't=‹access_token#1›' } }] }),
    'a request carries ‹access_token#1›',
  ],
  [
    { requests: { every: { json: { sub: '1' } } } },
    stepOf([], { requests: [{ json: { sub: '2' } }] }),
    'GET / with json sub: "2"',
  ],
  [
    { requests: { some: { json: { sub: '1' } } } },
    stepOf([], { requests: [{}] }),
    '1 request, none like it',
  ],
  [{ claims: { sub: '1' } }, stepOf([{}]), 'no token that can be read'],
  [{ claims: { sub: '1' } }, stepOf([{ claims: { sub: '2' } }]), 'sub: "2"'],
  [
    { requests: { carry: ['‹access_token#1›'] } },
    stepOf([], { requests: [{ query: { t: '‹access_token#2›' } }] }),
    '1 request without it',
  ],

  [{ events: { count: 0 } }, stepOf([{}]), 'no stream was read'],
  [{ events: { count: 0 } }, stepOf([{ events: [{ a: 1 }] }]), '1 event'],
  [{ events: { some: { members: { a: 2 } } } }, stepOf([{ events: [{ a: 1 }] }]), '[{"a":1}]'],

  [{ elapsed: { max: '1500ms' } }, stepOf([{}], { elapsed: 2 }), '2 s'],
  [{ elapsed: { max: 1 } }, stepOf([{}], { elapsed: 1.0014 }), '1.001 s'],
  [{ elapsed: { max: '1m' } }, stepOf([{}], { elapsed: 61 }), '61 s'],
]

const met: Row[] = [
  [{ status: 401 }, stepOf([{ status: 401 }])],
  [{ status: ['3xx', 'none'] }, stepOf([silent])],
  [{ status: '2xx' }, stepOf([listed])],

  [{ challenge: 'none' }, stepOf([{ status: 401 }])],
  [{ challenge: { count: 0 } }, stepOf([{ status: 401 }])],
  [{ challenge: { 'well-formed': true, count: { min: 1 } } }, challengedBy(bearer)],
  [{ challenge: { 'well-formed': false } }, challengedBy('Bearer realm=x')],
  [
    { challenge: { scheme: 'bearer', 'has-parameters': true } },
    challengedBy('Basic, BEARER a="b"'),
  ],
  [{ challenge: { scheme: ['Bearer', 'DPoP'] } }, challengedBy('DPoP')],
  [
    { challenge: { parameters: { error: 'x', SCOPE: 'a' } } },
    challengedBy('Basic error="y", Bearer error="x", scope="a"'),
  ],
  [{ challenge: { parameters: { error: { present: false } } } }, stepOf([{ status: 401 }])],
  [{ challenge: { scopes: { lacks: 'a' } } }, stepOf([{ status: 401 }])],
  [{ challenge: { scopes: { lacks: 'a' } } }, challengedBy('Bearer scope="ab", realm="a"')],
  [{ challenge: { scopes: { is: ['a', 'b'] } } }, challengedBy('Bearer scope="a  b"')],
  [{ challenge: { attributes: 'clean' } }, challengedBy(bearer)],
  [{ challenge: { attributes: 'clean-but-for-commas' } }, challengedBy('Bearer scope="a,b"')],
  [
    { challenge: { attributes: 'clean', 'well-formed': true } },
    challengedBy('Bearer error_description="‹access_token#1›"'),
  ],
  [
    { challenge: { 'same-structure-as': 'Bearer realm="x", error="y"' } },
    challengedBy('bearer error="injected, a=b", realm="z"'),
  ],

  [
    { header: { allow: { lists: ['get', 'post'] } } },
    stepOf([
      {
        headers: [
          ['Allow', 'GET'],
          ['allow', 'POST'],
        ],
      },
    ]),
  ],
  [{ header: { 'x-injected': { present: false } } }, stepOf([{}])],

  [
    { json: { "claims['https://x.example/r']": 1 } },
    stepOf([{ body: { claims: { 'https://x.example/r': 1 } } }]),
  ],
  [{ json: { document: 'x' } }, stepOf([{ body: '{}', json: { document: 'x' } }])],
  [{ json: { missing: { present: false } } }, stepOf([{ body: 'no JSON' }])],
  [
    { json: { 'result.tools': { items: 0 } } },
    stepOf([
      {
        headers: [['content-type', 'text/event-stream']],
        body: `data: ${JSON.stringify(listed.body)}\n\n`,
      },
    ]),
  ],

  [{ body: { contains: 'endpoint' } }, stepOf([{ body: 'event: endpoint' }])],

  [{ mcp: 'none' }, stepOf([{ ...error, status: 401 }])],
  [{ mcp: 'error' }, stepOf([{ ...error, status: 401 }])],
  [{ mcp: 'none' }, stepOf([silent])],
  [{ mcp: ['result', 'error'] }, stepOf([listed])],
  [{ mcp: { kind: 'error', code: -32601, message: 'no' } }, stepOf([error])],
  [{ mcp: { data: { is: 'plain' } } }, stepOf([toolResult('plain')])],
  [{ mcp: { data: { 'differs-from': 'one note' } } }, stepOf([toolResult('two notes')])],
  [{ mcp: { kind: 'result', result: { members: { tools: { items: 0 } } } } }, stepOf([listed])],

  [{ identity: 'a' }, stepOf([toolResult('{"subject":"alice"}')])],
  [{ identity: 'b' }, stepOf([toolResult('bob')])],
  [{ identity: 'anonymous' }, stepOf([toolResult('{"subject":"Anonymous"}')])],
  [{ identity: 'anonymous' }, stepOf([toolResult('{"subject":null}')])],
  [{ identity: 'other' }, stepOf([toolResult('{"subject":7}')])],
  [{ identity: 'other' }, stepOf([toolResult('client:alice')])],

  [{ redirect: 'none' }, stepOf([{ status: 401 }])],
  [
    { redirect: { to: 'https://h.example/a/next?code=1#x', query: { code: '1' } } },
    stepOf([{ status: 303, headers: [['location', 'next?code=1#x']] }]),
  ],
  [
    { redirect: { to: 'https://other.example/x' } },
    stepOf([{ status: 308, headers: [['location', '//other.example/x']] }]),
  ],
  [
    { redirect: { query: { t: '‹code#1›' } } },
    stepOf([{ status: 302, headers: [['location', '?t=‹code#1›']] }]),
  ],
  [
    { redirect: { 'leads-to': 'endpoint' } },
    stepOf([{ status: 307, headers: [['location', '/a/mcp/']] }]),
  ],

  [
    { claims: { sub: '1', aud: { contains: 'b' } } },
    stepOf([{ claims: { sub: '1', aud: ['b'] } }]),
  ],

  [{ requests: { count: 0 } }, stepOf([], { requests: [] })],
  [
    { requests: { every: { json: { sub: '1' } } } },
    stepOf([], { requests: [{ json: { sub: '1' } }] }),
  ],
  [
    { requests: { every: { header: { 'x-user': 'a' } }, some: { path: '/k' } } },
    stepOf([], { requests: [{ path: '/k', header: { 'x-user': 'a' } }] }),
  ],
  [
    { requests: { 'never-carry': ['‹access_token#1›'] } },
    stepOf([], { requests: [{ path: '/?t=‹access_token#11›' }] }),
  ],
  [
    { requests: { carry: ['‹access_token#1›'] } },
    stepOf([], { requests: [{ path: '/?t=‹access_token#1›' }] }),
  ],

  [{ events: { count: 1, every: { members: { a: 1 } } } }, stepOf([{ events: [{ a: 1 }] }])],
  [{ elapsed: { max: '15s' } }, stepOf([silent], { elapsed: 15 })],
]

describe('a matcher', () => {
  it.each(unmet)('%j is not met', (map, view, actual) => {
    expect(unmetBy(map, view, context)).toMatchObject({ matcher: Object.keys(map)[0], actual })
  })

  it.each(met)('%j is met', (map, view) => {
    expect(unmetBy(map, view, context)).toBeNull()
  })

  it('has a schema', () => {
    expect(Object.keys(matcherSchemas)).toEqual(Object.keys(matchers))
  })

  it.each([...unmet, ...met])('%j passes its schema and can be described', (map) => {
    const [[name = '', value = null] = []] = Object.entries(map)
    expect(matcherSchemas[name]?.safeParse(value).success).toBe(true)
    expect(matchers[name]?.describe(value)).toMatch(/\S/)
  })

  it.each<[string, JsonValue]>([
    ['status', 'ok'],
    ['status', 42],
    ['status', []],
    ['challenge', 'some'],
    ['challenge', { schema: 'Bearer' }],
    ['challenge', { parameters: { error: { presents: false } } }],
    ['header', { allow: 5 }],
    ['json', { a: ['b'] }],
    ['claims', 'sub'],
    ['mcp', 'results'],
    ['mcp', { kinds: 'result' }],
    ['identity', 'c'],
    ['redirect', { query: { code: 5 } }],
    ['requests', { every: { body: 'x' } }],
    ['events', { min: 1 }],
    ['leaks', 'secrets'],
    ['elapsed', { max: 'soon' }],
    ['elapsed', { min: 1 }],
  ])('%s refuses %j', (name, value) => {
    const parsed = matcherSchemas[name]?.safeParse(value)
    expect(parsed?.error?.issues[0]?.message).toMatch(/\S/)
  })

  it('of identity is not met when nothing declares who is who', () => {
    const found = unmetBy({ identity: 'a' }, stepOf([toolResult('alice')]), {
      identity: null,
      ownHosts: new Set(),
    })
    expect(found?.actual).toBe('nothing declares how an answer names its caller')
  })
})

describe('a map of matchers', () => {
  it('holds for each answer of a repeated step', () => {
    const view = stepOf([{ status: 401 }, { status: 200 }, { status: 401 }])
    expect(unmetBy({ status: 401 }, view, context)).toEqual({
      matcher: 'status',
      expected: 'status 401',
      actual: '200 with an empty body (answer 2 of 3)',
      roundTrip: 1,
    })
  })

  it.each(Object.keys(matchers).filter((name) => !['requests', 'events'].includes(name)))(
    'with %s is never met by a step without answers',
    (name) => {
      const lenient: Record<string, JsonValue> = {
        status: 'none',
        challenge: 'none',
        mcp: 'none',
        redirect: 'none',
        leaks: 'internals',
        elapsed: { max: 9 },
        identity: 'anonymous',
        body: { present: true },
        elicitation: 'none',
      }
      const value = lenient[name] ?? { a: { present: false } }
      expect(unmetBy({ [name]: value }, stepOf([]), context)?.actual).toBe('the step has no answer')
    },
  )

  it('demands all of them', () => {
    const view = stepOf([{ status: 401, body: listed.body ?? '' }])
    expect(unmetBy({ status: 401, mcp: 'none' }, view, context)?.matcher).toBe('mcp')
  })

  it('with an unknown name is our own mistake', () => {
    expect(() => unmetBy({ constructor: 1 }, stepOf([{}]), context)).toThrow(TypeError)
  })
})
