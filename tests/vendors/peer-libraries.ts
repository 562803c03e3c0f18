import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'

/** Where a provider's metadata are, and by which of the two specifications they are found there. */
export interface Discovered {
  issuer: string
  algorithm: 'oauth2' | 'oidc'
}

type Params = Record<string, string>
type Browse = (url: string) => Promise<string>
export const redirectUri = 'http://127.0.0.1/callback'

export interface PeerTokens {
  access_token: string
  refresh_token?: string | undefined
}

/** One client of a provider, as a program has it in either library. */
export interface PeerClient {
  id: string
  secret: string | undefined
  login(browse: Browse, params: Params): Promise<PeerTokens>
  refresh(token: string): Promise<PeerTokens>
  grant(type: string, params: Params): Promise<PeerTokens>
  isActive(token: string): Promise<boolean>
  revoke(token: string): Promise<void>
}

export interface PeerLibrary {
  name: string
  /** The way in which its registered clients show a secret, when it is left to itself. */
  method: string
  register(at: Discovered, metadata: Record<string, string | string[]>): Promise<PeerClient>
  known(at: Discovered, id: string, secret?: string): Promise<PeerClient>
}

const insecure = { [oauth.allowInsecureRequests]: true }

async function discover({ issuer, algorithm }: Discovered): Promise<oauth.AuthorizationServer> {
  const at = new URL(issuer)
  const sent = await oauth.discoveryRequest(at, { ...insecure, algorithm })
  return oauth.processDiscoveryResponse(at, sent)
}

function clientOfOauth4webapi(
  as: oauth.AuthorizationServer,
  id: string,
  secret?: string,
): PeerClient {
  const client = { client_id: id }
  const proof = secret === undefined ? oauth.None() : oauth.ClientSecretBasic(secret)
  return {
    id,
    secret,
    async login(browse, params) {
      const verifier = oauth.generateRandomCodeVerifier()
      const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
      const url = new URL(as.authorization_endpoint ?? '')
      url.search = new URLSearchParams({
        ...params,
        response_type: 'code',
        client_id: id,
        redirect_uri: redirectUri,
        state,
        nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }).toString()
      const back = oauth.validateAuthResponse(as, client, new URL(await browse(url.href)), state)
      const sent = oauth.authorizationCodeGrantRequest(
        as,
        client,
        proof,
        back,
        redirectUri,
        verifier,
        insecure,
      )
      const withIdToken = params['scope']?.split(' ').includes('openid') === true
      return oauth.processAuthorizationCodeResponse(
        as,
        client,
        await sent,
        withIdToken ? { expectedNonce: nonce, requireIdToken: true } : {},
      )
    },
    async refresh(token) {
      const sent = oauth.refreshTokenGrantRequest(as, client, proof, token, insecure)
      return oauth.processRefreshTokenResponse(as, client, await sent)
    },
    async grant(type, params) {
      const sent = oauth.genericTokenEndpointRequest(as, client, proof, type, params, insecure)
      return oauth.processGenericTokenEndpointResponse(as, client, await sent)
    },
    async isActive(token) {
      const sent = oauth.introspectionRequest(as, client, proof, token, insecure)
      return (await oauth.processIntrospectionResponse(as, client, await sent)).active
    },
    async revoke(token) {
      const sent = oauth.revocationRequest(as, client, proof, token, insecure)
      await oauth.processRevocationResponse(await sent)
    },
  }
}

const oauth4webapi: PeerLibrary = {
  name: 'oauth4webapi',
  method: 'client_secret_basic',
  async register(at, metadata) {
    const as = await discover(at)
    const sent = oauth.dynamicClientRegistrationRequest(as, metadata, insecure)
    const answer = await oauth.processDynamicClientRegistrationResponse(await sent)
    return clientOfOauth4webapi(as, answer.client_id, answer.client_secret as string | undefined)
  },
  async known(at, id, secret) {
    return clientOfOauth4webapi(await discover(at), id, secret)
  },
}

function clientOfOpenidClient(config: openid.Configuration): PeerClient {
  const { client_id: id, client_secret: secret } = config.clientMetadata()
  return {
    id,
    secret: secret as string | undefined,
    async login(browse, params) {
      const pkceCodeVerifier = openid.randomPKCECodeVerifier()
      const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()]
      const url = openid.buildAuthorizationUrl(config, {
        ...params,
        redirect_uri: redirectUri,
        state: expectedState,
        nonce: expectedNonce,
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      })
      const withIdToken = params['scope']?.split(' ').includes('openid') === true
      return openid.authorizationCodeGrant(config, new URL(await browse(url.href)), {
        pkceCodeVerifier,
        expectedState,
        ...(withIdToken ? { expectedNonce, idTokenExpected: true } : {}),
      })
    },
    refresh: (token) => openid.refreshTokenGrant(config, token),
    grant: (type, params) => openid.genericGrantRequest(config, type, params),
    isActive: async (token) => (await openid.tokenIntrospection(config, token)).active,
    revoke: (token) => openid.tokenRevocation(config, token),
  }
}

const execute = [openid.allowInsecureRequests]

const openidClient: PeerLibrary = {
  name: 'openid-client',
  method: 'client_secret_post',
  async register({ issuer, algorithm }, metadata) {
    const options = { algorithm, execute }
    const at = new URL(issuer)
    const config = await openid.dynamicClientRegistration(at, metadata, undefined, options)
    return clientOfOpenidClient(config)
  },
  async known({ issuer, algorithm }, id, secret) {
    const options = { algorithm, execute }
    const proof = secret === undefined ? openid.None() : undefined
    const config = await openid.discovery(new URL(issuer), id, secret, proof, options)
    return clientOfOpenidClient(config)
  },
}

export const libraries: PeerLibrary[] = [oauth4webapi, openidClient]
