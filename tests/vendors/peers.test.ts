import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { doors } from './doors.ts'
import type { Door } from './doors.ts'
import { libraries, redirectUri } from './peer-libraries.ts'
import type { PeerClient } from './peer-libraries.ts'

const running: ServedIssuer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((issuer) => issuer.close()))
})

async function started({ profile }: Door): Promise<ServedIssuer> {
  const issuer = await serveIssuer({ profile })
  running.push(issuer)
  return issuer
}

async function claimsOf(token: string, issuer: ServedIssuer): Promise<JWTPayload> {
  if (!token.includes('.')) return issuer.core.state.issued.get(token)?.claims ?? {}
  const keys = createRemoteJWKSet(new URL(issuer.jwksUri))
  return (await jwtVerify(token, keys, { issuer: issuer.url })).payload
}

const refused = { error: 'invalid_grant' }

/** Two libraries that know of no vendor, against every provider that is played. */
describe.each(libraries)('$name', (library) => {
  async function loggedIn(door: Door, method = library.method) {
    const issuer = await started(door)
    const client = await library.register(door.found(issuer), {
      client_name: 'a program',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: method,
      scope: door.login.scope,
    })
    const tokens = await client.login((url) => issuer.authorize(url), door.login)
    const found = (door.tokensFound ?? door.found)(issuer)
    /** The same client where its tokens are asked about and taken back. */
    const owner: PeerClient = await library.known(found, client.id, client.secret)
    return {
      issuer,
      client,
      owner,
      token: tokens.access_token,
      refresh: tokens.refresh_token ?? '',
    }
  }

  it.each(doors)('discovers $name, registers, logs in and refreshes once', async (door) => {
    const { issuer, client, token, refresh } = await loggedIn(door, 'none')
    const claims = await claimsOf(token, issuer)
    expect(claims).toMatchObject({ sub: issuer.users.a.subject, scope: door.login.scope })
    expect(claims.aud).toEqual(door.audience(issuer))
    const next = await client.refresh(refresh)
    const renewed = await claimsOf(next.access_token, issuer)
    expect([renewed.sub, renewed.aud]).toEqual([claims.sub, claims.aud])
    expect(next.refresh_token).not.toBe(refresh)
    await expect(client.refresh(refresh)).rejects.toMatchObject(refused)
  })

  it.each(doors)('takes back a refresh token of $name', async (door) => {
    const method = door.revokingClients === 'any' ? 'none' : library.method
    const { client, owner, refresh } = await loggedIn(door, method)
    await owner.revoke(refresh)
    await expect(client.refresh(refresh)).rejects.toMatchObject(refused)
  })

  it.each(doors.filter(({ introspection }) => introspection))(
    'asks $name about tokens',
    async (door) => {
      const { owner, token, refresh } = await loggedIn(door)
      expect(await owner.isActive(token)).toBe(true)
      expect(await owner.isActive(refresh)).toBe(true)
      expect(await owner.isActive(`${token}x`)).toBe(false)
    },
  )

  it.each(doors.filter(({ accessTokens }) => accessTokens === 'revocable'))(
    'takes back an access token of $name',
    async (door) => {
      const { owner, token } = await loggedIn(door)
      await owner.revoke(token)
      expect(await owner.isActive(token)).toBe(false)
    },
  )

  it.each(doors.filter(({ accessTokens }) => accessTokens === 'irrevocable'))(
    'cannot take back an access token of $name',
    async (door) => {
      const { owner, token } = await loggedIn(door)
      await expect(owner.revoke(token)).rejects.toMatchObject({ error: 'unsupported_token_type' })
      expect(await owner.isActive(token)).toBe(true)
    },
  )

  it.each(doors.filter(({ exchange }) => exchange))(
    'exchanges the token of a user of $name for another API',
    async (door) => {
      const { issuer, token } = await loggedIn(door)
      const server = await library.known(door.found(issuer), issuer.clientId, issuer.clientSecret)
      const grant = 'urn:ietf:params:oauth:grant-type:token-exchange'
      const exchange = (subject: string): Promise<{ access_token: string }> =>
        server.grant(grant, { ...door.exchange, subject_token: subject })
      const { access_token: exchanged } = await exchange(token)
      expect(await claimsOf(exchanged, issuer)).toMatchObject({
        sub: issuer.users.a.subject,
        aud: door.exchange?.audience,
        scope: door.exchange?.scope,
      })
      await expect(exchange(`${token}x`)).rejects.toMatchObject({ status: 400 })
    },
  )
})
