import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { createIssuer } from '../issuer.ts'
import type { MockIssuer } from '../issuer.ts'
import type { JsonObject } from '../json.ts'
import { scalekitProfile } from './scalekit.ts'
import type { ScalekitOptions } from './scalekit.ts'

const env = 'https://env.example'
const resource = 'res_71300000000000001'
const other = 'res_71300000000000009'
const serverUrl = 'https://mcp.example.com/mcp'
const connection = 'conn_71300000000000002'
const registration = `${env}/api/v1/resources/${resource}/clients:register`
const redirectUri = 'http://127.0.0.1/callback'
const verifier = 'v'.repeat(43)
const challenge = createHash('sha256').update(verifier).digest('base64url')

function made(options: ScalekitOptions = {}): MockIssuer {
  const issuer = createIssuer({ url: env, profile: scalekitProfile({ serverUrl, ...options }) })
  issuer.setResource({ id: other, scopes: ['mail:read'] })
  return issuer
}

interface Answer {
  status: number
  body: JsonObject
}

async function ask(issuer: MockIssuer, url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await issuer.handle(new Request(url, init))
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return { status: response.status, body: isJson ? (JSON.parse(text) as JsonObject) : { text } }
}

const post = (issuer: MockIssuer, url: string, form: Record<string, string>): Promise<Answer> =>
  ask(issuer, url, { method: 'POST', body: new URLSearchParams(form) })

const postJson = (
  issuer: MockIssuer,
  url: string,
  body: JsonObject,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  ask(issuer, url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })

const metadata = (issuer: MockIssuer, id = resource): Promise<Answer> =>
  ask(issuer, `${env}/.well-known/oauth-authorization-server/resources/${id}`)

describe('documents', () => {
  const document = {
    issuer: `${env}/resources/${resource}`,
    authorization_endpoint: `${env}/resources/${resource}/oauth/authorize`,
    token_endpoint: `${env}/resources/${resource}/oauth/token`,
    jwks_uri: `${env}/keys`,
    registration_endpoint: registration,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'client_credentials', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_post', 'client_secret_basic'],
    code_challenge_methods_supported: ['S256'],
    client_id_metadata_document_supported: true,
    scopes_supported: ['todo:read', 'todo:write'],
  }

  it('of a resource stand at both places, with these members and no other', async () => {
    const issuer = made()
    expect(issuer.metadataUrl).toBe(
      `${env}/.well-known/oauth-authorization-server/resources/${resource}`,
    )
    const appended = `${env}/resources/${resource}/.well-known/oauth-authorization-server`
    for (const url of [issuer.metadataUrl, appended]) {
      expect(await ask(issuer, url)).toEqual({ status: 200, body: document })
    }
  })

  it('of another resource are its own', async () => {
    const { body } = await metadata(made(), other)
    expect(body).toMatchObject({
      issuer: `${env}/resources/${other}`,
      token_endpoint: `${env}/resources/${other}/oauth/token`,
      registration_endpoint: `${env}/api/v1/resources/${other}/clients:register`,
      scopes_supported: ['mail:read'],
    })
  })

  it.each([
    [`/.well-known/oauth-authorization-server/resources/res_1`],
    [`/resources/${resource}/.well-known/openid-configuration`],
    [`/.well-known/openid-configuration/resources/${resource}`],
    [`/.well-known/oauth-authorization-server`],
    [`/resources/${resource}/keys`],
    ['/oauth/register'],
  ])('do not stand at %s', async (path) => {
    expect((await ask(made(), env + path)).status).toBe(404)
  })

  it('of the environment announce its own endpoints and no registration', async () => {
    const { body } = await ask(made(), `${env}/.well-known/openid-configuration`)
    expect(body).toMatchObject({
      issuer: env,
      authorization_endpoint: `${env}/oauth/authorize`,
      token_endpoint: `${env}/oauth/token`,
      introspection_endpoint: `${env}/oauth/introspect`,
      userinfo_endpoint: `${env}/userinfo`,
      revocation_endpoint: `${env}/revoke`,
      revocation_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
      end_session_endpoint: `${env}/oidc/logout`,
      jwks_uri: `${env}/keys`,
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    })
    expect(body).not.toHaveProperty('registration_endpoint')
  })

  it('leave out what is switched off, and announce what is switched on', async () => {
    const off = await metadata(made({ registration: false, clientMetadataDocuments: false }))
    expect(off.body).not.toHaveProperty('registration_endpoint')
    expect(off.body).not.toHaveProperty('client_id_metadata_document_supported')
    const on = await metadata(made({ responseIssuer: true }))
    expect(on.body['authorization_response_iss_parameter_supported']).toBe(true)
  })

  it('publish RSA keys with the ids of the service', async () => {
    const { body } = await ask(made(), `${env}/keys`)
    const [key] = body['keys'] as JsonObject[]
    expect(Object.keys(key ?? {}).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    expect(key).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256' })
    expect(key?.['kid']).toMatch(/^snk_[1-9]\d{16}$/)
  })
})

describe('access tokens', () => {
  const order = { user: 'usr_71300000000000042', scopes: ['todo:read'], audience: [resource] }

  it('have the header and the claims of the service', () => {
    const issuer = made()
    const token = issuer.mint({ ...order, audience: [resource, serverUrl] })
    const kid = expect.stringMatching(/^snk_\d{17}$/) as string
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'JWT', kid })
    const { iat = 0, ...claims } = decodeJwt(token)
    expect(claims).toEqual({
      iss: env,
      aud: [resource, serverUrl],
      sub: order.user,
      client_id: issuer.clientId,
      oid: 'org_71300000000000003',
      jti: expect.stringMatching(/^tkn_\d{17}$/) as string,
      scope: 'todo:read',
      scopes: ['todo:read'],
      nbf: iat,
      exp: iat + 300,
    })
  })

  it('name the resource as issuer after the migration, and are known to the issuer still', async () => {
    const issuer = made({ issuer: 'resource' })
    const token = issuer.mint({ ...order, scopes: ['openid', 'email'] })
    expect(decodeJwt(token).iss).toBe(`${env}/resources/${resource}`)
    const headers = { authorization: `Bearer ${token}` }
    expect(await ask(issuer, `${env}/userinfo`, { headers })).toEqual({
      status: 200,
      body: { sub: order.user, email: 'alice@example.com', email_verified: true },
    })
  })

  it('live as long as their resource says', () => {
    const { exp = 0, iat = 0 } = decodeJwt(made({ lifetime: 600 }).mint(order))
    expect(exp - iat).toBe(600)
  })
})

