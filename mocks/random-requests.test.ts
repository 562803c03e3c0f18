import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createIssuer } from './issuer.ts'
import { providers } from './providers.ts'
import { seededClient } from './seed.ts'

const url = 'https://issuer.example'
const redirectUri = 'https://app.example/callback'
const clerkSecretKey = 'sk_test_mockSecretKeyOfTheInstance'

const rightOrNot = (right: string | string[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(right) }, fc.jsonValue())

/** A provider with a client, tokens that live, and requests of every kind for each of its paths. */
async function played(provider: string) {
  const profile = await providers[provider]?.profile()
  const issuer = createIssuer({ url, clock: () => 1_700_000_000, ...(profile && { profile }) })
  issuer.core.state.clients.set('app', seededClient({ id: 'app', redirectUris: [redirectUri] }))
  const minted = issuer.mint({ user: issuer.users.a.subject, scopes: ['openid'], audience: [url] })

  const extra = issuer.profile.extra.flatMap((route) => route.paths)
  const documents = issuer.profile.documents.flatMap((document) => document.paths)
  const paths = [...Object.values(issuer.profile.routes).flat(), ...extra, ...documents]
    .filter((path) => path !== undefined)
    .map((path) =>
      path
        .replace('{base}', '')
        .replace('{client}', 'app')
        .replaceAll(/\{(\w+)\}/g, (_, name: string) => issuer.profile.params?.[name] ?? 'x'),
    )
  const exchangeType = 'urn:ietf:params:oauth:grant-type:token-exchange'
  const accessType = 'urn:ietf:params:oauth:token-type:access_token'

  /** Parameters with the values that lead furthest, so that random requests get past the first check. */
  const telling: Record<string, string[]> = {
    grant_type: ['client_credentials', 'authorization_code', 'refresh_token', exchangeType],
    client_id: ['app', issuer.clientId, 'https://127.0.0.1/x', 'http://[', '__proto__'],
    client_secret: [issuer.clientSecret],
    client_assertion: [minted, 'a.b.c'],
    client_assertion_type: ['urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
    redirect_uri: [redirectUri, 'javascript:x', 'app:/x', '%'],
    response_type: ['code', 'token'],
    response_mode: ['query', 'form_post'],
    code_challenge: ['v'.repeat(43)],
    code_challenge_method: ['S256', 'plain'],
    code: ['x'],
    code_verifier: ['v'.repeat(43)],
    refresh_token: [issuer.refreshToken, 'x'],
    token: [minted, issuer.refreshToken, 'null.null.null', 'eyJ9.e30.'],
    subject_token: [minted, issuer.refreshToken],
    subject_token_type: [accessType, '__proto__', 'constructor'],
    actor_token: [minted],
    actor_token_type: [accessType],
    resource: ['https://a.example', '/x', 'a:b#c'],
    scope: ['openid', 'read write', '"'],
    prompt: ['none', 'login', 'consent'],
    max_age: ['0', '-1', '9'.repeat(40)],
    state: ['s'],
    login: ['x'],
    form_token: ['x'],
    id_token_hint: [minted],
    post_logout_redirect_uri: [redirectUri],
  }

  const pair = fc
    .constantFrom(...Object.keys(telling))
    .chain((name) =>
      fc.tuple(
        fc.constant(name),
        fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom(...(telling[name] ?? [''])) },
          { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
        ),
      ),
    )
  const own = { client_id: issuer.clientId, client_secret: issuer.clientSecret }
  /** Complete requests, of which random parameters spoil some. */
  const complete: Record<string, string>[] = [
    { ...own, grant_type: 'client_credentials' },
    {},
    { ...own, grant_type: 'client_credentials', resource: 'https://a.example' },
    { ...own, grant_type: exchangeType, subject_token: minted, subject_token_type: accessType },
    { ...own, token: minted },
    {
      client_id: 'app',
      redirect_uri: redirectUri,
      response_type: 'code',
      code_challenge: 'v'.repeat(43),
      code_challenge_method: 'S256',
    },
  ]
  const pairs = fc
    .tuple(
      fc.constantFrom(...complete),
      fc.oneof(
        fc.uniqueArray(pair, { maxLength: 2, selector: ([name]) => name }),
        fc.uniqueArray(pair, { maxLength: 12, selector: ([name]) => name }),
      ),
    )
    .map(([start, more]) => Object.entries({ ...start, ...Object.fromEntries(more) }))
  const jwtLike = fc
    .tuple(fc.json(), fc.json())
    .map((parts) => parts.map((each) => Buffer.from(each).toString('base64url')).join('.') + '.AA')

  const request = fc.record({
    path: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...paths) },
      { weight: 1, arbitrary: fc.webPath() },
    ),
    method: fc.constantFrom('GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'),
    type: fc.constantFrom(
      ...Array<string>(6).fill('application/x-www-form-urlencoded'),
      ...Array<string>(4).fill('application/json'),
      'text/plain',
      '',
    ),
    authorization: fc.oneof(
      { weight: 6, arbitrary: fc.constant(null) },
      fc.constant(`Bearer ${minted}`),
      fc.constant(`Bearer ${clerkSecretKey}`),
      fc.constant(
        `Basic ${Buffer.from(`${issuer.clientId}:${issuer.clientSecret}`).toString('base64')}`,
      ),
      fc.base64String().map((text) => `Basic ${text}`),
      jwtLike.map((text) => `DPoP ${text}`),
    ),
    dpop: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, jwtLike),
    cookie: fc.constantFrom(null, '__Host-browser=x', `__Host-browser=${'x'.repeat(32)}`),
    pairs,
    body: fc.oneof(
      { weight: 8, arbitrary: fc.constant(null) },
      fc.json(),
      {
        weight: 4,
        arbitrary: fc
          .record(
            {
              redirect_uris: rightOrNot([redirectUri]),
              client_name: rightOrNot('an app'),
              grant_types: rightOrNot(['authorization_code']),
              token_endpoint_auth_method: rightOrNot('none'),
              jwks: fc.jsonValue(),
              scope: rightOrNot('openid'),
            },
            { requiredKeys: ['redirect_uris'] },
          )
          .map((each) => JSON.stringify(each)),
      },
      fc.string({ unit: 'binary' }),
    ),
  })

  return { issuer, minted, request }
}

