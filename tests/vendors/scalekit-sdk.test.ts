import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { ScalekitClient } from '@scalekit-sdk/node'
import { decodeJwt } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { scalekitProfile } from '../../mocks/profiles/scalekit.ts'
import type { ScalekitOptions } from '../../mocks/profiles/scalekit.ts'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'

/** @scalekit-sdk/node as it is published, by URL, over real sockets. */
const resource = 'res_71300000000000001'
const serverUrl = 'https://mcp.example.com/mcp'
const connection = 'conn_71300000000000002'
const callback = 'https://app.example.com/callback'
const loginUrl = 'https://app.example.com/login'

const running: ServedIssuer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((issuer) => issuer.close()))
})

async function started(options: ScalekitOptions = {}): Promise<ServedIssuer> {
  const issuer = await serveIssuer({ profile: scalekitProfile({ serverUrl, ...options }) })
  running.push(issuer)
  issuer.setClient({ id: issuer.clientId, redirectUris: [callback] })
  return issuer
}

const sdk = ({ url, clientId, clientSecret }: ServedIssuer, secret = clientSecret) =>
  new ScalekitClient(url, clientId, secret)

interface Thrown {
  name: string
  message: string
  errorCode?: string
  response?: unknown
}

/** What its caller sees of an error: some of it are getters. */
async function thrown(promise: Promise<unknown>): Promise<Thrown> {
  const error = (await promise.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (reason: unknown) => reason,
  )) as Thrown
  const { message, errorCode, response } = error
  const more = { ...(errorCode === undefined ? {} : { errorCode }), response }
  return { name: error.constructor.name, message, ...more }
}

describe('client credentials', () => {
  it('are a token of the environment for a day', async () => {
    const issuer = await started()
    const claims = decodeJwt(await sdk(issuer).getClientAccessToken())
    expect(claims).toMatchObject({
      iss: issuer.url,
      sub: issuer.clientId,
      client_id: issuer.clientId,
      aud: [issuer.clientId],
    })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(86_399)
    expect(issuer.requests().map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /oauth/token',
    ])
  })

  it('are refused with a wrong secret as the SDK knows it', async () => {
    const issuer = await started()
    const error = await thrown(sdk(issuer, 'test_wrong').getClientAccessToken())
    expect(error).toMatchObject({ name: 'ScalekitUnauthorizedException' })
  })

  it('are those of an organization with its scopes and audience', async () => {
    const issuer = await started()
    const organization = [...issuer.core.state.clients.values()][1]
    const token = await sdk(issuer).generateClientToken(
      organization?.id ?? '',
      organization?.secret ?? '',
    )
    expect(decodeJwt(token)).toMatchObject({
      sub: organization?.id,
      oid: 'org_71300000000000003',
      aud: ['https://api.example.com'],
      scope: 'deploy:read deploy:write',
      scopes: ['deploy:read', 'deploy:write'],
    })
  })
})