async function registered(issuer: MockIssuer, more: JsonObject = {}): Promise<JsonObject> {
  const { status, body } = await postJson(issuer, registration, {
    client_name: 'a program',
    redirect_uris: [redirectUri],
    ...more,
  })
  expect(status).toBe(201)
  return body
}

describe('registration', () => {
  it('makes a public client of the resource', async () => {
    const issuer = made()
    const body = await registered(issuer)
    expect(body).toMatchObject({
      client_id: expect.stringMatching(/^m2m_\d{17}$/) as string,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
    })
    expect(body).not.toHaveProperty('client_secret')
    expect(body).not.toHaveProperty('registration_access_token')
  })

  it('gives a secret to a client that asks for a method with one', async () => {
    const body = await registered(made(), { token_endpoint_auth_method: 'client_secret_post' })
    expect(body['client_secret']).toMatch(/^test_\w{40}$/)
    expect(body['grant_types']).toContain('client_credentials')
  })

  it('is for resources that there are, and where it is switched on', async () => {
    const issuer = made()
    const unknown = registration.replace(resource, 'res_1')
    const client = { redirect_uris: [redirectUri] }
    expect((await postJson(issuer, unknown, client)).status).toBe(404)
    issuer.setResource({ id: other, attributes: { registration: false } })
    const off = await postJson(issuer, registration.replace(resource, other), client)
    expect(off.status).toBe(403)
    expect(await registered(issuer)).toHaveProperty('client_id')
  })
})

