import * as fc from 'fast-check'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { describe, expect, it } from 'vitest'
import type { IssuerArrangement, IssuerControl, TokenKind } from '../harness/model.ts'
import { DropConnection } from './drop-connection.ts'
import { createIssuer } from './issuer.ts'
import type { IssuerOptions, MockIssuer } from './issuer.ts'
import type { JsonObject } from './json.ts'
import { localProfile } from './profiles/local.ts'

const url = 'https://issuer.example/tenant'
const clock = (): number => 1_700_000_000
const made = (options: Partial<IssuerOptions> = {}): MockIssuer =>
  createIssuer({ url, clock, ...options })

const get = (issuer: MockIssuer, address: string): Promise<Response> =>
  issuer.handle(new Request(address))

async function keys(issuer: MockIssuer): Promise<JsonObject[]> {
  const response = await get(issuer, issuer.jwksUri)
  return ((await response.json()) as { keys: JsonObject[] }).keys
}

async function metadata(issuer: MockIssuer): Promise<JsonObject> {
  return (await (await get(issuer, issuer.metadataUrl)).json()) as JsonObject
}

function token(issuer: IssuerControl, key: string, alg: string): Promise<string> {
  const { kid } = issuer.publicJwk(key)
  const header = JSON.stringify({ alg, ...(kid === undefined ? {} : { kid }) })
  return issuer.sign({ header, payload: '{"sub":"alice"}', key, alg })
}

async function isPublished(issuer: MockIssuer, key: string, alg: string): Promise<boolean> {
  const set = { keys: await keys(issuer) } as unknown as JSONWebKeySet
  const verified = jwtVerify(await token(issuer, key, alg), createLocalJWKSet(set))
  return verified.then(
    () => true,
    () => false,
  )
}

