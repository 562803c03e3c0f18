import { generateKeyPairSync } from 'node:crypto'
import { createRemoteJWKSet, decodeJwt, exportJWK, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, describe, expect, it } from 'vitest'
import { seededClient } from './seed.ts'
import { serveIssuer } from './serve-issuer.ts'
import type { ServedIssuer } from './serve-issuer.ts'

const insecure = { [oauth.allowInsecureRequests]: true }
const audience = 'https://target.example/mcp'
const redirectUri = 'http://127.0.0.1/callback'

const issuer: ServedIssuer = await serveIssuer({ path: '/tenant' })
afterAll(() => issuer.close())

async function discovered(): Promise<oauth.AuthorizationServer> {
  const identifier = new URL(issuer.url)
  const response = await oauth.discoveryRequest(identifier, { ...insecure, algorithm: 'oauth2' })
  return oauth.processDiscoveryResponse(identifier, response)
}

interface Flow {
  client: oauth.Client
  authentication: oauth.ClientAuth
  as?: oauth.AuthorizationServer
  scope?: string
  redirect?: string
  DPoP?: oauth.DPoPHandle
}

async function loggedIn(flow: Flow) {
  const { client, authentication, scope = 'openid email read', redirect = redirectUri } = flow
  const as = flow.as ?? (await discovered())
  const verifier = oauth.generateRandomCodeVerifier()
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
  const url = new URL(as.authorization_endpoint ?? '')
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirect,
    scope,
    state,
    nonce,
    resource: audience,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString()
  const back = new URL(await issuer.authorize(url.href))
  const parameters = oauth.validateAuthResponse(as, client, back, state)
  const dpop = flow.DPoP ? { DPoP: flow.DPoP } : {}
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    authentication,
    parameters,
    redirect,
    verifier,
    { ...insecure, ...dpop, additionalParameters: { resource: audience } },
  )
  const result = await oauth.processAuthorizationCodeResponse(as, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  })
  return { as, result }
}

