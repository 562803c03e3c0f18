import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { runConformance } from '../harness/index.ts'
import type { RunResult } from '../harness/model.ts'
import type { JsonObject } from '../harness/protocol/json.ts'
import { answerJson, serveSmall } from './step-run.ts'

type Answer = (response: ServerResponse, origin: string) => void

const suffix = '/.well-known/oauth-protected-resource'
const pathForm = `${suffix}/mcp`
const busy: Answer = (response) => void response.writeHead(503, { 'retry-after': '1' }).end()
const forbidden: Answer = (response) => void response.writeHead(403).end()
const redirect =
  (location: string): Answer =>
  (response) =>
    void response.writeHead(302, { location }).end()
const elsewhere = 'http://127.0.0.1:9/metadata'

/** ORIGIN stands for the server itself. */
function document(members: JsonObject = {}): Answer {
  return (response, origin) => {
    const whole = {
      resource: 'ORIGIN/mcp',
      authorization_servers: ['ORIGIN/as'],
      resource_name: 'Notes',
      ...members,
    }
    answerJson(response, JSON.parse(JSON.stringify(whole).replaceAll('ORIGIN', origin)) as object)
  }
}

const right: Record<string, Answer> = {
  [pathForm]: document(),
  '/.well-known/oauth-authorization-server/as': (response, origin) =>
    answerJson(response, { issuer: `${origin}/as`, jwks_uri: `${origin}/as/keys` }),
}

async function judged(
  served: Record<string, Answer>,
  advertised: string | null,
  only: string[],
  resource?: string,
): Promise<RunResult> {
  const at = { origin: '' }
  const { origin } = await serveSmall(({ path }, response) => {
    const named = advertised?.replace('ORIGIN', at.origin)
    const challenge =
      named === undefined ? 'Bearer realm="x"' : `Bearer resource_metadata="${named}"`
    const answer = { ...right, ...served }[path]
    if (answer) answer(response, at.origin)
    else if (path === '/mcp') response.writeHead(401, { 'www-authenticate': challenge }).end()
    else response.writeHead(404).end()
  })
  at.origin = origin
  return runConformance({
    url: `${origin}/mcp`,
    revision: '2025-11-25',
    only,
    ...(resource === undefined ? {} : { facts: { target: { resource } } }),
  })
}

function outcomeOf({ verdicts }: RunResult, check: string): string {
  const found = verdicts.find((verdict) => verdict.check === check)
  return `${found?.outcome}${(found?.remarks.length ?? 0) > 0 ? ' with a remark' : ''}`
}

const gone: Answer = (response) => void response.writeHead(404).end()
const own = `ORIGIN${pathForm}`

interface Case {
  where: string
  served?: Record<string, Answer>
  advertised?: string
  check: string
  outcome: string
}

const atHost = { [suffix]: document({ resource: 'ORIGIN/other' }) }
const login = redirect('/users/sign_in')
const discovery = redirect('https://login.example/.well-known/oauth-protected-resource')
const resolves = 'challenge.resource-metadata-resolves'

const cases: Case[] = [
  { where: 'all is well', advertised: own, check: 'prm.discoverable', outcome: 'pass' },
  {
    where: 'the only document is busy',
    served: { [pathForm]: busy },
    check: 'prm.discoverable',
    outcome: 'inconclusive',
  },
  {
    where: 'the document is elsewhere',
    served: { [pathForm]: gone },
    advertised: elsewhere,
    check: 'prm.discoverable',
    outcome: 'untested',
  },
  {
    where: 'the document is elsewhere, and the root is of another server',
    served: { [pathForm]: gone, ...atHost },
    advertised: elsewhere,
    check: 'prm.resource-matches-url',
    outcome: 'untested',
  },
  ...['prm.public', resolves].flatMap((check) => [
    {
      where: 'the advertised URL is busy',
      served: { '/own': busy },
      advertised: 'ORIGIN/own',
      check,
      outcome: 'inconclusive',
    },
    {
      where: 'the advertised URL is elsewhere',
      advertised: elsewhere,
      check,
      outcome: 'untested',
    },
  ]),
  {
    where: 'one form is barred, and not needed',
    served: { [suffix]: forbidden },
    check: 'prm.public',
    outcome: 'pass with a remark',
  },
  {
    where: 'each form is barred',
    served: { [pathForm]: forbidden, [suffix]: forbidden },
    check: 'prm.public',
    outcome: 'violation',
  },
  {
    where: 'the advertised URL redirects to a login',
    served: { '/own': login },
    advertised: 'ORIGIN/own',
    check: 'prm.public',
    outcome: 'violation',
  },
  {
    where: 'the advertised URL redirects to metadata at another host',
    served: { '/own': discovery },
    advertised: 'ORIGIN/own',
    check: 'prm.public',
    outcome: 'pass with a remark',
  },
]