describe('token validation', () => {
  const order = { user: 'usr_71300000000000042', scopes: ['todo:read'] }
  const audience = [resource, serverUrl]

  it.each<[about: string, options: object, expected: boolean]>([
    ['no options', {}, true],
    ['issuer and audience that fit', { issuer: 'ENV', audience: [serverUrl] }, true],
    ['the id of the resource as audience', { audience: [resource] }, true],
    ['an audience with a slash behind', { audience: [`${serverUrl}/`] }, false],
    ['an issuer with a slash behind', { issuer: 'ENV/' }, false],
    ['the issuer of the metadata', { issuer: `ENV/resources/${resource}` }, false],
    ['a scope that is there', { requiredScopes: ['todo:read'] }, true],
    ['a scope that is not there', { requiredScopes: ['todo:write'] }, false],
  ])('%s', async (_, options, expected) => {
    const issuer = await started()
    const filled = JSON.parse(JSON.stringify(options).replace('ENV', issuer.url)) as object
    const token = issuer.mint({ ...order, audience })
    expect(await sdk(issuer).validateAccessToken(token, filled)).toBe(expected)
  })

  it('sees wrong issuer and audience only when it is told to look', async () => {
    const issuer = await started()
    const token = issuer.mint({
      ...order,
      audience: ['other'],
      claims: { iss: 'https://x.example' },
    })
    const client = sdk(issuer)
    expect(await client.validateAccessToken(token)).toBe(true)
    expect(await client.validateAccessToken(token, { issuer: issuer.url })).toBe(false)
  })

  it('needs the list `scopes`, not the text `scope`', async () => {
    const issuer = await started()
    const token = issuer.mint({ ...order, audience, claims: { scopes: null } })
    expect(decodeJwt(token)['scope']).toBe('todo:read')
    const options = { requiredScopes: ['todo:read'] }
    expect(await sdk(issuer).validateAccessToken(token, options)).toBe(false)
  })

  it('accepts the resource as issuer after the migration', async () => {
    const issuer = await started({ issuer: 'resource' })
    const token = issuer.mint({ ...order, audience })
    const options = { issuer: `${issuer.url}/resources/${resource}` }
    expect(await sdk(issuer).validateAccessToken(token, options)).toBe(true)
    expect(await sdk(issuer).validateAccessToken(token, { issuer: issuer.url })).toBe(false)
  })

  it('does not look at `typ`', async () => {
    const issuer = await started()
    const token = issuer.mint({ ...order, audience, header: { typ: 'at+jwt' } })
    expect(await sdk(issuer).validateAccessToken(token)).toBe(true)
  })

  it('throws for an expired one and for missing scopes, and returns the claims otherwise', async () => {
    const issuer = await started()
    const client = sdk(issuer)
    const expired = issuer.mint({ ...order, audience, lifetime: -1 })
    await expect(client.validateToken(expired)).rejects.toThrow(
      '"exp" claim timestamp check failed',
    )
    const token = issuer.mint({ ...order, audience })
    await expect(client.validateToken(token, { requiredScopes: ['todo:write'] })).rejects.toThrow(
      'Token missing required scopes: todo:write',
    )
    expect(await client.validateToken(token)).toMatchObject({ sub: order.user, aud: audience })
  })

  it('asks for the keys once in the life of a client, and does not notice a rotation', async () => {
    const issuer = await started()
    const client = sdk(issuer)
    const before = issuer.mint({ ...order, audience })
    expect(await client.validateAccessToken(before)).toBe(true)
    const { kid, previous } = await issuer.rotateKey()
    expect([kid, previous].every((each) => /^snk_[1-9]\d{16}$/.test(each))).toBe(true)
    const after = issuer.mint({ ...order, audience })
    expect(await client.validateAccessToken(after)).toBe(false)
    expect(issuer.requests().map(({ path }) => path)).toEqual(['/keys'])
    expect(await sdk(issuer).validateAccessToken(after)).toBe(true)
  })
})