describe('oauth4webapi', () => {
  it('discovers, registers, logs in with PKCE, refreshes, asks and revokes', async () => {
    const as = await discovered()
    const registered = await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(
        as,
        {
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
          token_endpoint_auth_method: 'none',
          client_name: 'a program',
          application_type: 'native',
        },
        insecure,
      ),
    )
    const client = { client_id: registered.client_id }
    const authentication = oauth.None()
    const redirect = 'http://127.0.0.1:51004/callback'
    const { result } = await loggedIn({ as, client, authentication, redirect })
    const { payload } = await jwtVerify(
      result.access_token,
      createRemoteJWKSet(new URL(as.jwks_uri ?? '')),
      { issuer: issuer.url, audience, typ: 'at+jwt' },
    )
    expect(payload).toMatchObject({ sub: 'alice', scope: 'openid email read', ...client })
    expect(oauth.getValidatedIdTokenClaims(result)).toMatchObject({ email: 'alice@example.com' })
    const info = await oauth.userInfoRequest(as, client, result.access_token, insecure)
    expect(await oauth.processUserInfoResponse(as, client, 'alice', info)).toMatchObject({
      email: 'alice@example.com',
    })

    const refresh = async (token: string, more = {}) =>
      oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, authentication, token, {
          ...insecure,
          additionalParameters: more,
        }),
      )
    const first = result.refresh_token ?? ''
    const second = await refresh(first, { scope: 'read', resource: audience })
    expect(decodeJwt(second.access_token)).toMatchObject({ scope: 'read', aud: audience })
    expect(second.refresh_token).not.toBe(first)
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(
        as,
        client,
        authentication,
        second.refresh_token ?? '',
        insecure,
      ),
    )
    await expect(refresh(second.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  it('binds tokens to a key by DPoP, from the code to userinfo and the refresh', async () => {
    const as = await discovered()
    const id = 'bound'
    issuer.core.state.clients.set(id, seededClient({ id, redirectUris: [redirectUri] }))
    const client = { client_id: id }
    const key = await oauth.generateKeyPair('ES256')
    const DPoP = oauth.DPoP({}, key)
    const authentication = oauth.None()
    const { result } = await loggedIn({ as, client, authentication, DPoP })
    expect(result.token_type).toBe('dpop')
    const jkt = await DPoP.calculateThumbprint()
    expect(decodeJwt(result.access_token)['cnf']).toEqual({ jkt })
    const info = await oauth.userInfoRequest(as, client, result.access_token, { ...insecure, DPoP })
    expect((await oauth.processUserInfoResponse(as, client, 'alice', info)).sub).toBe('alice')
    const bearer = await oauth.userInfoRequest(as, client, result.access_token, insecure)
    expect(bearer.status).toBe(401)
    const token = result.refresh_token ?? ''
    const other = oauth.DPoP({}, await oauth.generateKeyPair('ES256'))
    for (const options of [insecure, { ...insecure, DPoP: other }]) {
      const sent = await oauth.refreshTokenGrantRequest(as, client, authentication, token, options)
      expect(((await sent.json()) as { error: string }).error).toBe('invalid_dpop_proof')
    }
    const sent = oauth.refreshTokenGrantRequest(as, client, authentication, token, {
      ...insecure,
      DPoP,
    })
    const refreshed = await oauth.processRefreshTokenResponse(as, client, await sent)
    expect(decodeJwt(refreshed.access_token)['cnf']).toEqual({ jkt })
  })

  it('authenticates with a signed assertion', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' })
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] } as never
    const id = 'signing'
    issuer.core.state.clients.set(id, seededClient({ id, jwks, redirectUris: [redirectUri] }))
    const authentication = oauth.PrivateKeyJwt(key)
    const { result } = await loggedIn({ client: { client_id: id }, authentication })
    expect(decodeJwt(result.access_token)).toMatchObject({ client_id: id, sub: 'alice' })
  })

  it('exchanges a token for another audience, with an actor', async () => {
    const as = await discovered()
    const client = { client_id: issuer.clientId }
    const secret = oauth.ClientSecretBasic(issuer.clientSecret)
    issuer.core.state.clients.set(
      'reader',
      seededClient({ id: 'reader', redirectUris: [redirectUri] }),
    )
    const { result } = await loggedIn({
      client: { client_id: 'reader' },
      authentication: oauth.None(),
    })
    const machine = await oauth.processClientCredentialsResponse(
      as,
      client,
      await oauth.clientCredentialsGrantRequest(
        as,
        client,
        secret,
        { resource: audience },
        insecure,
      ),
    )
    const type = 'urn:ietf:params:oauth:token-type:access_token'
    const exchanged = await oauth.processGenericTokenEndpointResponse(
      as,
      client,
      await oauth.genericTokenEndpointRequest(
        as,
        client,
        secret,
        'urn:ietf:params:oauth:grant-type:token-exchange',
        {
          subject_token: result.access_token,
          subject_token_type: type,
          actor_token: machine.access_token,
          actor_token_type: type,
          resource: 'https://upstream.example/api',
          scope: 'read',
        },
        insecure,
      ),
    )
    expect(exchanged).toMatchObject({ issued_token_type: type, token_type: 'bearer' })
    expect(decodeJwt(exchanged.access_token)).toMatchObject({
      sub: 'alice',
      aud: 'https://upstream.example/api',
      scope: 'read',
      client_id: issuer.clientId,
      act: { sub: issuer.clientId },
    })
  })
})

describe('openid-client', () => {
  it('registers, logs in, refreshes, introspects, logs out', async () => {
    const config = await openid.dynamicClientRegistration(
      new URL(issuer.url),
      {
        redirect_uris: ['https://app.example/callback'],
        post_logout_redirect_uris: ['https://app.example/bye'],
        grant_types: ['authorization_code', 'refresh_token'],
        client_name: 'an app',
      },
      undefined,
      { execute: [openid.allowInsecureRequests] },
    )
    const verifier = openid.randomPKCECodeVerifier()
    const state = openid.randomState()
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: 'https://app.example/callback',
      scope: 'openid profile',
      state,
      resource: audience,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const back = new URL(await issuer.authorize(url.href, { user: 'b' }))
    const tokens = await openid.authorizationCodeGrant(config, back, {
      pkceCodeVerifier: verifier,
      expectedState: state,
    })
    expect(tokens.claims()).toMatchObject({ sub: 'bob', preferred_username: 'bob' })
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    const active = await openid.tokenIntrospection(config, refreshed.access_token)
    expect(active).toMatchObject({ active: true, sub: 'bob', aud: audience })
    await openid.tokenRevocation(config, refreshed.access_token)
    expect(await openid.tokenIntrospection(config, refreshed.access_token)).toEqual({
      active: false,
    })
    const out = openid.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'https://app.example/bye',
      state: 'x',
    })
    expect(await issuer.authorize(out.href)).toBe('https://app.example/bye?state=x')
  })
})
