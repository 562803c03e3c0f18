import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { audience, closeTestedServers, startTestedServer } from '../local-rsa/tested-server.ts'
import { currentNonce, isNonce } from './dpop-nonce.ts'

afterAll(closeTestedServers)

const { publicKey, privateKey } = await generateKeyPair('ES256')
const jwk = await exportJWK(publicKey)
const jkt = await calculateJwkThumbprint(jwk)

function prove(token: string, deviation: Record<string, unknown> = {}): Promise<string> {
  const ath = createHash('sha256').update(token).digest('base64url')
  const iat = Math.floor(Date.now() / 1000)
  return new SignJWT({ htm: 'POST', htu: audience, jti: randomUUID(), iat, ath, ...deviation })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
    .sign(privateKey)
}

const server = await startTestedServer({ DPOP: 'on' })
const bound = await server.issuer.mint({ claims: { cnf: { jkt } } })
const free = await server.issuer.mint()

/** The status of a token under DPoP, with this proof. */
async function under(token: string, proof?: string): Promise<number> {
  const headers = {
    Authorization: `DPoP ${token}`,
    ...(proof === undefined ? {} : { DPoP: proof }),
  }
  return (await server.send({ token: null, headers })).status
}

test.each<[string, string, Record<string, unknown>, number]>([
  ['for this request', bound, {}, 200],
  ['whose htu has a query and the default port', bound, { htu: `${audience}?x=1#y` }, 200],
  ['that is half a minute old', bound, { iat: Math.floor(Date.now() / 1000) - 30 }, 200],
  ['that is two minutes old', bound, { iat: Math.floor(Date.now() / 1000) - 120 }, 401],
  ['for another method', bound, { htm: 'GET' }, 401],
  ['for a token that is bound to nothing', free, {}, 401],
])('a proof %s', async (_, token, deviation, status) => {
  expect(await under(token, await prove(token, deviation))).toBe(status)
})

test('a proof is good once', async () => {
  const proof = await prove(bound)
  expect([await under(bound, proof), await under(bound, proof)]).toEqual([200, 401])
})

test('an unbound token is good as a bearer token, a bound one is not', async () => {
  const statuses = await Promise.all([free, bound].map((token) => server.send({ token })))
  expect(statuses.map(({ status }) => status)).toEqual([200, 401])
})

test('what went wrong is told under the scheme of the request', async () => {
  const refused = async (authorization: string, proof?: string): Promise<string> => {
    const headers = { Authorization: authorization, ...(proof ? { DPoP: proof } : {}) }
    return (await server.send({ token: null, headers })).challenge
  }
  const stale = await prove(bound, { iat: 0 })
  expect(await refused(`DPoP ${bound}`, stale)).toMatch(
    /^Bearer resource_metadata="[^"]+", scope="mcp:read", DPoP error="invalid_dpop_proof", .*algs=/,
  )
  expect(await refused('DPoP x.y.z', stale)).toContain('DPoP error="invalid_token"')
  expect(await refused('Bearer x.y.z')).toMatch(/^Bearer error="invalid_token", .*, DPoP algs=/)
})

test('a proof holds the nonce of this server, where it wants one', async () => {
  const wanting = await startTestedServer({ DPOP: 'nonce' })
  const token = await wanting.issuer.mint({ claims: { cnf: { jkt } } })
  const answer = async (deviation: Record<string, unknown>): Promise<[string, string | null]> => {
    const headers = { Authorization: `DPoP ${token}`, DPoP: await prove(token, deviation) }
    const answered = await wanting.send({ token: null, headers })
    const error = /DPoP error="(\w+)"/.exec(answered.challenge)?.[1] ?? ''
    return [`${answered.status} ${error}`, answered.headers.get('dpop-nonce')]
  }
  const [first, nonce] = await answer({})
  expect(first).toBe('401 use_dpop_nonce')
  expect(await answer({ nonce: 'invented' })).toEqual(['401 use_dpop_nonce', nonce])
  expect(await answer({ nonce })).toEqual(['200 ', null])
})

test('a nonce is good for a minute and the next', () => {
  const minute = 60_000
  expect(isNonce(currentNonce(5 * minute), 6 * minute)).toBe(true)
  expect(isNonce(currentNonce(5 * minute), 7 * minute)).toBe(false)
})

test('a token that is bound in another way as well is refused', async () => {
  const twice = await server.issuer.mint({ claims: { cnf: { jkt, 'x5t#S256': 'x' } } })
  expect(await under(twice, await prove(twice))).toBe(401)
})

test('the challenge and the metadata offer it where it is on, and only there', async () => {
  const off = await startTestedServer()
  const path = '/.well-known/oauth-protected-resource'
  const seen = [server, off].map(async ({ send }) => [
    /DPoP algs="([^"]*)"/.exec((await send({ token: null })).challenge)?.[1],
    (
      JSON.parse((await send({ method: 'GET', path, token: null })).text) as Record<string, unknown>
    )['dpop_signing_alg_values_supported'],
  ])
  const [on, without] = await Promise.all(seen)
  expect(on).toEqual(['ES256 RS256', ['ES256', 'RS256']])
  expect(without).toEqual([undefined, undefined])
})