describe('a login of the application', () => {
  const verifier = randomBytes(32).toString('base64url')
  const codeChallenge = createHash('sha256').update(verifier).digest('base64url')

  async function code(issuer: ServedIssuer, more: object = {}): Promise<string> {
    const url = sdk(issuer).getAuthorizationUrl(callback, {
      state: 'x',
      nonce: 'n',
      codeChallenge,
      codeChallengeMethod: 'S256',
      ...more,
    })
    const back = new URL(await issuer.authorize(url))
    expect(back.searchParams.get('state')).toBe('x')
    return back.searchParams.get('code') ?? ''
  }

  it('ends with user and tokens, whose validation and refresh go on', async () => {
    const issuer = await started()
    const client = sdk(issuer)
    const scopes = ['openid', 'profile', 'email', 'offline_access']
    const organizationId = 'org_71300000000000003'
    const given = await client.authenticateWithCode(
      await code(issuer, { scopes, organizationId }),
      callback,
      { codeVerifier: verifier },
    )
    expect(given.user).toMatchObject({ email: 'alice@example.com' })
    expect(given.expiresIn).toBe(300)
    const about = { oid: organizationId, sid: expect.stringMatching(/^ses_\d{17}$/) as string }
    expect(await client.validateToken(given.idToken, { issuer: issuer.url })).toMatchObject({
      aud: [issuer.clientId],
      azp: issuer.clientId,
      nonce: 'n',
      ...about,
    })
    expect(await client.validateToken(given.accessToken)).toMatchObject({
      sub: 'usr_71300000000000042',
      scopes,
      jti: expect.stringMatching(/^tkn_\d{17}$/) as string,
      ...about,
    })
    const first = given.refreshToken ?? ''
    const second = await client.refreshAccessToken(first)
    expect(second.refreshToken).not.toBe(first)
    expect(await client.validateAccessToken(second.accessToken)).toBe(true)
    await expect(client.refreshAccessToken(first)).rejects.toThrow('status code 400')
    await expect(client.refreshAccessToken(second.refreshToken)).rejects.toThrow('status code 400')
  })

  it('gives no refresh token without offline_access', async () => {
    const issuer = await started()
    const options = { codeVerifier: verifier }
    const given = await sdk(issuer).authenticateWithCode(await code(issuer), callback, options)
    expect(given.refreshToken).toBeUndefined()
  })

  it('is refused for a code that was used and for a wrong verifier', async () => {
    const issuer = await started()
    const client = sdk(issuer)
    const single = await code(issuer)
    const wrong = { codeVerifier: randomBytes(32).toString('base64url') }
    expect(await thrown(client.authenticateWithCode(single, callback, wrong))).toMatchObject({
      response: { status: 400, data: { error_description: 'invalid code_verifier' } },
    })
    await client.authenticateWithCode(single, callback, { codeVerifier: verifier })
    const again = client.authenticateWithCode(single, callback, { codeVerifier: verifier })
    expect(await thrown(again)).toMatchObject({
      name: 'AxiosError',
      response: { data: { error: 'invalid_grant', error_description: 'invalid code' } },
    })
  })

  it('goes without PKCE where the tester lets it', async () => {
    const issuer = await serveIssuer({
      profile: scalekitProfile(),
      faults: ['challenge-optional'],
    })
    running.push(issuer)
    issuer.setClient({ id: issuer.clientId, redirectUris: [callback] })
    const back = new URL(await issuer.authorize(sdk(issuer).getAuthorizationUrl(callback)))
    const given = await sdk(issuer).authenticateWithCode(
      back.searchParams.get('code') ?? '',
      callback,
    )
    expect(given.user).toMatchObject({ email: 'alice@example.com' })
  })

  it('is over with the logout', async () => {
    const issuer = await started()
    const postLogoutRedirectUri = 'https://app.example.com/'
    issuer.setClient({ id: issuer.clientId, postLogoutRedirectUris: [postLogoutRedirectUri] })
    const options = { codeVerifier: verifier }
    const given = await sdk(issuer).authenticateWithCode(await code(issuer), callback, options)
    const url = sdk(issuer).getLogoutUrl({
      idTokenHint: given.idToken,
      postLogoutRedirectUri,
      state: 'y',
    })
    expect(await issuer.authorize(url)).toBe(`${postLogoutRedirectUri}?state=y`)
  })
})

