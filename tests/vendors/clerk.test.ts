import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createClerkClient, verifyToken } from '@clerk/backend'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clerkProfile, publishableKey, sessionToken } from '../../mocks/profiles/clerk.ts'
import type { ClerkOptions } from '../../mocks/profiles/clerk.ts'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { loginWithMcpSdk, serveMetadata } from './login.ts'

let instances = 0

/** The SDK keeps keys by secret key, so each instance has its own. */
async function start(options: ClerkOptions = {}, https = false) {
  instances += 1
  const secretKey = `sk_test_instance${instances}`
  const issuer = await serveIssuer({ profile: clerkProfile({ ...options, secretKey }), https })
  return { issuer, secretKey }
}

type Instance = Awaited<ReturnType<typeof start>>

async function authenticate({ issuer, secretKey }: Instance, token: string, audience?: string) {
  const clerk = createClerkClient({
    secretKey,
    publishableKey: publishableKey(issuer.url),
    apiUrl: issuer.origin,
    telemetry: { disabled: true },
  })
  const request = new Request('http://127.0.0.1:3000/mcp', {
    headers: { authorization: `Bearer ${token}` },
  })
  const state = await clerk.authenticateRequest(request, {
    acceptsToken: 'oauth_token',
    ...(audience === undefined ? {} : { audience }),
  })
  return { status: state.status, reason: state.reason, auth: state.toAuth() as unknown }
}

const order = (issuer: ServedIssuer, change: object = {}) => ({
  user: issuer.users.a.subject,
  scopes: ['profile', 'email'],
  ...change,
})

describe("Clerk's backend SDK and tokens that are JWTs", () => {
  let instance: Instance
  beforeAll(async () => (instance = await start()))
  afterAll(() => instance.issuer.close())

  it('signs in with one of the mock, whose claims are those of the service', async () => {
    const { issuer } = instance
    const token = issuer.mint(order(issuer))
    expect(await authenticate(instance, token)).toMatchObject({
      status: 'signed-in',
      auth: {
        userId: issuer.users.a.subject,
        clientId: issuer.clientId,
        scopes: ['profile', 'email'],
      },
    })
    const { iat = 0, nbf, exp, jti, aud } = decodeJwt(token)
    expect([nbf, exp, aud]).toEqual([iat - 10, iat + 86_401, undefined])
    expect(jti).toMatch(/^oat_[A-Z0-9]{16}$/)
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt' })
    expect(decodeProtectedHeader(token).kid).toMatch(/^ins_\w{27}$/)
  })

  it.each([
    ['an expired one', { lifetime: -60 }, 'token-verification-failed'],
    ['one of the type JWT', { header: { typ: 'JWT' } }, 'token-type-mismatch'],
  ])('signs out with %s', async (_what, change, reason) => {
    const { issuer } = instance
    const answer = await authenticate(instance, issuer.mint(order(issuer, change)))
    expect(answer).toMatchObject({ status: 'signed-out', reason })
  })

  it('takes a session token for a session token, and never for an OAuth token', async () => {
    const { issuer, secretKey } = instance
    const token = sessionToken(issuer, issuer.users.a, 'https://app.example')
    const claims = await verifyToken(token, { secretKey, apiUrl: issuer.origin })
    expect(claims.sub).toBe(issuer.users.a.subject)
    expect((await authenticate(instance, token)).status).toBe('signed-out')
  })

  it('compares an audience where one is asked for', async () => {
    const named = await start({ audience: true })
    const { issuer } = named
    const audience = 'https://mcp.acme.test/mcp'
    const token = issuer.mint(order(issuer, { audience: [audience] }))
    expect(decodeJwt(token).aud).toBe(audience)
    expect((await authenticate(named, token, audience)).status).toBe('signed-in')
    expect((await authenticate(named, token, `${audience}/`)).status).toBe('signed-out')
    await issuer.close()
  })
})

describe("Clerk's backend SDK and opaque tokens", () => {
  let instance: Instance
  beforeAll(async () => (instance = await start({ tokens: 'opaque' })))
  afterAll(() => instance.issuer.close())

  it('signs in while the token lives', async () => {
    const { issuer } = instance
    const token = issuer.mint(order(issuer))
    expect(token).toMatch(/^oat_/)
    expect(await authenticate(instance, token)).toMatchObject({
      status: 'signed-in',
      auth: { userId: issuer.users.a.subject, scopes: ['profile', 'email'] },
    })
    issuer.revoke(token)
    expect((await authenticate(instance, token)).status).toBe('signed-out')
  })

  it('is told that its secret key is wrong', async () => {
    const { issuer } = instance
    const wrong = { issuer, secretKey: 'sk_test_other' }
    const answer = await authenticate(wrong, issuer.mint(order(issuer)))
    expect(answer).toMatchObject({ status: 'signed-out', reason: 'secret-key-invalid' })
  })
})