/** Answers that show how deep the requests of a provider got. */
const depths: [provider: string, runs: number, reached: string[]][] = [
  [
    'local',
    10_000,
    [
      '/token 200',
      '/introspect 200',
      '/authorize 200',
      '/authorize 303',
      '/revoke 200',
      '/register 201',
    ],
  ],
  [
    'scalekit',
    10_000,
    ['/oauth/token 200', '/oauth/introspect 200', '/oauth/authorize 200', '/revoke 200'],
  ],
  [
    'auth0',
    10_000,
    ['/oauth/token 200', '/authorize 200', '/oauth/revoke 200', '/oidc/register 201'],
  ],
  [
    'clerk',
    10_000,
    ['/oauth/authorize 200', '/oauth/token_info 200', '/oauth/register 201', '/v1/jwks 200'],
  ],
]

it.each(depths)(
  '%s takes %i random requests: never a 500, nothing thrown, no secret in a body',
  async (provider, numRuns, reached) => {
    const { issuer, minted, request } = await played(provider)
    const secrets = [
      clerkSecretKey,
      issuer.clientSecret,
      issuer.users.a.password,
      issuer.users.b.password,
    ]
    const seen = new Map<string, number>()
    const property = fc.asyncProperty(request, async (each) => {
      const headers = new Headers({ 'content-type': each.type })
      for (const name of ['authorization', 'dpop', 'cookie'] as const) {
        const value = each[name]
        if (value !== null) headers.set(name, value)
      }
      const query = new URLSearchParams(each.pairs).toString()
      const bodiless = each.method === 'GET' || each.method === 'HEAD'
      const body = bodiless ? null : (each.body ?? query)
      const address = `${url}${each.path}${bodiless ? `?${query}` : ''}`
      const response = await issuer.handle(
        new Request(address, { method: each.method, headers, body }),
      )
      expect(response.status).toBeLessThan(500)
      const text = await response.text()
      for (const secret of secrets) expect(text).not.toContain(secret)
      const others = [issuer.refreshToken, minted].filter((token) => !query.includes(token))
      for (const token of others) expect(text).not.toContain(token)
      const key = `${each.path} ${response.status}`
      seen.set(key, (seen.get(key) ?? 0) + 1)
    })
    await fc.assert(property, { numRuns, seed: 7 })
    for (const good of reached) expect(seen.get(good) ?? 0, good).toBeGreaterThan(0)
    const kept = JSON.stringify(issuer.requests())
    for (const secret of [...secrets, minted, issuer.refreshToken]) {
      expect(kept).not.toContain(secret)
    }
  },
  120_000,
)
