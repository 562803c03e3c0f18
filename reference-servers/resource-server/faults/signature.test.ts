import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { exportJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audience, closeTestedServers } from '../../local-rsa/tested-server.ts'
import { firstMembers } from './first-members.ts'
import { encode, foreign, foreignKey, literal, proof, seeBoth, token, type Proof } from './proof.ts'
import { signatureFaults } from './signature.ts'
import { tokenTypeFaults } from './token-type.ts'

let url = ''
let visits = 0
const listener = createServer((_request, response) => {
  visits += 1
  void foreignKey
    .then(({ publicKey }) => exportJWK(publicKey))
    .then((key) => response.end(JSON.stringify({ keys: [key] })))
})
beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/keys`
})
afterAll(async () => {
  listener.close()
  await closeTestedServers()
})

const typed = (typ: string | undefined): Proof['probe'] => token({ header: { typ } })

const proofs: Record<string, Proof> = {
  'decode-without-verify': proof(
    literal(async ({ issuer }) => (await issuer.mint()).replace(/[^.]+$/, '')),
    401,
    200,
  ),
  'signature-result-ignored': proof(foreign(), 401, 200),
  'unknown-kid-unverified': proof(foreign({ header: { kid: 'two' } }), 401, 200),
  'cache-by-signature-tail': proof(
    async (server) => {
      const good = await server.issuer.mint()
      await server.send({ token: good })
      const [header, , signature] = good.split('.')
      const altered = `${header}.${encode({ iss: server.issuer.url, sub: 'bob' })}.${signature}`
      return (await server.send({ token: altered })).status
    },
    401,
    200,
  ),
  'cache-by-unsigned-part': proof(
    async (server) => {
      const good = await server.issuer.mint()
      await server.send({ token: good })
      const altered = good.replace(/[^.]+$/, (signature) => signature.toUpperCase())
      return (await server.send({ token: altered })).status
    },
    401,
    200,
  ),
  'header-jwk-trusted': proof(
    async (server) => {
      const jwk = await exportJWK((await foreignKey).publicKey)
      return foreign({ header: { jwk } })(server)
    },
    401,
    200,
  ),
  'jku-trusted': proof((server) => foreign({ header: { jku: url } })(server), 401, 200),
  'jku-fetched-then-refused': proof(
    async (server) => {
      const before = visits
      return [await foreign({ header: { jku: url } })(server), visits - before]
    },
    [401, 0],
    [401, 1],
  ),
  'kid-url-trusted': proof((server) => foreign({ header: { kid: url } })(server), 401, 200),
  'kid-sleeps': proof(
    async (server) => {
      const answer = foreign({ header: { kid: "'; SELECT pg_sleep(1)--" } })(server)
      return Promise.race([answer, wait(700, 'late')])
    },
    401,
    'late',
  ),
  'long-kid-crashes': proof(foreign({ header: { kid: 'x'.repeat(5000) } }), 401, 500),
  'missing-kid-crashes': proof(token({ header: { kid: undefined } }), 200, 500),
  'crit-ignored': proof(token({ header: { crit: ['urn:test:x'], 'urn:test:x': 1 } }), 401, 200),
  'first-duplicate-wins': proof(
    literal(async ({ issuer }) => {
      // Equal members cannot come out of an object, so a longer name is shortened in the text.
      const text = JSON.stringify({ aud: audience, bud: 'https://other.example' })
      return issuer.mintText(text.replace('"bud"', '"aud"'))
    }),
    401,
    200,
  ),
  'typ-short-form-only': proof(typed('application/at+jwt'), 200, 401),
  'foreign-typ-accepted': proof(typed('logout+jwt'), 401, 200),
  'generic-typ-accepted': proof(typed(undefined), 401, 200),
}

describe.each(Object.keys({ ...signatureFaults, ...tokenTypeFaults }))('%s', (fault) => {
  test('shows in one request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})

test('the first of equal members is found, whatever its value holds', () => {
  const payload = '{"x":{"y":1},"aud":["a,}","b"],"exp":1.5,"aud":"c"}'
  expect(
    firstMembers(`.${Buffer.from(payload).toString('base64url')}.`, ['aud', 'exp', 'iss']),
  ).toEqual({ aud: ['a,}', 'b'], exp: 1.5 })
})
