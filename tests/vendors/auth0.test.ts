import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AuthClient } from '@auth0/auth0-auth-js'
import express from 'express'
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auth0Audience, auth0Profile, ownAccessTokens } from '../../mocks/profiles/auth0.ts'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { loginWithMcpSdk, serveMetadata } from './login.ts'
import { trustingFetch } from './trusting-fetch.ts'

const upstream = { audience: 'http://localhost:8787', scopes: ['read:private'] }
const subjectTokenType = 'urn:acme:mcp'
let tenant: ServedIssuer
beforeAll(async () => {
  tenant = await serveIssuer({
    https: true,
    profile: auth0Profile({
      upstream,
      exchangeProfiles: { [subjectTokenType]: ownAccessTokens },
      registration: true,
    }),
  })
})
afterAll(() => tenant.close())

const client = (): AuthClient =>
  new AuthClient({
    domain: new URL(tenant.url).host,
    clientId: tenant.clientId,
    clientSecret: tenant.clientSecret,
    customFetch: trustingFetch(tenant),
  })

const ofAlice = (change: object = {}): string =>
  tenant.mint({
    user: tenant.users.a.subject,
    audience: [auth0Audience],
    scopes: ['openid', 'tool:greet'],
    ...change,
  })

describe("Auth0's auth-js exchanges a token", () => {
  it('by a profile of the tenant, for another API and a narrower scope', async () => {
    const answer = await client().exchangeToken({
      subjectTokenType,
      subjectToken: ofAlice(),
      audience: upstream.audience,
      scope: 'read:private',
    })
    expect(decodeJwt(answer.accessToken)).toMatchObject({
      iss: tenant.url,
      sub: tenant.users.a.subject,
      aud: upstream.audience,
      scope: 'read:private',
      azp: tenant.clientId,
    })
  })

  it.each([
    ['a forged subject token', 400, { subjectToken: `${'x'.repeat(20)}.y.z` }],
    ['a type without a profile', 400, { subjectTokenType: 'urn:acme:other' }],
    ['an API that is not there', 403, { audience: 'https://nowhere.example' }],
  ])('and is refused %s', async (_what, status, change) => {
    const order = { subjectTokenType, subjectToken: ofAlice(), audience: upstream.audience }
    const error = await client()
      .exchangeToken({ ...order, ...change })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ statusCode: status })
  })

  it('for itself, with the words of the service when the secret is wrong', async () => {
    const token = await client().getTokenByClientCredentials({ audience: auth0Audience })
    expect(decodeJwt(token.accessToken)).toMatchObject({
      sub: `${tenant.clientId}@clients`,
      gty: 'client-credentials',
      aud: auth0Audience,
    })
    const answer = await trustingFetch(tenant)(`${tenant.url}oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `grant_type=client_credentials&client_id=${tenant.clientId}&client_secret=wrong`,
    })
    expect([answer.status, await answer.json()]).toEqual([
      401,
      { error: 'access_denied', error_description: 'Unauthorized' },
    ])
  })

  it('cannot have a profile of a reserved type', () => {
    expect(() => auth0Profile({ exchangeProfiles: { 'urn:ietf:x': ownAccessTokens } })).toThrow(
      /cannot be the subject_token_type/,
    )
  })
})

describe('express-oauth2-jwt-bearer', () => {
  let plain: ServedIssuer
  let server: Server
  beforeAll(async () => {
    plain = await serveIssuer({ profile: auth0Profile() })
    const app = express()
    app.use(auth({ issuerBaseURL: plain.url, audience: auth0Audience }))
    app.get('/open', (_request, response) => void response.json({}))
    app.get('/greet', requiredScopes('tool:greet'), (_, response) => void response.json({}))
    const answerError: express.ErrorRequestHandler = (
      error: { status?: number; headers?: object },
      _,
      response,
      next,
    ) => {
      if (error.status === undefined) return next(error)
      response
        .status(error.status)
        .set(error.headers ?? {})
        .end()
    }
    app.use(answerError)
    server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    server.close()
    await plain.close()
  })

  const mint = (change: object = {}): string =>
    plain.mint({
      user: plain.users.a.subject,
      audience: [auth0Audience],
      scopes: ['tool:greet'],
      ...change,
    })
  const ask = async (path: string, token: string): Promise<[number, string]> => {
    const { port } = server.address() as AddressInfo
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    return [answer.status, answer.headers.get('www-authenticate') ?? '']
  }

  it.each([
    ['a token of the mock', {}, 200, ''],
    ['one with openid, whose aud is a list', { scopes: ['openid', 'tool:greet'] }, 200, ''],
    ['one for another API', { audience: ['https://other.example'] }, 401, "Unexpected 'aud' value"],
    ['an expired one', { lifetime: -60 }, 401, "'exp' claim timestamp check failed"],
    [
      'one whose iss lacks the slash',
      { claims: { iss: 'NO SLASH' } },
      401,
      "Unexpected 'iss' value",
    ],
    ['one without the scope', { scopes: [] }, 403, 'insufficient_scope'],
  ])('is given %s', async (_what, change, status, challenge) => {
    const change2 = 'claims' in change ? { claims: { iss: plain.url.replace(/\/$/, '') } } : change
    const [found, header] = await ask('/greet', mint(change2))
    expect(found).toBe(status)
    expect(header).toContain(challenge)
  })
})

describe('the tenant', () => {
  it('gives an opaque token to who names no API, good for userinfo alone', async () => {
    const token = tenant.mint({ user: tenant.users.a.subject, scopes: ['openid'] })
    expect(token.split('.')).toHaveLength(1)
    const userinfo = (bearer: string): Promise<Response> =>
      trustingFetch(tenant)(`${tenant.url}userinfo`, {
        headers: { authorization: `Bearer ${bearer}` },
      })
    expect(await (await userinfo(token)).json()).toMatchObject({ sub: tenant.users.a.subject })
    const refused = await userinfo('made-up')
    expect([refused.status, await refused.text()]).toEqual([401, 'Unauthorized'])
  })

  it.each([
    ['access_token', 'JWT', false, false],
    ['access_token_authz', 'JWT', false, true],
    ['rfc9068_profile', 'at+jwt', true, false],
    ['rfc9068_profile_authz', 'at+jwt', true, true],
  ] as const)('writes the dialect %s', async (dialect, typ, byBook, authz) => {
    const other = await serveIssuer({ profile: auth0Profile({ dialect }) })
    const token = other.mint({
      user: other.users.a.subject,
      audience: [auth0Audience],
      scopes: ['tool:greet'],
    })
    const claims = decodeJwt(token)
    expect(decodeProtectedHeader(token).typ).toBe(typ)
    expect(['client_id' in claims, 'jti' in claims, 'azp' in claims]).toEqual([
      byBook,
      byBook,
      !byBook,
    ])
    expect(claims['permissions']).toEqual(authz ? ['tool:greet'] : undefined)
    await other.close()
  })

  it('registers nobody unless it is told to, though it announces where', async () => {
    const closed = await serveIssuer({ profile: auth0Profile() })
    const metadata = (await (await fetch(closed.metadataUrl)).json()) as Record<string, string>
    const answer = await fetch(metadata['registration_endpoint'] ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_name: 'x', redirect_uris: ['http://127.0.0.1/callback'] }),
    })
    expect(answer.status).toBe(403)
    await closed.close()
  })
})

describe('the MCP TypeScript SDK', () => {
  it('logs in; the token names the default API, since resource does not count', async () => {
    const open = await serveIssuer({
      profile: auth0Profile({ registration: true, defaultAudience: auth0Audience }),
    })
    const server = await serveMetadata(open.url)
    const { registered, tokens } = await loginWithMcpSdk(
      open,
      `${server.origin}/mcp`,
      'tool:greet offline_access unknown:scope',
    )
    expect(registered?.client_id).toMatch(/^tpc_/)
    expect(decodeJwt(tokens?.access_token ?? '')).toMatchObject({
      iss: open.url,
      aud: auth0Audience,
      scope: 'tool:greet offline_access',
    })
    await server.close()
    await open.close()
  })

  it('gets a token for the resource under the compatibility profile', async () => {
    const profile = auth0Profile({ registration: true, resourceParameter: true })
    const open = await serveIssuer({ profile })
    const server = await serveMetadata(open.url)
    const mcp = `${server.origin}/mcp`
    open.setResource({ id: mcp, identifiers: [mcp], scopes: ['tool:greet'] })
    const { tokens } = await loginWithMcpSdk(open, mcp, 'tool:greet')
    expect(decodeJwt(tokens?.access_token ?? '')).toMatchObject({ aud: mcp, scope: 'tool:greet' })
    await server.close()
    await open.close()
  })
})
