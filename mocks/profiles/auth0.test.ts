import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { createIssuer } from '../issuer.ts'
import type { MockIssuer } from '../issuer.ts'
import type { JsonObject } from '../json.ts'
import { seededClient } from '../seed.ts'
import { auth0Audience, auth0Profile } from './auth0.ts'

const url = 'https://acme.us.auth0.com'
const redirectUri = 'https://app.example/callback'
const verifier = 'v'.repeat(43)
const challenge = createHash('sha256').update(verifier).digest('base64url')

function made(): MockIssuer {
  const issuer = createIssuer({ url, profile: auth0Profile({ resourceParameter: true }) })
  issuer.core.state.clients.set('app', seededClient({ id: 'app', redirectUris: [redirectUri] }))
  issuer.setOrganization({ id: 'org_acme', name: 'acme', attributes: {} })
  return issuer
}

async function token(
  issuer: MockIssuer,
  form: Record<string, string>,
): Promise<{ status: number; body: JsonObject }> {
  const own = { client_id: issuer.clientId, client_secret: issuer.clientSecret }
  const body = new URLSearchParams('client_id' in form ? form : { ...own, ...form })
  const answer = await issuer.handle(new Request(`${url}/oauth/token`, { method: 'POST', body }))
  return { status: answer.status, body: (await answer.json()) as JsonObject }
}

function authorize(issuer: MockIssuer, change: Record<string, string>): Promise<string> {
  const query = new URLSearchParams({
    client_id: 'app',
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 's',
    ...change,
  })
  return issuer.authorize(`${url}/authorize?${query}`)
}

const byCode = (code: string, change: Record<string, string> = {}): Record<string, string> => ({
  grant_type: 'authorization_code',
  client_id: 'app',
  code,
  redirect_uri: redirectUri,
  code_verifier: verifier,
  ...change,
})

const claimsFor = async (
  issuer: MockIssuer,
  asked: Record<string, string>,
): Promise<JsonObject> => {
  const back = new URL(await authorize(issuer, asked))
  const { body } = await token(issuer, byCode(back.searchParams.get('code') ?? ''))
  return decodeJwt(String(body['access_token'])) as JsonObject
}

describe('the token endpoint refuses with status and words of the service', () => {
  const machine = { grant_type: 'client_credentials' }
  it.each<[what: string, form: Record<string, string>, refusal: [number, string], words: RegExp]>([
    [
      'a wrong secret',
      { ...machine, client_secret: 'x' },
      [401, 'access_denied'],
      /^Unauthorized$/,
    ],
    [
      'a missing secret',
      { ...machine, client_id: 'Qm3kX0aBcD4eFgH5iJkL6mNoP7qRsT8u' },
      [401, 'access_denied'],
      /^Unauthorized$/,
    ],
    ['an unknown code', byCode('x'), [403, 'invalid_grant'], /^Invalid authorization code$/],
    [
      'an unknown refresh token',
      { grant_type: 'refresh_token', refresh_token: 'x' },
      [403, 'invalid_grant'],
      /^Unknown or invalid refresh token\.$/,
    ],
    [
      'an API that is not there',
      { ...machine, audience: 'https://nowhere.example' },
      [403, 'access_denied'],
      /^Service not enabled within domain: https:\/\/nowhere\.example$/,
    ],
    [
      'a scope that was not granted',
      { ...machine, audience: auth0Audience, scope: 'admin' },
      [403, 'access_denied'],
      /^Client is not authorized to access "https:\/\/mcp\.acme\.test\/mcp"\. You need to create a "client-grant"/,
    ],
    [
      'a grant type that it does not have',
      { grant_type: 'password' },
      [403, 'unauthorized_client'],
      /^Grant type 'password' not allowed for the client\.$/,
    ],
  ])('%s', async (_what, form, refusal, words) => {
    const { status, body } = await token(made(), form)
    expect([status, body['error']]).toEqual(refusal)
    expect(body['error_description']).toMatch(words)
  })

  it('a wrong verifier', async () => {
    const issuer = made()
    const code = new URL(await authorize(issuer, {})).searchParams.get('code') ?? ''
    const wrong = { code_verifier: 'w'.repeat(43) }
    expect(await token(issuer, byCode(code, wrong))).toEqual({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Failed to verify code verifier' },
    })
  })
})

describe('a token of a user', () => {
  it('names the API that audience says, whatever resource says', async () => {
    const asked = { scope: 'tool:greet', audience: auth0Audience, resource: 'https://no.example' }
    expect(await claimsFor(made(), asked)).toMatchObject({ iss: `${url}/`, aud: auth0Audience })
  })

  it('names the API that resource says under the compatibility profile', async () => {
    const asked = { scope: 'tool:greet', resource: auth0Audience }
    expect(await claimsFor(made(), asked)).toMatchObject({ aud: auth0Audience })
  })

  it('names the organization in which the user logged in', async () => {
    const asked = { scope: 'tool:greet', audience: auth0Audience, organization: 'org_acme' }
    expect(await claimsFor(made(), asked)).toMatchObject({ org_id: 'org_acme' })
  })
})
