import { ServerClient } from '@auth0/auth0-server-js'
import type { StateData, TransactionData } from '@auth0/auth0-server-js'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { auth0Audience, auth0Profile, ownAccessTokens } from '../../mocks/profiles/auth0.ts'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { trustingFetch } from './trusting-fetch.ts'

const redirectUri = 'https://app.example.com/auth/callback'
const goodbye = 'https://app.example.com/bye'
const upstream = { audience: 'http://localhost:8787', scopes: ['read:private'] }
const subjectTokenType = 'urn:acme:mcp'

let tenant: ServedIssuer
beforeAll(async () => {
  tenant = await serveIssuer({
    https: true,
    profile: auth0Profile({ upstream, exchangeProfiles: { [subjectTokenType]: ownAccessTokens } }),
  })
  tenant.setClient({
    id: tenant.clientId,
    redirectUris: [redirectUri],
    postLogoutRedirectUris: [goodbye],
    applicationType: 'web',
  })
})
afterAll(() => tenant.close())

function memory<T>() {
  const entries = new Map<string, T>()
  return {
    entries,
    set: async (identifier: string, state: T) => void entries.set(identifier, state),
    get: async (identifier: string) => entries.get(identifier),
    delete: async (identifier: string) => void entries.delete(identifier),
    deleteByLogoutToken: async () => entries.clear(),
  }
}

/** One browser of a web application, whose session is kept in memory. */
function newClient(stateStore = memory<StateData>()): ServerClient {
  return new ServerClient({
    domain: new URL(tenant.url).host,
    clientId: tenant.clientId,
    clientSecret: tenant.clientSecret,
    authorizationParams: {
      redirect_uri: redirectUri,
      audience: auth0Audience,
      scope: 'openid profile email offline_access tool:greet',
    },
    transactionStore: memory<TransactionData>(),
    stateStore,
    customFetch: trustingFetch(tenant),
  })
}

async function loggedIn(user: 'a' | 'b', stateStore = memory<StateData>()): Promise<ServerClient> {
  const client = newClient(stateStore)
  const start = await client.startInteractiveLogin({ appState: { at: '/notes' } })
  const back = await tenant.authorize(start.href, { user })
  const { appState } = await client.completeInteractiveLogin<{ at: string }>(new URL(back))
  expect(appState).toEqual({ at: '/notes' })
  return client
}

it('logs a user in, and keeps the session', async () => {
  const client = await loggedIn('b')
  expect(await client.getUser()).toMatchObject({
    sub: tenant.users.b.subject,
    email: 'bob@example.com',
  })
  const { accessToken, audience } = await client.getAccessToken()
  expect(audience).toBe(auth0Audience)
  expect(decodeJwt(accessToken)).toMatchObject({
    iss: tenant.url,
    sub: tenant.users.b.subject,
    aud: [auth0Audience, `${tenant.url}userinfo`],
    azp: tenant.clientId,
  })
})

it('hears that the user said no', async () => {
  const client = newClient()
  const start = await client.startInteractiveLogin({ authorizationParams: { prompt: 'consent' } })
  const back = new URL(await tenant.authorize(start.href, { consent: false }))
  expect(back.searchParams.get('error')).toBe('access_denied')
  await expect(client.completeInteractiveLogin(back)).rejects.toMatchObject({
    code: 'token_by_code_error',
  })
})

it('refreshes a token that has come to its end, until the refresh token is revoked', async () => {
  const store = memory<StateData>()
  const client = await loggedIn('a', store)
  const letItEnd = (): void => {
    for (const { tokenSets } of store.entries.values())
      tokenSets.forEach((set) => (set.expiresAt = 1))
  }
  const first = await client.getAccessToken()
  letItEnd()
  const { accessToken } = await client.getAccessToken()
  expect(accessToken).not.toBe(first.accessToken)
  expect(decodeJwt(accessToken)).toMatchObject({
    gty: 'refresh_token',
    aud: decodeJwt(first.accessToken).aud,
  })
  await client.revokeRefreshToken()
  letItEnd()
  await expect(client.getAccessToken()).rejects.toMatchObject({
    cause: { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
  })
})

it('exchanges the token of a user for another API, without a session', async () => {
  const client = await loggedIn('a')
  const { accessToken: subjectToken } = await client.getAccessToken()
  const answer = await newClient().customTokenExchange({
    subjectToken,
    subjectTokenType,
    audience: upstream.audience,
    scope: 'read:private',
  })
  expect(decodeJwt(answer.accessToken)).toMatchObject({
    sub: tenant.users.a.subject,
    aud: upstream.audience,
    scope: 'read:private',
  })
})

it('logs in by an exchange, and is refused a forged token', async () => {
  const client = newClient()
  const subjectToken = tenant.mint({
    user: tenant.users.a.subject,
    audience: [auth0Audience],
    scopes: ['tool:greet'],
  })
  const order = { subjectTokenType, audience: auth0Audience, scope: 'openid profile' }
  await expect(
    client.loginWithCustomTokenExchange({ ...order, subjectToken: `${subjectToken}x` }),
  ).rejects.toMatchObject({ code: 'token_exchange_error' })
  expect(await client.getUser()).toBeUndefined()
  await client.loginWithCustomTokenExchange({ ...order, subjectToken })
  expect(await client.getUser()).toMatchObject({ sub: tenant.users.a.subject })
})

it('logs out, to where it may', async () => {
  const client = await loggedIn('a')
  const out = await client.logout({ returnTo: goodbye })
  expect(await tenant.authorize(out.href)).toBe(goodbye)
  expect(await client.getUser()).toBeUndefined()
})