describe('an MCP client', () => {
  async function authorized(
    issuer: MockIssuer,
    change: Record<string, string | null> = {},
    at = `/resources/${resource}/oauth/authorize`,
  ): Promise<URL> {
    const { client_id: id } = await registered(issuer)
    const all = Object.entries({
      response_type: 'code',
      client_id: String(id),
      redirect_uri: redirectUri,
      scope: 'todo:read',
      resource: serverUrl,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...change,
    }).filter((pair): pair is [string, string] => pair[1] !== null)
    return new URL(await issuer.authorize(`${env}${at}?${new URLSearchParams(all).toString()}`))
  }

  async function redeemed(
    issuer: MockIssuer,
    back: URL,
    at = `/resources/${resource}/oauth/token`,
    change: Record<string, string> = {},
  ): Promise<Answer> {
    const code = back.searchParams.get('code') ?? ''
    return post(issuer, env + at, {
      grant_type: 'authorization_code',
      client_id: issuer.core.state.codes.get(code)?.grant.client.id ?? '',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
      ...change,
    })
  }

  const claimsOf = ({ body }: Answer): JsonObject =>
    decodeJwt(String(body['access_token'])) as JsonObject

  it('gets a token for its resource, by id and Server URL', async () => {
    const issuer = made()
    const answer = await redeemed(issuer, await authorized(issuer))
    expect(claimsOf(answer)).toMatchObject({ iss: env, aud: [resource, serverUrl] })
    expect(answer.body).toMatchObject({ expires_in: 300, scope: 'todo:read' })
    expect(answer.body).not.toHaveProperty('refresh_token')
  })

  it('gets the same at the endpoints of the environment', async () => {
    const issuer = made()
    const back = await authorized(issuer, { resource: null }, '/oauth/authorize')
    const answer = await redeemed(issuer, back, '/oauth/token')
    expect(claimsOf(answer)['aud']).toEqual([resource, serverUrl])
  })

  it('gets a token for the resource alone where that has no Server URL', async () => {
    const issuer = createIssuer({ url: env, profile: scalekitProfile() })
    const back = await authorized(issuer, { resource: 'http://127.0.0.1:3000/mcp' })
    expect(claimsOf(await redeemed(issuer, back))['aud']).toEqual([resource])
  })

  it('gets a refresh token with offline_access, for the same resource', async () => {
    const issuer = made()
    const back = await authorized(issuer, { scope: 'todo:read offline_access' })
    const { body } = await redeemed(issuer, back)
    const client = decodeJwt(String(body['access_token']))['client_id']
    const form = {
      grant_type: 'refresh_token',
      client_id: String(client),
      refresh_token: String(body['refresh_token']),
    }
    const elsewhere = await post(issuer, `${env}/resources/${other}/oauth/token`, form)
    expect(elsewhere).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
    const fresh = await post(issuer, `${env}/resources/${resource}/oauth/token`, form)
    expect(claimsOf(fresh)['aud']).toEqual([resource, serverUrl])
    expect(fresh.body['refresh_token']).not.toBe(body['refresh_token'])
  })

  it.each<[about: string, change: Record<string, string>, error: string]>([
    ['a scope that is not configured', { scope: 'admin' }, 'invalid_scope'],
    ['a scope of another resource', { scope: 'mail:read' }, 'invalid_scope'],
    ['another resource', { resource: 'https://other.example/mcp' }, 'invalid_target'],
    ['a Server URL with a slash behind', { resource: `${serverUrl}/` }, 'invalid_target'],
    ['the method plain', { code_challenge_method: 'plain' }, 'invalid_request'],
  ])('is told about %s', async (_, change, error) => {
    const back = await authorized(made(), { state: 's', ...change })
    expect(back.searchParams.get('error')).toBe(error)
    expect(back.searchParams.get('state')).toBe('s')
    expect(back.searchParams.has('iss')).toBe(false)
  })

  it('is sent the issuer of its document where that is switched on', async () => {
    const back = await authorized(made({ responseIssuer: true }))
    expect(back.searchParams.get('iss')).toBe(`${env}/resources/${resource}`)
  })

  it('does not get into another resource', async () => {
    const issuer = made()
    const back = await authorized(issuer, { resource: null }, `/resources/${other}/oauth/authorize`)
    expect(back.searchParams.get('error')).toBe('invalid_target')
    const code = await authorized(issuer)
    const elsewhere = await redeemed(issuer, code, `/resources/${other}/oauth/token`)
    expect(elsewhere).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
    const unknown = authorized(issuer, {}, '/resources/res_1/oauth/authorize')
    await expect(unknown).rejects.toThrow('answers 404')
  })

  it('that nobody knows gets a page', async () => {
    const unknown = authorized(made(), { client_id: 'm2m_1' })
    await expect(unknown).rejects.toThrow(/answers 400: .*unable to retrieve client by id/)
  })

  it('whose document cannot be had gets a page', async () => {
    const unreachable = authorized(made(), { client_id: 'https://127.0.0.1:1/client.json' })
    await expect(unreachable).rejects.toThrow(/answers 400: .*invalid_client_metadata_url/)
  })

  it.each<[about: string, change: Record<string, string>, error: string, text: string]>([
    ['a code', { code: 'wrong' }, 'invalid_grant', 'invalid code'],
    ['a verifier', { code_verifier: 'w'.repeat(43) }, 'invalid_grant', 'invalid code_verifier'],
    ['no verifier', { code_verifier: '' }, 'invalid_request', 'code_verifier required'],
    [
      'a redirect URI',
      { redirect_uri: 'http://127.0.0.1/other' },
      'invalid_grant',
      'redirect_uri does not correspond',
    ],
  ])('is refused by the words of the service: %s', async (_, change, error, description) => {
    const issuer = made()
    const answer = await redeemed(issuer, await authorized(issuer), '/oauth/token', change)
    expect(answer).toEqual({ status: 400, body: { error, error_description: description } })
  })

  it('cannot revoke', async () => {
    const issuer = made()
    const { client_id: id } = await registered(issuer)
    const answer = await post(issuer, `${env}/revoke`, { client_id: String(id), token: 'x' })
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })

  it('exchanges no tokens', async () => {
    const issuer = made()
    const { client_id: id } = await registered(issuer)
    const answer = await post(issuer, `${env}/oauth/token`, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: String(id),
      subject_token: issuer.mint(),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    })
    expect(answer.body['error']).toBe('unsupported_grant_type')
  })
})

