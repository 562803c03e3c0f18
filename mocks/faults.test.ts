import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { issuerFaults } from './faults.ts'
import { createIssuer } from './issuer.ts'
import type { MockIssuer } from './issuer.ts'
import type { JsonObject } from './json.ts'
import { seededClient } from './seed.ts'

const url = 'https://issuer.example'
const redirectUri = 'https://app.example/callback'
const verifier = 'v'.repeat(43)
const challenge = createHash('sha256').update(verifier).digest('base64url')

function made(faults: string[]): MockIssuer {
  const issuer = createIssuer({ url, clock: () => 1_700_000_000, faults })
  issuer.setClient({ id: 'app', redirectUris: [redirectUri] })
  issuer.setClient({ id: 'other', redirectUris: [redirectUri] })
  return issuer
}

const query = (change: Record<string, string | undefined> = {}): string => {
  const all = {
    response_type: 'code',
    client_id: 'app',
    redirect_uri: redirectUri,
    state: 'state',
    scope: 'read',
    resource: 'https://target.example/mcp',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...change,
  }
  const there = Object.entries(all).filter(([, value]) => value !== undefined)
  return `${url}/authorize?${new URLSearchParams(there as [string, string][])}`
}

async function post(issuer: MockIssuer, form: Record<string, string>) {
  const request = new Request(`${url}/token`, { method: 'POST', body: new URLSearchParams(form) })
  return (await (await issuer.handle(request)).json()) as JsonObject
}

const tried = async (issuer: MockIssuer, change = {}): Promise<string> =>
  issuer.authorize(query(change)).catch(() => 'refused')

const codeOf = (back: string): string => new URL(back).searchParams.get('code') ?? ''

const redeem = (issuer: MockIssuer, code: string, change = {}): Promise<JsonObject> =>
  post(issuer, {
    grant_type: 'authorization_code',
    code,
    client_id: 'app',
    redirect_uri: redirectUri,
    code_verifier: verifier,
    ...change,
  })

const refresh = (issuer: MockIssuer, token: unknown, change = {}): Promise<JsonObject> =>
  post(issuer, {
    grant_type: 'refresh_token',
    client_id: 'app',
    refresh_token: String(token),
    ...change,
  })

async function exchanged(issuer: MockIssuer, token: string, change = {}): Promise<JsonObject> {
  return post(issuer, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    client_id: issuer.clientId,
    client_secret: issuer.clientSecret,
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    ...change,
  })
}

/** What tells a fault from the conformant issuer: the same question, another answer. */
const questions: Record<string, (issuer: MockIssuer) => Promise<unknown>> = {
  'plain-accepted': (issuer) =>
    tried(issuer, { code_challenge_method: 'plain' }).then((back) => back.includes('code=')),
  'challenge-optional': (issuer) =>
    tried(issuer, { code_challenge: undefined, code_challenge_method: undefined }).then((back) =>
      back.includes('code='),
    ),
  'verifier-optional': async (issuer) =>
    (await redeem(issuer, codeOf(await tried(issuer)), { code_verifier: '' }))['error'],
  'redirect-prefix': (issuer) =>
    tried(issuer, { redirect_uri: `${redirectUri}.evil` }).then((b) => b === 'refused'),
  'unregistered-redirect-followed': (issuer) =>
    tried(issuer, { redirect_uri: 'https://evil.example/' }).then((back) => back.slice(0, 20)),
  'state-lost-on-error': (issuer) =>
    tried(issuer, { response_type: 'x' }).then((b) => b.includes('state=')),
  'iss-lost-on-error': (issuer) =>
    tried(issuer, { response_type: 'x' }).then((b) => b.includes('iss=')),
  'iss-internal': (issuer) => tried(issuer).then((b) => new URL(b).searchParams.get('iss')),
  'framing-allowed': async (issuer) =>
    (await issuer.handle(new Request(query()))).headers.get('x-frame-options'),
  'pages-unescaped': async (issuer) => {
    const page = await issuer.handle(new Request(query({ login_hint: '"><i>' })))
    return (await page.text()).includes('"><i>')
  },
  'code-reusable': async (issuer) => {
    const code = codeOf(await tried(issuer))
    await redeem(issuer, code)
    return (await redeem(issuer, code))['error']
  },
  'code-unbound': async (issuer) =>
    (await redeem(issuer, codeOf(await tried(issuer)), { client_id: 'other' }))['error'],
  'secret-optional': async (issuer) =>
    (
      await post(issuer, {
        grant_type: 'client_credentials',
        client_id: issuer.clientId,
        resource: 'https://a.example',
      })
    )['error'],
  'refresh-not-rotated': async (issuer) => {
    const first = (await redeem(issuer, codeOf(await tried(issuer))))['refresh_token']
    return (await refresh(issuer, first))['refresh_token'] === first
  },
  'refresh-scope-copied': async (issuer) => {
    const first = (await redeem(issuer, codeOf(await tried(issuer))))['refresh_token']
    return (await refresh(issuer, first, { scope: 'admin' }))['error']
  },
  'subject-unverified': async (issuer) =>
    (await exchanged(issuer, `${issuer.mint({ user: 'alice' }).slice(0, -9)}AAAAAAAAA`))['error'],
  'exchange-widens': async (issuer) =>
    (await exchanged(issuer, issuer.mint({ user: 'alice', scopes: ['read'] }), { scope: 'admin' }))[
      'error'
    ],
  'resource-ignored': async (issuer) => {
    const { access_token: token } = await redeem(issuer, codeOf(await tried(issuer)))
    return decodeJwt(String(token)).aud
  },
  'access-token-untyped': async (issuer) =>
    Buffer.from(issuer.mint().split('.')[0] ?? '', 'base64url').toString(),
}

