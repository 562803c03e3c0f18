import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../protocol/json.ts'
import { NoWaiting, answerJson, serveSmall, stateOf, stepRun } from '../../tests/step-run.ts'
import type { SeenRequest } from '../../tests/step-run.ts'
import { discover } from './discover.ts'

type Served = Record<string, (response: ServerResponse, origin: string) => void>

/** Serves these paths and 404 elsewhere; the endpoint refuses with this challenge. */
async function discovered(
  argument: JsonObject,
  served: Served,
  challenge: (origin: string) => string = () => 'Bearer',
  facts: JsonObject = {},
) {
  const at = { origin: '' }
  const { origin, seen } = await serveSmall(({ path }: SeenRequest, response) => {
    const serve = served[path]
    if (serve) serve(response, at.origin)
    else if (path === '/mcp')
      response.writeHead(401, { 'www-authenticate': challenge(at.origin) }).end()
    else answerJson(response, { error: 'not found' }, 404)
  })
  at.origin = origin
  const run = await stepRun(origin, {}, { clock: new NoWaiting() })
  const here = (value: JsonObject) =>
    JSON.parse(JSON.stringify(value).replaceAll('ORIGIN', origin)) as JsonObject
  if (Object.keys(facts).length > 0) run.facts = here(facts)
  const filled = here(argument)
  const taken = await discover(filled, stateOf(run))
  const json = taken.answers[0]?.json as JsonObject
  const paths = seen.map(({ method, path }) => `${method} ${path}`)
  return { json, paths, seen, origin, taken }
}

const pathForm = '/.well-known/oauth-protected-resource/mcp'
const rootForm = '/.well-known/oauth-protected-resource'
const document = (resource: string) => (response: ServerResponse) =>
  answerJson(response, { resource })
const what = 'resource-metadata'

describe('the metadata of a resource', () => {
  it('that the challenge names comes first, then the path, then the root', async () => {
    const served = {
      '/own': document('own'),
      [pathForm]: document('path'),
      [rootForm]: document('root'),
    }
    const named = (origin: string): string => `Bearer resource_metadata="${origin}/own"`
    const { json, origin, paths } = await discovered({ what }, served, named)
    expect(json).toMatchObject({
      document: { resource: 'own' },
      url: `${origin}/own`,
      status: 200,
      content_type: 'application/json',
      found_by: 'challenge',
      advertised: `${origin}/own`,
      challenge_status: 401,
      signed: null,
    })
    expect(paths.toSorted()).toEqual(
      ['POST /mcp', 'GET /own', `GET ${pathForm}`, `GET ${rootForm}`].toSorted(),
    )
    const { json: unnamed } = await discovered({ what }, served)
    expect(unnamed).toMatchObject({ found_by: 'path', advertised: null })
    const { json: onlyRoot } = await discovered({ what }, { [rootForm]: document('root') })
    expect(onlyRoot).toMatchObject({ found_by: 'root', document: { resource: 'root' } })
  })

  it('is no error object, no list and no page, though it comes with 200', async () => {
    const served: Served = {
      [pathForm]: (response) => answerJson(response, { error: 'not found' }),
      [rootForm]: (response) => response.end('<html>'),
    }
    const { json } = await discovered({ what }, served)
    expect(json).toMatchObject({ document: null, found_by: null, status: 200 })
    expect(json['tried']).toMatchObject([{ from: 'path' }, { from: 'root', document: null }])
  })

  it('is not fetched where the target may not send us', async () => {
    const elsewhere = 'http://127.0.0.1:9/metadata'
    const named = (): string => `Bearer resource_metadata="${elsewhere}"`
    const { json } = await discovered({ what }, {}, named)
    expect(json).toMatchObject({ advertised: elsewhere, document: null, search: 'not-allowed' })
    expect(json['tried']).toMatchObject([
      { url: elsewhere, state: 'not-allowed', refused: expect.stringContaining('--allow-host') },
      { from: 'path', status: 404, state: 'answered' },
      { from: 'root', status: 404 },
    ])
    const rooted = await discovered({ what }, { [rootForm]: document('root') }, named)
    expect(rooted.json).toMatchObject({ search: 'not-allowed', document: null })
    const both = { [rootForm]: document('root'), [pathForm]: document('path') }
    const own = await discovered({ what }, both, named)
    expect(own.json).toMatchObject({ search: 'settled', found_by: 'path' })
    const relative = await discovered({ what }, {}, () => 'Bearer resource_metadata="/x"')
    expect(relative.json).toMatchObject({ search: 'settled', tried: [{ state: 'no-url' }, {}, {}] })
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['429', (response) => void response.writeHead(429).end()],
    ['503', (response) => void response.writeHead(503).end()],
    ['nothing', (response) => void response.destroy()],
  ])('stays open where a place answers %s', async (_, busy) => {
    const rooted = await discovered({ what }, { [pathForm]: busy, [rootForm]: document('root') })
    expect(rooted.json).toMatchObject({ search: 'void', document: null, found_by: null })
    expect(rooted.json['tried']).toMatchObject([{ state: 'void' }, { state: 'answered' }])
    expect(rooted.paths.filter((path) => path === `GET ${pathForm}`).length).toBeGreaterThan(1)
    const found = await discovered({ what }, { [pathForm]: document('path'), [rootForm]: busy })
    expect(found.json).toMatchObject({ search: 'settled', found_by: 'path' })
  })

  it('is compared with the published identifier, also through a tunnel', async () => {
    const served = (resource: string): Served => ({ [pathForm]: document(resource) })
    const own = await discovered({ what }, served('no url'))
    expect(own.json).toMatchObject({ difference: null, own_url: false })
    const facts = (resource: string) => ({
      target: { resource, resource_origin: 'https://h.example', origin: 'ORIGIN' },
    })
    const tunnelled = await discovered(
      { what },
      served('https://h.example/mcp'),
      undefined,
      facts('https://h.example/mcp'),
    )
    expect(tunnelled.json).toMatchObject({ difference: 'none', own_url: true })
    const parent = await discovered(
      { what },
      served('https://h.example/mcp'),
      undefined,
      facts('https://h.example/mcp/deep'),
    )
    expect(parent.json).toMatchObject({ difference: 'parent', own_url: true })
  })

  it('is asked for with the headers of the step; a redirect is recorded, not followed', async () => {
    const moved = (response: ServerResponse): void =>
      void response.writeHead(301, { location: '/there' }).end()
    const served = { [pathForm]: moved, '/there': document('there') }
    const { json, seen } = await discovered(
      { what, header: { Origin: 'https://o.example' } },
      served,
    )
    expect(json['document']).toBeNull()
    expect((json['tried'] as JsonObject[])[0]?.['redirect']).toMatch(/^http:.*\/there$/)
    expect(seen.map(({ headers }) => headers.origin)).toEqual(Array(3).fill('https://o.example'))
    expect(seen.map(({ path }) => path)).not.toContain('/there')
  })
})