describe('the user details over REST', () => {
  const at = `${env}/api/v1/connections/${connection}/auth-requests/lri_1/user`
  const user = { sub: 'cust-42', email: 'ada@example.com' }

  function withLogin(): { issuer: MockIssuer; url: string; headers: Record<string, string> } {
    const issuer = made({ loginUrl: 'https://app.example.com/login?from=mcp' })
    issuer.setClient({ id: 'm2m_1', redirectUris: [redirectUri] })
    const headers = { authorization: `Bearer ${issuer.mint({ audience: [issuer.clientId] })}` }
    return { issuer, url: at, headers }
  }

  /** Goes as far as the customer's login page. */
  async function begun(issuer: MockIssuer): Promise<URL> {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'm2m_1',
      redirect_uri: redirectUri,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    const url = `${env}/resources/${resource}/oauth/authorize?${query.toString()}`
    return new URL(await issuer.authorize(url))
  }

  const ofLogin = (page: URL): string =>
    at.replace('lri_1', page.searchParams.get('login_request_id') ?? '')

  it('are taken in snake_case and camelCase, and answered with the id of the request', async () => {
    const { issuer, headers } = withLogin()
    const page = await begun(issuer)
    expect(page.searchParams.get('from')).toBe('mcp')
    for (const more of [{ custom_attributes: { tier: 'gold' } }, { emailVerified: true }]) {
      const answer = await postJson(issuer, ofLogin(page), { ...user, ...more }, headers)
      const id = expect.stringMatching(/^req_\d{17}$/) as string
      expect(answer).toEqual({ status: 200, body: { auth_request_id: id } })
    }
  })

  it.each<[about: string, body: JsonObject]>([
    ['no email', { sub: 'cust-42' }],
    ['an empty sub', { ...user, sub: '' }],
    ['a number as name', { ...user, name: 1 }],
    ['attributes that are no object', { ...user, custom_attributes: 'gold' }],
    [
      'an organization with too long a name',
      { ...user, organization_external_name: 'x'.repeat(201) },
    ],
  ])('are refused: %s', async (_, body) => {
    const { issuer, headers } = withLogin()
    const answer = await postJson(issuer, ofLogin(await begun(issuer)), body, headers)
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 3, details: [{ error_code: 'INVALID_ARGUMENT' }] },
    })
  })

  it.each<[about: string, authorization: (issuer: MockIssuer) => string, status: number]>([
    ['without a token', () => '', 401],
    ['with a foreign token', () => 'Bearer x.y.z', 401],
    [
      'with a token of a user',
      (issuer) => `Bearer ${issuer.mint({ user: 'usr_71300000000000042' })}`,
      403,
    ],
    [
      'with a token of an organization',
      (issuer) => `Bearer ${issuer.mint({ client: 'm2morg_71300000000000011' })}`,
      403,
    ],
  ])('are not taken %s', async (_, authorization, status) => {
    const { issuer, url } = withLogin()
    const answer = await postJson(issuer, url, user, { authorization: authorization(issuer) })
    expect(answer.status).toBe(status)
    expect(answer.body['code']).toBe(status === 401 ? 16 : 7)
  })

  it('may be any JSON: never a 500', async () => {
    const { issuer, headers } = withLogin()
    const url = ofLogin(await begun(issuer))
    const members = fc.dictionary(
      fc.constantFrom('sub', 'email', 'roles', 'customAttributes', 'login_failed', '__proto__'),
      fc.oneof(fc.jsonValue(), fc.constant('x')),
    )
    const seen = new Set<number>()
    const property = fc.asyncProperty(fc.oneof(members, fc.jsonValue()), async (body) => {
      const { status } = await postJson(issuer, url, body as JsonObject, headers)
      seen.add(status)
    })
    await fc.assert(property, { numRuns: 500, seed: 7 })
    expect([...seen].toSorted()).toEqual([200, 400])
  })

  it('know resources, connections and logins apart', async () => {
    const { issuer, url, headers } = withLogin()
    const mistaken = url.replace(connection, resource)
    expect(await postJson(issuer, mistaken, user, headers)).toEqual({
      status: 404,
      body: {
        code: 5,
        message: 'invalid ID',
        details: [
          {
            '@type': 'type.googleapis.com/scalekit.v1.errdetails.ErrorInfo',
            error_code: 'RESOURCE_NOT_FOUND',
          },
        ],
      },
    })
    expect((await postJson(issuer, url, user, headers)).status).toBe(404)
    expect((await ask(issuer, url, { headers })).status).toBe(405)
  })
})
