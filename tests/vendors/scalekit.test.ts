import { createHash, randomBytes } from 'node:crypto'
import { ScalekitClient } from '@scalekit-sdk/node'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  scalekitConnection,
  scalekitProfile,
  scalekitResource,
} from '../../mocks/profiles/scalekit.ts'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { loginWithMcpSdk, serveMetadata } from './login.ts'

const serverUrl = 'https://mcp.acme.test/mcp'
const redirectUri = 'http://localhost:3000/callback'
let env: ServedIssuer
let scalekit: ScalekitClient
beforeAll(async () => {
  env = await serveIssuer({ profile: scalekitProfile({ serverUrl }) })
  scalekit = new ScalekitClient(env.url, env.clientId, env.clientSecret)
})
afterAll(() => env.close())

const userToken = (change: object = {}): string =>
  env.mint({
    user: env.users.a.subject,
    audience: [scalekitResource, serverUrl],
    scopes: ['todo:read'],
    ...change,
  })

describe("Scalekit's Node SDK validates tokens of the mock", () => {
  it.each([
    ['without options', {}, true],
    ['with issuer and audience', { issuer: 'ENV', audience: [scalekitResource] }, true],
    ['for the server URL', { audience: [serverUrl] }, true],
    ['for the server URL with a slash', { audience: [`${serverUrl}/`] }, false],
    ['of an issuer with a slash', { issuer: 'ENV/' }, false],
    ['with a scope that it has', { requiredScopes: ['todo:read'] }, true],
    ['with a scope that it has not', { requiredScopes: ['todo:write'] }, false],
  ])('%s', async (_how, options, valid) => {
    const issuer = 'issuer' in options ? options.issuer.replace('ENV', env.url) : undefined
    const given = { ...options, ...(issuer === undefined ? {} : { issuer }) }
    expect(await scalekit.validateAccessToken(userToken(), given)).toBe(valid)
  })

  it('and refuses an expired one', async () => {
    expect(await scalekit.validateAccessToken(userToken({ lifetime: -60 }))).toBe(false)
  })

  it('whose claims are those of the service', () => {
    const token = userToken()
    expect(decodeProtectedHeader(token).kid).toMatch(/^snk_\d{17}$/)
    expect(decodeJwt(token)).toMatchObject({
      iss: env.url,
      aud: [scalekitResource, serverUrl],
      scope: 'todo:read',
      scopes: ['todo:read'],
    })
    expect(decodeJwt(token).jti).toMatch(/^tkn_\d{17}$/)
  })
})

describe("Scalekit's Node SDK logs a user in", () => {
  it('by code, and refreshes', async () => {
    const codeVerifier = randomBytes(32).toString('base64url')
    const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')
    const url = scalekit.getAuthorizationUrl(redirectUri, {
      scopes: ['openid', 'email', 'offline_access'],
      state: 'state-of-the-app',
      codeChallenge,
      codeChallengeMethod: 'S256',
    })
    const back = new URL(await env.authorize(url))
    expect(back.searchParams.get('state')).toBe('state-of-the-app')
    const code = back.searchParams.get('code') ?? ''
    const answer = await scalekit.authenticateWithCode(code, redirectUri, { codeVerifier })
    expect(decodeJwt(answer.idToken)).toMatchObject({ iss: env.url, azp: env.clientId })
    const refreshed = await scalekit.refreshAccessToken(answer.refreshToken ?? '')
    expect(refreshed.refreshToken).not.toBe(answer.refreshToken)
    await expect(
      scalekit.authenticateWithCode(code, redirectUri, { codeVerifier }),
    ).rejects.toThrow(/400|invalid/)
  })
})