const metadata =
  (issuer: (origin: string) => string) => (response: ServerResponse, origin: string) =>
    answerJson(response, { issuer: issuer(origin) })
const inserted = '/.well-known/oauth-authorization-server/t'
const openIdInserted = '/.well-known/openid-configuration/t'
const openIdAppended = '/t/.well-known/openid-configuration'

describe('the metadata of an issuer', () => {
  const ask = (at: string, served: Served) => discovered({ what: 'issuer-metadata', at }, served)

  it('is looked for in the order of MCP until its issuer is the same', async () => {
    const right = metadata((origin) => `${origin}/t`)
    const { json, paths, origin } = await ask('ORIGIN/t', { [openIdAppended]: right })
    expect(paths).toEqual([inserted, openIdInserted, openIdAppended].map((path) => `GET ${path}`))
    expect(json).toMatchObject({
      issuer: `${origin}/t`,
      status: 200,
      same: true,
      difference: 'none',
      url: origin + openIdAppended,
      refused: null,
      earlier_mismatch: false,
    })
    const first = await ask('ORIGIN/t', { [inserted]: right, [openIdAppended]: right })
    expect(first.paths).toEqual([`GET ${inserted}`])
  })

  it.each([
    ['/t/', 'trailing-slash'],
    ['/T', 'other'],
  ])('of %s is another issuer by %s', async (path, difference) => {
    const { json } = await ask('ORIGIN/t', { [inserted]: metadata((origin) => origin + path) })
    expect(json).toMatchObject({ status: 200, same: false, difference })
  })

  it('of another issuer stands back for one that is the same', async () => {
    const served = {
      [inserted]: metadata((origin) => origin),
      [openIdInserted]: metadata((origin) => `${origin}/t`),
    }
    const { json, origin } = await ask('ORIGIN/t', served)
    expect(json).toMatchObject({ same: true, url: origin + openIdInserted, earlier_mismatch: true })
  })

  it('that differs everywhere is told by the first', async () => {
    const served = {
      [inserted]: metadata((origin) => `${origin}/t/`),
      [openIdInserted]: metadata((origin) => origin),
    }
    const { json, origin } = await ask('ORIGIN/t', served)
    expect(json).toMatchObject({ url: origin + inserted, difference: 'trailing-slash' })
    expect(json).toMatchObject({ same: false, earlier_mismatch: false })
  })

  it('is a document with an issuer and status 200', async () => {
    const { json } = await ask('ORIGIN/t', {
      [inserted]: (response) => answerJson(response, {}),
      [openIdInserted]: (response, origin) => answerJson(response, { issuer: `${origin}/t` }, 203),
    })
    expect(json).toMatchObject({ status: 404, document: null, same: false })
  })

  it.each([
    ['http://127.0.0.1:9', 'refused'],
    ['no url', 'no-url'],
    ['urn:issuer', 'no-url'],
  ])('of %s is not asked for: %s', async (at, status) => {
    const { json, paths } = await ask(at, {})
    expect(json).toMatchObject({ status, refused: expect.any(String), document: null })
    expect(paths).toEqual([])
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['nothing', (response) => void response.destroy()],
    ['429', (response) => void response.writeHead(429).end()],
    ['503', (response) => void response.writeHead(503).end()],
  ])('is out of reach where a place answers %s, unless another is right', async (_, busy) => {
    const wrong = metadata((origin) => `${origin}/other`)
    const served = { [inserted]: wrong, [openIdInserted]: busy }
    expect((await ask('ORIGIN/t', served)).json).toMatchObject({ status: 'unreachable' })
    expect((await ask('ORIGIN/t', { [inserted]: busy })).json).toMatchObject({
      status: 'unreachable',
    })
    const right = { [inserted]: busy, [openIdAppended]: metadata((origin) => `${origin}/t`) }
    expect((await ask('ORIGIN/t', right)).json).toMatchObject({ status: 200, same: true })
  })
})