describe('bring your own auth', () => {
  const redirectUri = 'http://127.0.0.1:51004/callback'
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const user = {
    sub: 'cust-42',
    email: 'ada@example.com',
    emailVerified: true,
    name: 'Ada',
    groups: ['eng'],
    roles: ['editor'],
    customAttributes: { tier: 'gold' },
    organizationExternalId: 'ext-7',
  }
  type Details = Partial<typeof user> & { loginFailed?: boolean }

  const byoa = (options: ScalekitOptions = {}): Promise<ServedIssuer> =>
    started({ loginUrl, ...options })

  /** Logs in as an MCP client does; the customer's login page is played by the SDK. */
  async function login(
    issuer: ServedIssuer,
    page: (id: string, state: string) => Promise<string>,
  ): Promise<URL> {
    const id = 'm2m_71300000000000077'
    issuer.setClient({ id, redirectUris: [redirectUri], resources: [resource] })
    const url = new URL(`${issuer.url}/resources/${resource}/oauth/authorize`)
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: id,
      redirect_uri: redirectUri,
      scope: 'openid email todo:read offline_access',
      state: 'of the client',
      resource: serverUrl,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }).toString()
    const elsewhere = async (address: string): Promise<string | null> => {
      if (!address.startsWith(loginUrl)) return null
      const { searchParams } = new URL(address)
      return page(searchParams.get('login_request_id') ?? '', searchParams.get('state') ?? '')
    }
    return new URL(await issuer.authorize(url.href, { elsewhere }))
  }

  const partnerCallback = ({ url }: ServedIssuer, state: string, at = connection): string =>
    `${url}/sso/v1/connections/${at}/partner:callback?state=${encodeURIComponent(state)}`

  /** The customer's login page that tells these details of its user. */
  const telling =
    (issuer: ServedIssuer, details: Details) =>
    async (id: string, state: string): Promise<string> => {
      expect(id).toMatch(/^lri_\d{17}$/)
      expect(state).not.toBe('of the client')
      await sdk(issuer).auth.updateLoginUserDetails(connection, id, details)
      return partnerCallback(issuer, state)
    }

  async function tokens(issuer: ServedIssuer, back: URL): Promise<Record<string, unknown>> {
    const response = await fetch(`${issuer.url}/resources/${resource}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'm2m_71300000000000077',
        code: back.searchParams.get('code') ?? '',
        redirect_uri: redirectUri,
        code_verifier: verifier,
      }),
    })
    expect(response.status).toBe(200)
    return (await response.json()) as Record<string, unknown>
  }

  it("ends with a token about the customer's user", async () => {
    const issuer = await byoa()
    const back = await login(issuer, telling(issuer, user))
    expect(back.searchParams.get('state')).toBe('of the client')
    const { access_token: token, expires_in } = await tokens(issuer, back)
    expect(expires_in).toBe(300)
    expect(decodeJwt(String(token))).toMatchObject({
      iss: issuer.url,
      aud: [resource, serverUrl],
      sub: 'cust-42',
      client_id: 'm2m_71300000000000077',
      email: 'ada@example.com',
      custom_claims: { tier: 'gold' },
      roles: ['editor'],
      xoid: 'ext-7',
      scope: 'openid email todo:read offline_access',
      scopes: ['openid', 'email', 'todo:read', 'offline_access'],
    })
    const valid = await sdk(issuer).validateAccessToken(String(token), {
      issuer: issuer.url,
      audience: [resource],
      requiredScopes: ['todo:read'],
    })
    expect(valid).toBe(true)
  })

  it('calls first without a token, then gets one, then calls again', async () => {
    const issuer = await byoa()
    await login(issuer, telling(issuer, user))
    const calls = issuer
      .requests()
      .filter(({ method }) => method === 'POST')
      .map(({ endpoint, status }) => `${endpoint} ${status}`)
    expect(calls.slice(0, 3)).toEqual(['user-details 401', 'token 200', 'user-details 200'])
  })

  it('names the user by an id of its own where it is told to', async () => {
    const issuer = await byoa({ partnerSubject: 'own' })
    const { access_token: token } = await tokens(issuer, await login(issuer, telling(issuer, user)))
    expect(decodeJwt(String(token))).toMatchObject({
      sub: expect.stringMatching(/^usr_\d{17}$/) as string,
      xuid: 'cust-42',
    })
  })

  it('answers with the id of the request', async () => {
    const issuer = await byoa()
    let answer: object = {}
    await login(issuer, async (id, state) => {
      answer = await sdk(issuer).auth.updateLoginUserDetails(connection, id, user)
      return partnerCallback(issuer, state)
    })
    expect(answer).toMatchObject({
      authRequestId: expect.stringMatching(/^req_\d{17}$/) as string,
    })
  })

  it('tells the client when the login failed', async () => {
    const issuer = await byoa()
    const back = await login(issuer, telling(issuer, { loginFailed: true }))
    expect(back.searchParams.get('error')).toBe('access_denied')
    expect(back.searchParams.has('code')).toBe(false)
  })

  it.each<[about: string, at: string, details: Details, expected: object]>([
    [
      'the id of the resource in place of the connection',
      resource,
      user,
      { name: 'ScalekitNotFoundException', errorCode: 'RESOURCE_NOT_FOUND' },
    ],
    [
      'the connection of another resource',
      'conn_71300000000000006',
      user,
      { name: 'ScalekitNotFoundException', errorCode: 'RESOURCE_NOT_FOUND' },
    ],
    [
      'a user without email',
      connection,
      { sub: 'cust-42' },
      { name: 'ScalekitBadRequestException', errorCode: 'INVALID_ARGUMENT' },
    ],
  ])('throws what the real one makes it throw: %s', async (_, at, details, expected) => {
    const issuer = await byoa()
    let error: object = {}
    await login(issuer, async (id, state) => {
      error = await thrown(sdk(issuer).auth.updateLoginUserDetails(at, id, details))
      await sdk(issuer).auth.updateLoginUserDetails(connection, id, user)
      return partnerCallback(issuer, state)
    })
    expect(error).toMatchObject(expected)
  })

  it('knows no login that nobody began, or that is too old', async () => {
    const issuer = await byoa()
    const unknown = sdk(issuer).auth.updateLoginUserDetails(connection, 'lri_1', user)
    expect(await thrown(unknown)).toMatchObject({ message: '[not_found] login request not found' })
    const late = login(issuer, async (id, state) => {
      issuer.clock.move(601)
      const call = sdk(issuer).auth.updateLoginUserDetails(connection, id, user)
      expect(await thrown(call)).toMatchObject({ name: 'ScalekitNotFoundException' })
      return partnerCallback(issuer, state)
    })
    await expect(late).rejects.toThrow(/400: .*invalid_state/)
  })

  it('shows a page, and tells the client nothing, for a wrong state', async () => {
    const issuer = await byoa()
    const forged = login(issuer, async (id) => {
      await sdk(issuer).auth.updateLoginUserDetails(connection, id, user)
      return partnerCallback(issuer, 'forged')
    })
    await expect(forged).rejects.toThrow(/400: .*invalid_state/)
    const elsewhere = login(issuer, async (id, state) => {
      await sdk(issuer).auth.updateLoginUserDetails(connection, id, user)
      return partnerCallback(issuer, state, 'conn_71300000000000006')
    })
    await expect(elsewhere).rejects.toThrow(/400: .*invalid_state/)
  })

  it('takes a state once, and only in the browser that began', async () => {
    const issuer = await byoa()
    let used = ''
    const told = telling(issuer, user)
    await login(issuer, async (id, state) => {
      used = await told(id, state)
      const other = await fetch(used, { redirect: 'manual' })
      expect(other.status).toBe(400)
      expect(await other.text()).toContain('invalid_state')
      return used
    })
    const again = await fetch(used, { redirect: 'manual' })
    expect(again.status).toBe(400)
  })

  it('needs the details before the browser comes back', async () => {
    const issuer = await byoa()
    const hasty = login(issuer, async (_, state) => partnerCallback(issuer, state))
    await expect(hasty).rejects.toThrow('there are no user details yet')
  })
})

it('speaks TLS to the mock as to the real one, where its authority is trusted', async () => {
  const issuer = await serveIssuer({ profile: scalekitProfile(), https: true })
  running.push(issuer)
  const program = `
    import { ScalekitClient } from '@scalekit-sdk/node'
    const sdk = new ScalekitClient(...${JSON.stringify([issuer.url, issuer.clientId, issuer.clientSecret])})
    const valid = await sdk.validateAccessToken(await sdk.getClientAccessToken())
    const error = await sdk.auth
      .updateLoginUserDetails('conn_1', 'lri_1', { sub: '1', email: 'a@example.com' })
      .catch((reason) => reason)
    console.log(valid, error.errorCode)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: issuer.certificateFile ?? '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  await once(child, 'close')
  expect(printed.trim()).toBe('true RESOURCE_NOT_FOUND')
})