describe('a conformant issuer', () => {
  it('announces what it does, and nothing else', async () => {
    const confidential = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']
    expect(await metadata(made())).toEqual({
      issuer: url,
      jwks_uri: `${url}/jwks`,
      token_endpoint: `${url}/token`,
      authorization_endpoint: `${url}/authorize`,
      registration_endpoint: `${url}/register`,
      introspection_endpoint: `${url}/introspect`,
      revocation_endpoint: `${url}/revoke`,
      userinfo_endpoint: `${url}/userinfo`,
      end_session_endpoint: `${url}/logout`,
      token_endpoint_auth_methods_supported: [...confidential, 'none'],
      introspection_endpoint_auth_methods_supported: confidential,
      revocation_endpoint_auth_methods_supported: [...confidential, 'none'],
      token_endpoint_auth_signing_alg_values_supported: ['RS256', 'PS256', 'ES256'],
      dpop_signing_alg_values_supported: ['ES256', 'RS256', 'PS256'],
      grant_types_supported: [
        'authorization_code',
        'refresh_token',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:token-exchange',
      ],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      response_types_supported: ['code'],
      response_modes_supported: ['query', 'form_post'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    })
  })

  it.each([
    'jwks_uri',
    'token_endpoint',
    'introspection_endpoint',
    'authorization_endpoint',
    'registration_endpoint',
    'revocation_endpoint',
    'userinfo_endpoint',
    'end_session_endpoint',
  ])('answers at the %s that it announces', async (member) => {
    const issuer = made()
    const announced = String((await metadata(issuer))[member])
    expect((await get(issuer, announced)).status).not.toBe(404)
  })

  it('publishes one key, without its private half, to be stored for a minute at most', async () => {
    const issuer = made()
    const response = await get(issuer, issuer.jwksUri)
    const maxAge = /^max-age=(\d+)$/.exec(response.headers.get('cache-control') ?? '')?.[1]
    const [key, ...others] = ((await response.json()) as { keys: JsonObject[] }).keys
    expect(Number(maxAge)).toBeLessThanOrEqual(60)
    expect(others).toEqual([])
    expect(key).toEqual(issuer.publicJwk())
    expect(Object.keys(key ?? {}).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
  })

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('takes no %s where documents are', async (method) => {
    const issuer = made()
    const response = await issuer.handle(new Request(issuer.jwksUri, { method }))
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, HEAD')
  })

  it('lets web pages read its documents', async () => {
    const issuer = made()
    const asked = await issuer.handle(new Request(issuer.jwksUri, { method: 'OPTIONS' }))
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-origin')).toBe('*')
    const read = await get(issuer, issuer.jwksUri)
    expect(read.headers.get('access-control-allow-origin')).toBe('*')
  })

  it.each(['', '/', '/jwks/', '/JWKS', '/.well-known/oauth-authorization-server', '/authorize'])(
    'has nothing at %j',
    async (path) => {
      expect((await get(made(), `https://issuer.example${path}`)).status).toBe(404)
    },
  )

  it.each(['issuer.example', 'ftp://issuer.example', 'https://a/?b', 'https://a/#b', 'https://'])(
    'does not take %j for an identifier',
    (text) => {
      expect(() => made({ url: text })).toThrow(/is no issuer identifier\. Allowed: an absolute/)
    },
  )

  it('keeps its identifier byte for byte', async () => {
    for (const text of ['https://Issuer.Example:443/Tenant/', 'http://localhost:80']) {
      expect((await metadata(made({ url: text })))['issuer']).toBe(text)
    }
  })

  it('plays another provider when the profile says so', async () => {
    const issuer = made({
      profile: {
        ...localProfile,
        routes: { jwks: ['/keys.json'], token: ['/oauth/token'] },
        documents: localProfile.documents.map((each) => ({
          ...each,
          write: (standard) => ({ ...standard, service_documentation: 'https://a' }),
        })),
      },
    })
    expect(await metadata(issuer)).toMatchObject({
      jwks_uri: `${url}/keys.json`,
      token_endpoint: `${url}/oauth/token`,
      service_documentation: 'https://a',
    })
    expect(await keys(issuer)).toHaveLength(1)
  })
})

describe('parts', () => {
  const order = { user: 'a', audience: 'https://target.example/mcp', scopes: ['r', 'w'] } as const
  const partsOf = (kind: TokenKind, issuer = made()): ReturnType<MockIssuer['parts']> =>
    issuer.parts({ ...order, kind, scopes: [...order.scopes] })
  const common = { iss: url, sub: 'alice', iat: clock(), exp: clock() + 3600 }

  it.each([
    ['access-token', 'at+jwt', { aud: order.audience, client_id: 'mcp-client', scope: 'r w' }],
    ['subject-token', 'at+jwt', { aud: 'https://upstream.example/api', client_id: 'mcp-client' }],
    ['refresh-token', 'rt+jwt', { aud: url, token_use: 'refresh', client_id: 'mcp-client' }],
    [
      'id-token',
      'JWT',
      { aud: 'mcp-client', auth_time: clock(), email: 'alice@example.com', email_verified: true },
    ],
  ] as const)('of an %s are typed %s', (kind, typ, claims) => {
    const parts = partsOf(kind)
    expect(parts.header).toEqual({ alg: 'RS256', typ, kid: 'local-key' })
    expect(parts.claims).toMatchObject({ ...common, ...claims })
  })

  it('of an ID token hold a nonce and the hash of an access token', () => {
    const { claims } = partsOf('id-token')
    expect(Buffer.from(String(claims['at_hash']), 'base64url')).toHaveLength(16)
    expect(claims['nonce']).toMatch(/^nonce-/)
  })

  it('have a jti that is never the same, and the same in the next run', () => {
    const ids = (): unknown[] => {
      const issuer = made()
      return Array.from({ length: 50 }, () => partsOf('access-token', issuer).claims['jti'])
    }
    expect(new Set(ids()).size).toBe(50)
    expect(ids()).toEqual(ids())
    expect(partsOf('access-token', made({ url: `${url}/2` })).claims['jti']).not.toBe(ids()[0])
  })

  it('have no scope when there is none', () => {
    const { claims } = made().parts({ ...order, kind: 'access-token', scopes: [] })
    expect(claims).not.toHaveProperty('scope')
  })

  it('are of the user who is asked for, and follow the clock', () => {
    let now = 1000
    const issuer = made({ clock: () => now, clientId: 'mine' })
    now = 2000
    const { claims } = issuer.parts({ ...order, kind: 'access-token', user: 'b', scopes: [] })
    expect(claims).toMatchObject({ sub: 'bob', iat: 2000, exp: 5600, client_id: 'mine' })
  })
})

describe('sign', () => {
  it('signs exactly these texts, whatever they say', async () => {
    const issuer = made()
    const [header, payload] = ['{"alg" : "none", "alg":"HS256"}', 'not {JSON é']
    const jws = await issuer.sign({ header, payload, key: 'current', alg: 'RS256' })
    const texts = jws.split('.').map((each) => Buffer.from(each, 'base64url').toString())
    expect(texts.slice(0, 2)).toEqual([header, payload])
    expect(texts[2]).not.toBe('')
  })

  it('says which keys there are', async () => {
    const issuer = made()
    await issuer.arrange({ 'publish-key': { name: 'next' } })
    expect(() => issuer.publicJwk('gone')).toThrow(
      'the issuer has no key "gone". It has: current, next',
    )
    const unknown = { header: '{}', payload: '{}', key: 'gone', alg: 'RS256' }
    await expect(issuer.sign(unknown)).rejects.toThrow('the issuer has no key "gone"')
  })
})

describe('publish-key', () => {
  it.each([
    ['rsa', 'RS256'],
    ['rsa', 'PS384'],
    ['ec', 'ES256'],
  ])('publishes a key of kind %s for %s until it is undone', async (kind, alg) => {
    const issuer = made()
    const { undo } = await issuer.arrange({ 'publish-key': { name: 'next', kind, alg } })
    expect(await isPublished(issuer, 'next', alg)).toBe(true)
    expect(await isPublished(issuer, 'current', 'RS256')).toBe(true)
    await undo()
    expect(await keys(issuer)).toHaveLength(1)
    expect(() => issuer.publicJwk('next')).toThrow(/no key "next"/)
  })

  it('publishes a key of 1024 bits, which jose refuses', async () => {
    const issuer = made()
    await issuer.arrange({ 'publish-key': { name: 'weak', kind: 'rsa-1024' } })
    expect(Buffer.from(String(issuer.publicJwk('weak')['n']), 'base64url')).toHaveLength(128)
    expect(await isPublished(issuer, 'weak', 'RS256')).toBe(false)
  })

  it('publishes a symmetric key whole, and signs with it', async () => {
    const issuer = made()
    await issuer.arrange({ 'publish-key': { name: 'shared', kind: 'oct', alg: 'HS256' } })
    const secret = Buffer.from(String(issuer.publicJwk('shared')['k']), 'base64url')
    const jws = await token(issuer, 'shared', 'HS256')
    await expect(jwtVerify(jws, secret)).resolves.toBeDefined()
    expect((await keys(issuer))[1]).toEqual(issuer.publicJwk('shared'))
  })

  it('derives the kind from alg and alg from the kind', async () => {
    const issuer = made({ key: 'ec' })
    await issuer.arrange({ 'publish-key': { name: 'like-current' } })
    await issuer.arrange({ 'publish-key': { name: 'by-alg', alg: 'HS512' } })
    await issuer.arrange({ 'publish-key': { name: 'by-kind', kind: 'rsa' } })
    const [, ...added] = await keys(issuer)
    expect(added.map(({ kty, alg }) => [kty, alg])).toEqual([
      ['EC', 'ES256'],
      ['oct', 'HS512'],
      ['RSA', 'RS256'],
    ])
  })

  it('lays members over the JWK and leaves members out', async () => {
    const issuer = made()
    const members = { use: 'enc', key_ops: ['encrypt'], kid: 'mine' }
    await issuer.arrange({ 'publish-key': { name: 'odd', members, drop: ['alg'] } })
    expect(issuer.publicJwk('odd')).toMatchObject(members)
    expect(issuer.publicJwk('odd')).not.toHaveProperty('alg')
    await issuer.arrange({ 'publish-key': { name: 'bare', drop: ['kid', 'use', 'alg'] } })
    expect(Object.keys(issuer.publicJwk('bare'))).toEqual(['kty', 'n', 'e'])
  })

  it('gives no key and no kid twice, not even after an undoing or to another issuer', async () => {
    const issuers = [made(), made({ key: 'second' })]
    const seen: unknown[] = []
    for (let round = 0; round < 6; round += 1) {
      for (const issuer of issuers) {
        const { undo } = await issuer.arrange({ 'publish-key': { name: 'next' } })
        seen.push(issuer.publicJwk('next')['n'], issuer.publicJwk('next')['kid'])
        await undo()
      }
    }
    expect(new Set(seen).size).toBe(24)
    await Promise.all(issuers.map((issuer) => issuer.close()))
  })

  it('goes on when the stored keys are used up', async () => {
    const issuer = made()
    for (const name of ['first', 'second', 'third']) {
      await issuer.arrange({ 'publish-key': { name, kind: 'rsa-1024' } })
      await issuer.arrange({ 'publish-key': { name: `ec-${name}`, kind: 'ec' } })
    }
    const numbers = (await keys(issuer)).map(({ n, x }) => n ?? x)
    expect(new Set(numbers).size).toBe(7)
    expect(await isPublished(issuer, 'ec-third', 'ES256')).toBe(true)
    await issuer.close()
  })

  it('refuses a name that is taken, also by one that comes at the same time', async () => {
    const issuer = made()
    await expect(issuer.arrange({ 'publish-key': { name: 'current' } })).rejects.toThrow(
      'has a key "current" already',
    )
    const both = ['next', 'next'].map((name) => issuer.arrange({ 'publish-key': { name } }))
    const states = (await Promise.allSettled(both)).map(({ status }) => status)
    expect(states.toSorted()).toEqual(['fulfilled', 'rejected'])
  })
})

describe('the key set', () => {
  const jwk = { kty: 'XYZ', kid: 'odd', value: 'AQAB' }

  it('holds a raw JWK until that is undone', async () => {
    const issuer = made()
    const { undo } = await issuer.arrange({ 'publish-jwk': jwk })
    expect(await keys(issuer)).toEqual([issuer.publicJwk(), jwk])
    await undo()
    expect(await keys(issuer)).toEqual([issuer.publicJwk()])
  })

  it('loses the signing key, which signs on, until that is undone', async () => {
    const issuer = made()
    const { undo } = await issuer.arrange({ 'remove-key': { name: 'current' } })
    expect(await keys(issuer)).toEqual([])
    expect(await token(issuer, 'current', 'RS256')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]{342}$/)
    await undo()
    expect(await isPublished(issuer, 'current', 'RS256')).toBe(true)
  })

  it('loses a published key, and not the next one of that name', async () => {
    const issuer = made()
    const first = await issuer.arrange({ 'publish-key': { name: 'next' } })
    await issuer.arrange({ 'remove-key': { name: 'next' } })
    expect(await isPublished(issuer, 'next', 'RS256')).toBe(false)
    await first.undo()
    await issuer.arrange({ 'publish-key': { name: 'next' } })
    expect(await isPublished(issuer, 'next', 'RS256')).toBe(true)
  })
})

describe('metadata and response', () => {
  it('sets members, null removes them, and the undoing brings them back', async () => {
    const issuer = made()
    const before = await metadata(issuer)
    const members = { issuer: 'https://other.example', token_endpoint: null, extra: [1] }
    const { undo } = await issuer.arrange({ metadata: members })
    const { token_endpoint: _, ...rest } = before
    expect(await metadata(issuer)).toEqual({ ...rest, issuer: members.issuer, extra: [1] })
    expect(issuer.url).toBe(url)
    await undo()
    expect(await metadata(issuer)).toEqual(before)
  })

  it('replaces an answer, with JSON and 200 unless told otherwise', async () => {
    const issuer = made()
    const { undo } = await issuer.arrange({ response: { endpoint: 'jwks', body: '[]' } })
    const plain = await get(issuer, issuer.jwksUri)
    expect([plain.status, plain.headers.get('content-type'), await plain.text()]).toEqual([
      200,
      'application/json',
      '[]',
    ])
    const header = { 'content-type': 'text/html', location: 'https://other.example' }
    const response = { endpoint: 'jwks', status: 302, header, body: '<p>' }
    const over = await issuer.arrange({ response })
    const moved = await get(issuer, issuer.jwksUri)
    expect([moved.status, moved.headers.get('location')]).toEqual([302, header.location])
    await undo()
    expect((await get(issuer, issuer.jwksUri)).status).toBe(302)
    await over.undo()
    expect(await keys(issuer)).toHaveLength(1)
  })

  it('has an answer without a body', async () => {
    const issuer = made()
    await issuer.arrange({ response: { endpoint: 'token', status: 204, body: '' } })
    expect((await get(issuer, `${url}/token`)).status).toBe(204)
  })
})

describe('fail', () => {
  it('answers with a status at the named endpoints alone', async () => {
    const issuer = made()
    const { undo } = await issuer.arrange({ fail: { endpoints: ['jwks', 'token'], how: 503 } })
    expect((await get(issuer, issuer.jwksUri)).status).toBe(503)
    expect((await get(issuer, `${url}/token`)).status).toBe(503)
    expect((await get(issuer, issuer.metadataUrl)).status).toBe(200)
    await undo()
    expect((await get(issuer, issuer.jwksUri)).status).toBe(200)
    expect(issuer.requests().map(({ status }) => status)).toEqual([503, 503, 200, 200])
  })

  it('fails at every place of the metadata', async () => {
    const issuer = made()
    await issuer.arrange({ fail: { endpoints: ['metadata'], how: 500 } })
    const appended = await get(issuer, `${url}/.well-known/openid-configuration`)
    expect(appended.status).toBe(500)
  })

  it('drops the connection on reset', async () => {
    const issuer = made()
    await issuer.arrange({ fail: { endpoints: ['jwks'], how: 'reset' } })
    await expect(get(issuer, issuer.jwksUri)).rejects.toBeInstanceOf(DropConnection)
  })

  it('waits on stall until that is undone, then does what else is arranged', async () => {
    const issuer = made()
    const { undo } = await issuer.arrange({ fail: { endpoints: ['jwks'], how: 'stall' } })
    let settled = false
    const late = get(issuer, issuer.jwksUri).finally(() => (settled = true))
    await get(issuer, issuer.metadataUrl)
    expect(settled).toBe(false)
    await undo()
    expect((await late).status).toBe(200)
  })

  it('drops the connection on stall when the issuer is closed or the client goes', async () => {
    const issuer = made()
    await issuer.arrange({ fail: { endpoints: ['jwks'], how: 'stall' } })
    const client = new AbortController()
    const left = issuer.handle(new Request(issuer.jwksUri, { signal: client.signal }))
    client.abort()
    await expect(left).rejects.toBeInstanceOf(DropConnection)
    const late = get(issuer, issuer.jwksUri)
    await issuer.close()
    await expect(late).rejects.toBeInstanceOf(DropConnection)
  })
})

it('undoes arrangements in any order, each once', async () => {
  const arrangements: IssuerArrangement[] = [
    { 'publish-key': { name: 'next', alg: 'ES256' } },
    { 'publish-jwk': { kty: 'XYZ' } },
    { 'remove-key': { name: 'current' } },
    { metadata: { issuer: 'https://one.example' } },
    { metadata: { issuer: 'https://two.example' } },
    { response: { endpoint: 'token', status: 418, body: '' } },
    { fail: { endpoints: ['token'], how: 503 } },
  ]
  const state = async (issuer: MockIssuer): Promise<unknown> => [
    (await keys(issuer)).map(({ kty }) => kty),
    await metadata(issuer),
    (await get(issuer, `${url}/token`)).status,
  ]
  const before = await state(made())
  const indexes = arrangements.map((_, index) => index)
  const orders = fc.shuffledSubarray(indexes, { minLength: indexes.length })
  const property = fc.asyncProperty(orders, async (order) => {
    const issuer = made()
    const undos = []
    for (const each of arrangements) undos.push((await issuer.arrange(each)).undo)
    const [first = 0, ...others] = order
    await undos[first]?.()
    await undos[first]?.()
    const kept = arrangements.filter((_, index) => index !== first)
    const alike = made()
    for (const each of kept) await alike.arrange(each)
    expect(await state(issuer)).toEqual(await state(alike))
    for (const index of others) await undos[index]?.()
    expect(await state(issuer)).toEqual(before)
  })
  await fc.assert(property, { numRuns: 30, seed: 4 })
})

describe('a wrong arrangement', () => {
  it.each([
    [{}, 'an issuer cannot "". It can: publish-key, publish-jwk, remove-key, fail, metadata'],
    [{ rotate: {} }, 'an issuer cannot "rotate". It can: publish-key'],
    [{ constructor: {} }, 'an issuer cannot "constructor"'],
    [{ metadata: {}, revoke: {} }, 'one arrangement holds one power'],
    [{ metadata: [] }, 'metadata: found []. Allowed: a map'],
    [{ 'publish-key': {} }, 'publish-key.name: found nothing. Allowed: a text'],
    [
      { 'publish-key': { name: 'a', kind: 'dsa' } },
      'publish-key.kind: found "dsa". Allowed: rsa, rsa-1024, ec, oct',
    ],
    [{ 'publish-key': { name: 'a', alg: 'XX1' } }, 'no key kind follows from the algorithm "XX1"'],
    [{ 'publish-key': { name: 'a', kid: 'b' } }, 'found "kid". Allowed: name, alg, kind, members'],
    [{ 'remove-key': { name: 'a' } }, 'the issuer has no key "a". It has: current'],
    [
      { fail: { endpoints: ['keys'], how: 500 } },
      'fail.endpoints: found "keys". Allowed: jwks, metadata, token, introspection',
    ],
    [{ fail: { endpoints: [], how: 500 } }, 'fail.endpoints names no endpoint'],
    [
      { fail: { endpoints: ['jwks'], how: 200 } },
      'fail.how: found 200. Allowed: reset, stall or a status from 400 to 599',
    ],
    [{ response: { endpoint: 'authorize', body: '' } }, 'response.endpoint: found "authorize"'],
    [{ response: { endpoint: 'jwks', status: 99, body: '' } }, 'there is no such response'],
    [{ response: { endpoint: 'jwks', status: 204, body: 'x' } }, 'there is no such response'],
    [{ response: { endpoint: 'jwks', header: { 'a b': 'c' } } }, 'there is no such response'],
    [{ response: { endpoint: 'jwks', body: {} } }, 'response.body: found {}. Allowed: a text'],
    [{ revoke: {} }, 'revoke.token: found nothing. Allowed: a text'],
  ])('%j is refused and changes nothing', async (arrangement, message) => {
    const issuer = made()
    await expect(issuer.arrange(arrangement)).rejects.toThrow(message)
    expect(await keys(issuer)).toHaveLength(1)
  })
})

describe('the ledger', () => {
  it('tells endpoint, method, path, query, header, status and time, oldest first', async () => {
    const issuer = made()
    await get(issuer, `${issuer.jwksUri}?a=b`)
    const header = { 'user-agent': 'target/1', accept: 'application/json' }
    await issuer.handle(new Request(issuer.metadataUrl, { headers: header, method: 'HEAD' }))
    await get(issuer, `${url}/elsewhere`)
    const [first, second, third] = issuer.requests()
    expect(first).toMatchObject({ endpoint: 'jwks', method: 'GET', query: { a: 'b' }, status: 200 })
    expect(first?.at).toBeGreaterThan(Date.now() - 60_000)
    expect(second).toMatchObject({ endpoint: 'metadata', method: 'HEAD', header })
    expect(second?.path).toBe('/.well-known/oauth-authorization-server/tenant')
    expect(third).toMatchObject({ endpoint: 'unknown', status: 404 })
    expect(issuer.requests(2)).toEqual([third])
    expect(issuer.requests(3)).toEqual([])
  })

  it('never holds a credential, wherever it was sent', async () => {
    const issuer = made()
    const jws = await token(issuer, 'current', 'RS256')
    const { clientSecret, refreshToken } = issuer
    const basic = Buffer.from(`mcp-client:${clientSecret}`).toString('base64')
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams({ token: jws, client_secret: clientSecret }).toString()
    const post = { method: 'POST', body }
    for (const [address, init] of [
      [`${url}/introspect`, { ...post, headers: { ...form, authorization: `Basic ${basic}` } }],
      [`${url}/token?client_secret=${clientSecret}&x=${jws}`, { ...post, headers: form }],
      [`${url}/jwks?access_token=${refreshToken}`, { headers: { 'x-token': `Bearer ${jws}` } }],
      [`${url}/${jws}`, { headers: { cookie: `token=${refreshToken}`, dpop: 'proof-text' } }],
    ] as const) {
      await issuer.handle(new Request(address, init))
    }
    const text = JSON.stringify(issuer.requests())
    for (const secret of [jws, clientSecret, refreshToken, basic, 'proof-text']) {
      expect(text).not.toContain(secret)
    }
    expect(text).toContain('‹removed›')
  })
})

it('takes 200 random requests without a failure', async () => {
  const issuer = made()
  const path = fc.constantFrom(
    new URL(issuer.jwksUri).pathname,
    '/tenant/token',
    '/tenant/introspect',
    '/.well-known/openid-configuration/tenant',
    '/',
  )
  const pair = fc.tuple(
    fc.constantFrom('grant_type', 'resource', 'scope', 'client_id', 'client_secret', 'token'),
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('client_credentials', issuer.clientId, issuer.clientSecret),
      fc.constantFrom('https://a', 'a.b.c', 'eyJ9.e30.', 'null.null.null'),
      fc.json().map((text) => `${Buffer.from(text).toString('base64url')}.e30.x`),
    ),
  )
  const requests = fc.record({
    path: fc.oneof(path, fc.webPath()),
    query: fc.webQueryParameters(),
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'POST', 'POST', 'PUT', 'OPTIONS', 'QUERY'),
    type: fc.constantFrom('application/x-www-form-urlencoded', 'application/json', ''),
    authorization: fc.oneof(
      fc.constant(''),
      fc.base64String().map((text) => `Basic ${text}`),
      fc.constant(
        `Basic ${Buffer.from(`${issuer.clientId}:${issuer.clientSecret}`).toString('base64')}`,
      ),
    ),
    body: fc.oneof(
      fc.array(pair).map((pairs) => new URLSearchParams(pairs).toString()),
      fc.string({ unit: 'binary' }),
    ),
  })
  const seen = new Set<number>()
  const property = fc.asyncProperty(requests, async (each) => {
    const headers = new Headers({ 'content-type': each.type, authorization: each.authorization })
    const bodiless = each.method === 'GET' || each.method === 'HEAD'
    const address = `https://issuer.example${each.path}?${each.query}`
    const init = { method: each.method, headers, body: bodiless ? null : each.body }
    const { status } = await issuer.handle(new Request(address, init))
    seen.add(status)
    expect(status).toBeLessThan(500)
  })
  await fc.assert(property, { numRuns: 200, seed: 20 })
  expect([...seen].toSorted()).toEqual(expect.arrayContaining([200, 400, 401, 404, 405]))
})

it('leaves a client its own token when it asks for one', async () => {
  const issuer = made()
  const response = await issuer.handle(
    new Request(`${url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: issuer.clientId,
        client_secret: issuer.clientSecret,
        resource: 'https://target.example/mcp',
      }),
    }),
  )
  const { access_token: text } = (await response.json()) as { access_token: string }
  expect(decodeProtectedHeader(text)['typ']).toBe('at+jwt')
  expect(decodeJwt(text)).toMatchObject({ sub: 'mcp-client', aud: 'https://target.example/mcp' })
})