it('every issuer that the resource lists is asked, and their keys are compared', async () => {
  const key = { kty: 'oct', k: 'b25l' }
  const { json, taken, paths } = await discovered(
    { what: 'authorization-servers' },
    {
      [pathForm]: (response, origin) =>
        answerJson(response, {
          resource: `${origin}/mcp`,
          authorization_servers: [`${origin}/t`, 7, 'urn:issuer'],
          jwks_uri: `${origin}/keys`,
        }),
      [inserted]: (response, origin) =>
        answerJson(response, { issuer: `${origin}/t`, jwks_uri: `${origin}/keys` }),
      '/keys': (response) => answerJson(response, { keys: [key] }),
    },
  )
  expect(json['servers']).toMatchObject([
    { same: true, status: 200, same_origin: true, shared_keys: [expect.any(String)] },
    { issuer: 'urn:issuer', status: 'no-url', same_origin: false, shared_keys: [] },
  ])
  expect(json['resource_keys']).toMatchObject({ state: 'compared', shared: [expect.any(String)] })
  expect(taken.roundTrips).toHaveLength(paths.length)
})

describe('routes for tokens of development', () => {
  const gives = (body: object | string) => (response: ServerResponse) =>
    typeof body === 'string' ? void response.end(body) : answerJson(response, body as JsonObject)
  const api = (paths: JsonObject): Served => ({ '/openapi.json': gives({ paths }) })
  const found = (served: Served) => discovered({ what: 'token-routes' }, served)

  it('are those whose name says so, asked without credentials', async () => {
    const { origin, json, taken } = await found({
      ...api({
        '/dev/token': { post: {}, get: {} },
        '/oauth/token': { post: {} },
        '/latest/token': { get: {} },
        '/dev/users': { get: {} },
        '/dev/token/{id}': { get: {} },
        '/test/tokenizer': { get: {} },
        '/dev/revoke-token': { post: {} },
        '/test/token': { delete: {} },
      }),
      '/dev/token': gives({ data: { access_token: 'secret-of-development' } }),
    })
    const url = `${origin}/dev/token`
    const routes = [
      { url, method: 'GET', status: 200 },
      { url, method: 'POST', status: 200 },
    ]
    expect(json).toEqual({ documented: true, routes, token: '‹access_token#1›' })
    expect(taken.rawJson).toMatchObject({ token: 'secret-of-development' })
  })

  it.each<[string, object | string, string]>([
    ['a member', { jwt: 'x' }, 'x'],
    ['a bare JWT', 'eyJh.eyJz.c2ln', 'eyJh.eyJz.c2ln'],
    ['a page', '<html>no token</html>', 'none'],
  ])('may answer with %s', async (_title, body, token) => {
    const served = { ...api({ '/demo/jwt': { get: {} } }), '/demo/jwt': gives(body) }
    expect((await found(served)).taken.rawJson).toMatchObject({ token })
  })

  it.each<[string, Served, boolean]>([
    ['there is no document', {}, false],
    ['it has no paths', { '/openapi.json': gives({}) }, true],
    ['it is a page', { '/openapi.json': gives('<html>') }, false],
  ])('none where %s', async (_title, served, documented) => {
    expect((await found(served)).json).toEqual({ documented, routes: [], token: 'none' })
  })
})