describe('bring your own authentication', () => {
  const resource = `/resources/${scalekitResource}`
  let byoa: ServedIssuer
  let sdk: ScalekitClient
  beforeAll(async () => {
    const loginUrl = 'http://127.0.0.1:3001/auth/mcp-login'
    byoa = await serveIssuer({ profile: scalekitProfile({ loginUrl, serverUrl }) })
    sdk = new ScalekitClient(byoa.url, byoa.clientId, byoa.clientSecret)
  })
  afterAll(() => byoa.close())

  /** To the customer's login page: what is in its query, and the cookie of the browser. */
  async function begin(): Promise<{ login: string; state: string; cookie: string }> {
    const client = byoa.setClient({ id: 'm2m_1', redirectUris: [redirectUri], consent: 'skip' })
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: client.id,
      redirect_uri: redirectUri,
      scope: 'todo:read',
      state: 'of-the-client',
      code_challenge: createHash('sha256').update('v'.repeat(43)).digest('base64url'),
      code_challenge_method: 'S256',
    })
    const answer = await fetch(`${byoa.url}${resource}/oauth/authorize?${query}`, {
      redirect: 'manual',
    })
    const to = new URL(answer.headers.get('location') ?? '')
    expect(to.origin + to.pathname).toBe('http://127.0.0.1:3001/auth/mcp-login')
    return {
      login: to.searchParams.get('login_request_id') ?? '',
      state: to.searchParams.get('state') ?? '',
      cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '',
    }
  }

  const comeBack = (state: string, cookie: string): Promise<Response> =>
    fetch(
      `${byoa.url}/sso/v1/connections/${scalekitConnection}/partner:callback?state=${encodeURIComponent(state)}`,
      { redirect: 'manual', headers: { cookie } },
    )

  it('goes through the SDK over gRPC to a token that names the user of the customer', async () => {
    const { login, state, cookie } = await begin()
    expect(login).toMatch(/^lri_\d{17}$/)
    await sdk.auth.updateLoginUserDetails(scalekitConnection, login, {
      sub: '1',
      email: 'alice@example.com',
    })
    const back = await comeBack(state, cookie)
    const to = new URL(back.headers.get('location') ?? '')
    expect(to.searchParams.get('state')).toBe('of-the-client')
    const answer = await fetch(`${byoa.url}${resource}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'm2m_1',
        code: to.searchParams.get('code') ?? '',
        redirect_uri: redirectUri,
        code_verifier: 'v'.repeat(43),
      }),
    })
    const { access_token: token } = (await answer.json()) as { access_token: string }
    expect(decodeJwt(token)).toMatchObject({
      sub: '1',
      email: 'alice@example.com',
      aud: [scalekitResource, serverUrl],
      client_id: 'm2m_1',
    })
  })

  it('refuses the id of the resource in the place of the connection', async () => {
    const { login } = await begin()
    const user = { sub: '1', email: 'alice@example.com' }
    await expect(
      sdk.auth.updateLoginUserDetails(scalekitResource, login, user),
    ).rejects.toMatchObject({ errorCode: 'INVALID_ID' })
  })

  it('shows a page with invalid_state for a state that was never given out', async () => {
    const { cookie } = await begin()
    const answer = await comeBack('made-up', cookie)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('invalid_state')
  })

  it('does not go on before the customer has named the user', async () => {
    const { state, cookie } = await begin()
    const answer = await comeBack(state, cookie)
    expect(answer.headers.get('location') ?? '').not.toContain('code=')
  })
})

describe('the MCP TypeScript SDK', () => {
  it('discovers, registers, logs in and refreshes', async () => {
    const server = await serveMetadata(`${env.url}/resources/${scalekitResource}`, undefined)
    const mcp = `${server.origin}/mcp`
    env.setResource({ id: scalekitResource, identifiers: [scalekitResource, mcp] })
    const { registered, tokens } = await loginWithMcpSdk(env, mcp, 'todo:read offline_access')
    expect(registered?.client_id).toMatch(/^m2m_\d{17}$/)
    expect(decodeJwt(tokens?.access_token ?? '')).toMatchObject({
      iss: env.url,
      aud: [scalekitResource, mcp],
    })
    expect(tokens?.refresh_token).toBeDefined()
    await server.close()
  })

  it('finds both forms of the metadata, and none of an unknown resource', async () => {
    const at = async (path: string): Promise<number> => (await fetch(env.url + path)).status
    const wellKnown = '/.well-known/oauth-authorization-server'
    expect(await at(`${wellKnown}/resources/${scalekitResource}`)).toBe(200)
    expect(await at(`/resources/${scalekitResource}${wellKnown}`)).toBe(200)
    expect(await at(`/resources/${scalekitResource}/.well-known/openid-configuration`)).toBe(404)
    expect(await at(`${wellKnown}/resources/res_1`)).toBe(404)
    expect(await at(`/resources/${scalekitResource}/keys`)).toBe(404)
  })
})
