import { auth as auth1 } from '@modelcontextprotocol/sdk/client/auth.js'
import { auth as auth2 } from '@modelcontextprotocol/client'
import { decodeJwt } from 'jose'
import * as openid from 'openid-client'
import { afterEach, describe, expect, it } from 'vitest'
import { scalekitProfile } from '../../mocks/profiles/scalekit.ts'
import type { ScalekitOptions } from '../../mocks/profiles/scalekit.ts'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { serveMetadata } from './login.ts'
import { ScriptedClient } from './scripted-client.ts'

/** Clients that know nothing of Scalekit find their way by its documents alone. */
const resource = 'res_71300000000000001'

const running: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()))
})

async function started(options: ScalekitOptions = {}): Promise<ServedIssuer> {
  const issuer = await serveIssuer({ profile: scalekitProfile(options) })
  running.push(issuer)
  return issuer
}

const resourceIssuer = ({ url }: ServedIssuer): string => `${url}/resources/${resource}`

describe('openid-client', () => {
  it('logs in to the application, refreshes, asks for the user and logs out', async () => {
    const issuer = await started()
    const redirectUri = 'https://app.example.com/callback'
    const goodbye = 'https://app.example.com/bye'
    issuer.setClient({
      id: issuer.clientId,
      redirectUris: [redirectUri],
      postLogoutRedirectUris: [goodbye],
    })
    const config = await openid.discovery(
      new URL(issuer.url),
      issuer.clientId,
      issuer.clientSecret,
      undefined,
      { execute: [openid.allowInsecureRequests] },
    )
    const verifier = openid.randomPKCECodeVerifier()
    const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()]
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid email offline_access',
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const back = new URL(await issuer.authorize(url.href, { user: 'b' }))
    const checks = { pkceCodeVerifier: verifier, expectedState, expectedNonce }
    const tokens = await openid.authorizationCodeGrant(config, back, checks)
    expect(tokens.claims()).toMatchObject({ email: 'bob@example.com', azp: issuer.clientId })
    const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    const subject = 'usr_71300000000000043'
    const user = await openid.fetchUserInfo(config, next.access_token, subject)
    expect(user).toMatchObject({ sub: subject, email: 'bob@example.com' })
    const out = openid.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: goodbye,
    })
    expect(await issuer.authorize(out.href)).toBe(goodbye)
  })
})

describe.each([
  ['1.x', auth1],
  ['2.x', auth2 as unknown as typeof auth1],
])('the OAuth client of the MCP SDK %s', (_, auth) => {
  it('finds the resource, registers, logs in and refreshes', async () => {
    const issuer = await started()
    const server = await serveMetadata(resourceIssuer(issuer))
    running.push(server)
    const serverUrl = `${server.origin}/mcp`
    issuer.setResource({ id: resource, identifiers: [serverUrl] })
    const program = new ScriptedClient('todo:read offline_access', (url) => issuer.authorize(url))

    expect(await auth(program, { serverUrl })).toBe('REDIRECT')
    expect(program.information?.client_id).toMatch(/^m2m_\d{17}$/)
    const authorizationCode = program.cameBackWith('code') ?? ''
    expect(await auth(program, { serverUrl, authorizationCode })).toBe('AUTHORIZED')
    const first = program.held
    expect(decodeJwt(first?.access_token ?? '')).toMatchObject({
      iss: issuer.url,
      aud: [resource, serverUrl],
      sub: 'usr_71300000000000042',
      scopes: ['todo:read', 'offline_access'],
    })

    expect(await auth(program, { serverUrl })).toBe('AUTHORIZED')
    expect(program.held?.refresh_token).not.toBe(first?.refresh_token)
    const paths = issuer.requests().map(({ path }) => path)
    expect(paths[0]).toBe(`/.well-known/oauth-authorization-server/resources/${resource}`)
    expect(paths).not.toContain('/.well-known/openid-configuration')
  })

  it('logs in where the customer has the login page', async () => {
    const loginUrl = 'https://app.example.com/login'
    const issuer = await started({ loginUrl })
    const server = await serveMetadata(resourceIssuer(issuer))
    running.push(server)
    const serverUrl = `${server.origin}/mcp`
    const connection = 'conn_71300000000000002'
    const page = async (url: string): Promise<string | null> => {
      if (!url.startsWith(loginUrl)) return null
      const query = new URL(url).searchParams
      const login = query.get('login_request_id') ?? ''
      const answer = await fetch(
        `${issuer.url}/api/v1/connections/${connection}/auth-requests/${login}/user`,
        {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${issuer.mint({ audience: [issuer.clientId] })}`,
          },
          body: JSON.stringify({ sub: 'cust-42', email: 'ada@example.com' }),
        },
      )
      expect(answer.status).toBe(200)
      const state = encodeURIComponent(query.get('state') ?? '')
      return `${issuer.url}/sso/v1/connections/${connection}/partner:callback?state=${state}`
    }
    const browse = (url: string): Promise<string> => issuer.authorize(url, { elsewhere: page })
    const program = new ScriptedClient('todo:read', browse)
    expect(await auth(program, { serverUrl })).toBe('REDIRECT')
    const authorizationCode = program.cameBackWith('code') ?? ''
    expect(await auth(program, { serverUrl, authorizationCode })).toBe('AUTHORIZED')
    expect(decodeJwt(program.held?.access_token ?? '')).toMatchObject({
      sub: 'cust-42',
      email: 'ada@example.com',
      aud: [resource],
    })
  })
})