describe('a fault', () => {
  it.each(Object.entries(questions))('%s makes the difference', async (id, ask) => {
    expect(await ask(made([id]))).not.toEqual(await ask(made([])))
  })

  it.each(issuerFaults.filter(({ id }) => !(id in questions)).map(({ id }) => id))(
    '%s changes the profile and leaves a login working',
    async (id) => {
      const [good, faulty] = [made([]), made([id])]
      expect(JSON.stringify(shape(faulty))).not.toBe(JSON.stringify(shape(good)))
      expect(codeOf(await tried(faulty))).not.toBe('')
    },
  )

  it('is refused when there is no such one', () => {
    expect(() => made(['x'])).toThrow('there is no issuer fault "x". Allowed: metadata-issuer')
  })
})

function shape({ profile, core }: MockIssuer): unknown {
  const standard = { issuer: url, registration_endpoint: url, response_types_supported: ['code'] }
  const more = {
    code_challenge_methods_supported: ['S256'],
    client_id_metadata_document_supported: true,
  }
  const context = { issuer: url, base: url, params: {}, core }
  return [profile.rules, profile.documents[0]?.write({ ...standard, ...more }, context)]
}

it('gives the tester power over users, clients, tokens, keys, clock and ledger', async () => {
  const issuer = createIssuer({ url })
  const carol = { subject: 'carol', username: 'carol', password: 'x', email: 'c@example.com' }
  issuer.setUser(carol)
  issuer.setClient({ id: 'app', redirectUris: [redirectUri], consent: 'skip' })
  expect(issuer.core.client('app')).toEqual(
    seededClient({ id: 'app', redirectUris: [redirectUri], consent: 'skip' }),
  )
  const back = await issuer.authorize(query(), { user: carol })
  const { access_token: text, refresh_token: held } = await redeem(issuer, codeOf(back))
  const token = String(text)
  expect(decodeJwt(token).sub).toBe('carol')
  const alive = async (each: string): Promise<unknown> => {
    const form = { token: each, client_id: issuer.clientId, client_secret: issuer.clientSecret }
    const body = new URLSearchParams(form)
    const answer = await issuer.handle(new Request(`${url}/introspect`, { method: 'POST', body }))
    return ((await answer.json()) as JsonObject)['active']
  }
  const { previous, kid } = await issuer.rotateKey()
  expect(await alive(token)).toBe(true)
  const minted = issuer.mint({ user: 'carol', claims: { extra: 1, jti: null }, lifetime: 10 })
  expect(decodeJwt(minted)).toMatchObject({ sub: 'carol', extra: 1 })
  expect(decodeJwt(minted)).not.toHaveProperty('jti')
  expect(await alive(minted)).toBe(true)
  const [header = '', payload = ''] = minted
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString())
  const changed = (members: JsonObject, alg: string): Promise<string> =>
    issuer.sign({
      header: JSON.stringify({ ...(JSON.parse(header) as JsonObject), ...members, alg }),
      payload,
      key: 'current',
      alg,
    })
  expect(await alive(await changed({}, 'RS256'))).toBe(true)
  expect(await alive(await changed({}, 'PS256'))).toBe(false)
  expect(await alive(await changed({ crit: ['x'], x: 1 }, 'RS256'))).toBe(false)
  issuer.clock.freeze()
  issuer.clock.move(10)
  expect(await alive(minted)).toBe(false)
  issuer.clock.reset()
  const set = async (): Promise<JsonObject[]> =>
    ((await (await issuer.handle(new Request(issuer.jwksUri))).json()) as { keys: JsonObject[] })
      .keys
  expect((await set()).map((each) => each['kid'])).toEqual([kid, previous])
  issuer.retireKey(previous)
  expect(await alive(token)).toBe(false)
  const [before] = await set()
  await issuer.breakKey()
  const [after] = await set()
  expect(after?.['kid']).toBe(kid)
  expect(after?.['n']).not.toBe(before?.['n'])
  issuer.revoke(String(held))
  expect((await refresh(issuer, held))['error']).toBe('invalid_grant')
  expect(issuer.requests().length).toBeGreaterThan(5)
  issuer.clearRequests()
  expect(issuer.requests()).toEqual([])
  await issuer.close()
})

it('answers late when it is told to, until that is undone or the caller goes', async () => {
  const issuer = createIssuer({ url })
  const { undo } = await issuer.arrange({ slow: { endpoints: ['jwks'], milliseconds: 30 } })
  const start = performance.now()
  await issuer.handle(new Request(issuer.jwksUri))
  expect(performance.now() - start).toBeGreaterThan(25)
  await undo()
  await expect(issuer.arrange({ slow: { endpoints: ['jwks'], milliseconds: -1 } })).rejects.toThrow(
    'slow.milliseconds: found -1',
  )
})
