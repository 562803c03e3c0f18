import { generateKeyPairSync, sign } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, describe, expect, test } from 'vitest'
import { closeTestedServers, type TestedServer } from '../../local-rsa/tested-server.ts'
import { algorithmFaults } from './algorithm.ts'
import { keyFaults } from './keys.ts'
import {
  encode,
  hmac,
  literal,
  proof,
  publicPem,
  seeBoth,
  status,
  token,
  type Proof,
} from './proof.ts'

afterAll(closeTestedServers)

const second = generateKeyPair('RS256')
const unknown = token({ header: { kid: 'two' } })

async function publishSecond(server: TestedServer, members: object = {}): Promise<string> {
  const { publicKey, privateKey } = await second
  server.issuer.keys.push({ ...(await exportJWK(publicKey)), kid: 'two', ...members })
  return server.issuer.mint({ header: { kid: 'two' }, key: privateKey })
}

const proofs: Record<string, Proof> = {
  'jwks-never-refreshed': proof(
    async (server) => {
      await server.send({})
      return (await server.send({ token: await publishSecond(server) })).status
    },
    200,
    401,
  ),
  'jwks-keys-only-added': {
    ...proof(
      async (server) => {
        await server.send({})
        server.issuer.keys = []
        return status({})(server)
      },
      401,
      200,
    ),
    env: { KEY_MAX_AGE_MS: '0' },
  },
  'jwks-failed-refetch-empties-cache': proof(
    async (server) => {
      await server.send({})
      server.issuer.outage = { status: 500, body: '' }
      await unknown(server)
      return status({})(server)
    },
    200,
    503,
  ),
  'jwks-refetch-per-kid': {
    ...proof(
      async (server) => {
        for (let count = 0; count < 3; count += 1) await unknown(server)
        return server.issuer.requests.length
      },
      1,
      // The first token finds an empty cache and then an unknown kid.
      4,
    ),
    env: { KEY_COOLDOWN_MS: '60000' },
  },
  'jwks-no-cooldown-after-failure': {
    ...proof(
      async (server) => {
        server.issuer.outage = { status: 500, body: '' }
        for (let count = 0; count < 3; count += 1) await unknown(server)
        return server.issuer.requests.length
      },
      1,
      // Each token finds an empty cache and then an unknown kid.
      6,
    ),
    env: { KEY_COOLDOWN_MS: '60000' },
  },
  'key-lookup-error-accepts': proof(withOutage({ status: 500, body: '' }), 503, 200),
  'empty-key-set-accepts': proof(withOutage({ status: 200, body: '{"keys":[]}' }), 401, 200),
  'errors-as-401': proof(withOutage({ status: 500, body: '' }), 503, 401),
  'discovery-issuer-unchecked': {
    ...proof(
      async (server) => {
        server.issuer.named = 'https://other.example'
        return status({})(server)
      },
      503,
      200,
    ),
    env: { JWKS_URI: 'discover' },
  },
  'key-use-ignored': proof(
    literal((server) => publishSecond(server, { use: 'enc', key_ops: ['encrypt'] })),
    401,
    200,
  ),
  'weak-keys-accepted': proof(
    literal(async (server) => {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
      const jwk = publicKey.export({ format: 'jwk' })
      server.issuer.keys.push({ kty: 'RSA', n: String(jwk.n), e: String(jwk.e), kid: 'weak' })
      const payload = (await server.issuer.mint()).split('.')[1]
      const input = `${encode({ alg: 'RS256', typ: 'at+jwt', kid: 'weak' })}.${payload}`
      const signature = sign('sha256', Buffer.from(input), privateKey)
      return `${input}.${signature.toString('base64url')}`
    }),
    401,
    200,
  ),
  'eager-key-import': proof(
    async (server) => {
      server.issuer.keys.push({ kty: 'XYZ', kid: 'odd' })
      return status({})(server)
    },
    200,
    401,
  ),
  'alg-none-accepted': proof(
    literal(async ({ issuer }) => {
      const payload = (await issuer.mint()).split('.')[1]
      return `${encode({ alg: 'nOnE', typ: 'at+jwt' })}.${payload}.`
    }),
    401,
    200,
  ),
  'algorithm-from-token': proof(hmac(publicPem), 401, 200),
  'development-secret': proof(
    hmac(() => 'secret'),
    401,
    200,
  ),
  'kid-as-path': proof(
    hmac(() => Buffer.alloc(0), '../../../../dev/null'),
    401,
    200,
  ),
  'rsa-algorithms-unpinned': proof(
    literal((server) => server.issuer.mint({ header: { alg: 'PS256' } })),
    401,
    200,
  ),
  'symmetric-key-trusted': proof(
    async (server) => {
      const k = Buffer.from('symmetric').toString('base64url')
      server.issuer.keys.push({ kty: 'oct', k, kid: 'oct', alg: 'HS256' })
      return hmac(() => 'symmetric', 'oct')(server)
    },
    401,
    200,
  ),
  'ecdsa-range-unchecked': {
    ...proof(
      async (server) => {
        const { publicKey, privateKey } = await generateKeyPair('ES256')
        server.issuer.keys = [{ ...(await exportJWK(publicKey)), kid: 'ec' }]
        const claims = JSON.parse(atob((await server.issuer.mint()).split('.')[1] ?? '')) as object
        const good = await new SignJWT({ ...claims })
          .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'ec' })
          .sign(privateKey)
        const zero = good.replace(/[^.]+$/, Buffer.alloc(64).toString('base64url'))
        const accepted = (await server.send({ token: good })).status
        return [accepted, (await server.send({ token: zero })).status]
      },
      [200, 401],
      [200, 200],
    ),
    env: { ALGORITHM: 'ES256' },
  },
}

function withOutage(outage: { status: number; body: string }): Proof['probe'] {
  return async (server) => {
    server.issuer.outage = outage
    return status({})(server)
  }
}

describe.each(Object.keys({ ...keyFaults, ...algorithmFaults }))('%s', (fault) => {
  test('shows in one request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})