it.each(cases)('where $where, $check is $outcome', async (each) => {
  const { served = {}, advertised = null, check, outcome } = each
  expect(outcomeOf(await judged(served, advertised, [check]), check)).toBe(outcome)
})

const listing = (...issuers: unknown[]) => ({
  [pathForm]: document({ authorization_servers: issuers as string[] }),
})
const wrong = 'ORIGIN/wrong'
const silent = 'ORIGIN/silent'
const silence = {
  '/.well-known/oauth-authorization-server/silent': busy,
}

it.each([
  ['an issuer that is right', listing('ORIGIN/as'), 'pass'],
  ['one without metadata', listing('ORIGIN/as', wrong), 'violation'],
  ['one that is busy', { ...listing('ORIGIN/as', silent), ...silence }, 'inconclusive'],
  ['one that is busy and a wrong one', { ...listing(silent, wrong), ...silence }, 'violation'],
  ['what is no URL', listing('urn:issuer'), 'not-applicable'],
  ['what is no URL and a right one', listing('urn:issuer', 'ORIGIN/as'), 'pass'],
])('with %s the issuers resolve: %#', async (_, served, outcome) => {
  const check = 'prm.authorization-servers-resolve'
  expect(outcomeOf(await judged(served, null, [check]), check)).toBe(outcome)
})

const published = 'https://h.example/a/mcp'
const host = 'https://h.example'

it.each([
  { published, resource: published, place: pathForm, outcome: 'pass' },
  { published: host, resource: `${host}/`, place: pathForm, outcome: 'pass' },
  { published, resource: host, place: suffix, outcome: 'pass' },
  {
    published,
    resource: host,
    place: suffix,
    advertised: `ORIGIN${suffix}`,
    outcome: 'pass with a remark',
  },
  { published, resource: host, place: pathForm, outcome: 'violation' },
  { published, resource: 'ORIGIN/mcp', place: pathForm, outcome: 'violation' },
])('$resource at $place for $published: $outcome', async (each) => {
  const check = 'prm.resource-matches-url'
  const served = { [pathForm]: gone, [each.place]: document({ resource: each.resource }) }
  const result = await judged(served, each.advertised ?? null, [check], each.published)
  expect(outcomeOf(result, check)).toBe(each.outcome)
})

it.each([
  ['null', null],
  ['a text', 'header mcp:admin'],
])('%s in the place of a list is accused once', async (_, value) => {
  const members = { bearer_methods_supported: value, scopes_supported: value }
  const again = ['prm.bearer-methods', 'prm.scopes-minimal', 'prm.scopes-supported']
  const result = await judged({ [pathForm]: document(members) }, null, again)
  expect(result.verdicts.map(({ outcome }) => outcome)).toEqual(['pass', 'pass', 'pass'])
})

it('the keys of the server may be those of an issuer at its own origin', async () => {
  const jwks_uri = 'ORIGIN/as/keys'
  const keys: Answer = (response) => answerJson(response, { keys: [{ kty: 'oct', k: 'b25l' }] })
  const served = { [pathForm]: document({ jwks_uri }), '/as/keys': keys }
  const result = await judged(served, null, ['prm.jwks-uri-own-keys'])
  expect(outcomeOf(result, 'prm.jwks-uri-own-keys/url')).toBe('pass')
  expect(outcomeOf(result, 'prm.jwks-uri-own-keys/keys')).toBe('pass')
})