describe("Clerk's MCP tools, over https", () => {
  let instance: Instance
  let server: ChildProcess
  let origin = ''
  beforeAll(async () => {
    instance = await start({}, true)
    const { issuer, secretKey } = instance
    server = spawn(process.execPath, [path.join(import.meta.dirname, 'clerk-server.mjs')], {
      env: {
        ...process.env,
        NODE_EXTRA_CA_CERTS: issuer.certificateFile ?? '',
        CLERK_PUBLISHABLE_KEY: publishableKey(issuer.url),
        CLERK_SECRET_KEY: secretKey,
        CLERK_API_URL: issuer.origin,
        CLERK_TELEMETRY_DISABLED: '1',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    origin = `http://127.0.0.1:${printed.toString().trim()}`
  })
  afterAll(async () => {
    server.kill()
    await instance.issuer.close()
  })

  it('names the mock as the authorization server, and relays its metadata', async () => {
    const resource = await fetch(`${origin}/.well-known/oauth-protected-resource/mcp`)
    expect(await resource.json()).toMatchObject({ authorization_servers: [instance.issuer.url] })
    const metadata = await fetch(`${origin}/.well-known/oauth-authorization-server`)
    expect(await metadata.json()).toMatchObject({
      issuer: instance.issuer.url,
      token_endpoint: `${instance.issuer.url}/oauth/token`,
    })
  })

  it('lets in whom the mock gave a token, and nobody else', async () => {
    const { issuer } = instance
    const post = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${origin}/mcp`, { method: 'POST', headers })
    const bare = await post({})
    expect(bare.status).toBe(401)
    expect(bare.headers.get('www-authenticate')).toContain('resource_metadata=')
    const token = issuer.mint(order(issuer))
    const admitted = await post({ authorization: `Bearer ${token}` })
    expect(admitted.status).toBe(200)
    expect(await admitted.json()).toMatchObject({ auth: { clientId: issuer.clientId } })
    const expired = issuer.mint(order(issuer, { lifetime: -60 }))
    expect((await post({ authorization: `Bearer ${expired}` })).status).toBe(401)
  })
})

describe('the instance', () => {
  let instance: Instance
  beforeAll(async () => (instance = await start()))
  afterAll(() => instance.issuer.close())

  it('logs the MCP TypeScript SDK in', async () => {
    const { issuer } = instance
    const server = await serveMetadata(issuer.url)
    const { registered, tokens } = await loginWithMcpSdk(
      issuer,
      `${server.origin}/mcp`,
      'profile offline_access',
    )
    expect(registered?.client_id).toMatch(/^\w{16}$/)
    expect(tokens?.refresh_token).toMatch(/^clk_refresh_/)
    expect(decodeJwt(tokens?.access_token ?? '')).toMatchObject({
      iss: issuer.url,
      sub: issuer.users.a.subject,
      scope: 'profile offline_access',
    })
    await server.close()
  })

  it.each([
    [
      'an unknown code',
      {
        grant_type: 'authorization_code',
        code: 'x',
        redirect_uri: 'http://127.0.0.1/callback',
        code_verifier: 'v'.repeat(43),
      },
      401,
      'invalid_grant',
    ],
    [
      'an unknown refresh token',
      { grant_type: 'refresh_token', refresh_token: 'x' },
      401,
      'invalid_grant',
    ],
    ['client credentials', { grant_type: 'client_credentials' }, 401, 'unsupported_grant_type'],
  ])('answers %s as the service does', async (_what, form, status, error) => {
    const { issuer } = instance
    const answer = await fetch(`${issuer.url}/oauth/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${issuer.clientId}:${issuer.clientSecret}`)}`,
      },
      body: new URLSearchParams(form as unknown as Record<string, string>),
    })
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([
      status,
      error,
    ])
  })

  it('does not take back a JWT, and says what it knows of one', async () => {
    const { issuer } = instance
    const token = issuer.mint(order(issuer))
    const ask = async (at: string): Promise<[number, unknown]> => {
      const answer = await fetch(`${issuer.url}/oauth/${at}`, {
        method: 'POST',
        body: new URLSearchParams({
          token,
          client_id: issuer.clientId,
          client_secret: issuer.clientSecret,
        }),
      })
      return [answer.status, await answer.json()]
    }
    expect(await ask('token/revoke')).toMatchObject([400, { error: 'unsupported_token_type' }])
    const [, known] = await ask('token_info')
    expect(Object.keys(known as object).toSorted()).toEqual([
      'active',
      'client_id',
      'iat',
      'scope',
      'sub',
    ])
  })

  it('registers nobody where registration is off', async () => {
    const closed = await start({ registration: false })
    const metadata = await (await fetch(closed.issuer.metadataUrl)).json()
    expect(metadata).not.toHaveProperty('registration_endpoint')
    const answer = await fetch(`${closed.issuer.url}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(answer.status).toBe(422)
    expect(await answer.text()).toContain('feature_requires_dynamic_oauth_client_registration')
    await closed.issuer.close()
  })
})
