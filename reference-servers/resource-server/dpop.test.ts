import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { audience, closeTestedServers, startTestedServer } from '../local-rsa/tested-server.ts'

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
