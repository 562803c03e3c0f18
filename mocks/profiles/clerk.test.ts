import { expect, it } from 'vitest'
import { createIssuer } from '../issuer.ts'
import type { JsonObject } from '../json.ts'
import { clerkProfile } from './clerk.ts'

const url = 'https://tidy-otter-41.clerk.accounts.dev'
const issuer = createIssuer({ url, profile: clerkProfile() })
const own = { client_id: issuer.clientId, client_secret: issuer.clientSecret }

async function ask(path: string, init: RequestInit = {}): Promise<[number, JsonObject]> {
  const answer = await issuer.handle(new Request(url + path, init))
  return [answer.status, (await answer.json()) as JsonObject]
}
const post = (form: Record<string, string>): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(form),
})

const unauthenticated = 'Client authentication failed'
it.each<[what: string, form: Record<string, string>, refusal: [status: number, body: JsonObject]]>([
  [
    'a wrong secret',
    { ...own, client_secret: 'x' },
    [401, { error: 'invalid_client', error_description: unauthenticated }],
  ],
  [
    'a missing secret',
    { client_id: issuer.clientId },
    [401, { error: 'invalid_client', error_description: unauthenticated }],
  ],
  [
    'no grant type',
    own,
    [
      400,
      {
        error: 'invalid_request',
        error_description: 'The request is missing a required parameter',
      },
    ],
  ],
  [
    'client credentials',
    { ...own, grant_type: 'client_credentials' },
    [401, { error: 'unsupported_grant_type' }],
  ],
])('the token endpoint refuses %s in the form of OAuth', async (_what, form, refusal) => {
  expect(await ask('/oauth/token', post(form))).toMatchObject(refusal)
})

const authorize = `/oauth/authorize?response_type=code&redirect_uri=https://evil.example`
it.each<[what: string, path: string, init: RequestInit, status: number]>([
  ['redirect_uri_mismatch', `${authorize}&client_id=${issuer.clientId}`, {}, 400],
  ['oauth_authorize_request_error', `${authorize}&client_id=nobody`, {}, 400],
  ['oauth_fetch_user_error', '/oauth/userinfo', { headers: { authorization: 'Bearer x' } }, 401],
  ['clerk_key_invalid', '/v1/jwks', { headers: { authorization: 'Bearer sk_test_x' } }, 401],
  ['authorization_header_format_invalid', '/v1/jwks', {}, 401],
  ['resource_not_found', '/nowhere', {}, 404],
])('says %s in the form of the service', async (code, path, init, status) => {
  const [got, body] = await ask(path, init)
  expect(got).toBe(status)
  expect(body).toMatchObject({ errors: [{ code, meta: {} }], clerk_trace_id: expect.any(String) })
})
