import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  audience,
  closeTestedServers,
  startIssuer,
  type TestedServer,
} from '../../local-rsa/tested-server.ts'
import { audienceFaults } from './audience.ts'
import { issuerFaults } from './issuer.ts'
import { lifetimeFaults } from './lifetime.ts'
import { foreignKey, literal, proof, seeBoth, token, type Proof } from './proof.ts'

let stranger = ''
let visits = 0
const second = startIssuer()
const listener = createServer((request, response) => {
  visits += 1
  void foreignKey
    .then(({ publicKey }) => exportJWK(publicKey))
    .then((key) => ({ issuer: stranger, jwks_uri: `${stranger}/jwks`, keys: [key] }))
    .then((document) => response.end(JSON.stringify({ ...document, path: request.url })))
})
beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  stranger = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
})
afterAll(async () => {
  listener.close()
  await Promise.all([closeTestedServers(), second.then((issuer) => issuer.close())])
})

const now = Math.floor(Date.now() / 1000)
const claim = (claims: Record<string, unknown>): Proof['probe'] => token({ claims })
const iss = (make: (url: string) => string): Proof['probe'] =>
  literal(({ issuer }) => issuer.mint({ claims: { iss: make(issuer.url) } }))
const described = async (server: TestedServer): Promise<Record<string, unknown>> => {
  const path = '/.well-known/oauth-protected-resource/mcp'
  const { text } = await server.send({ method: 'GET', path, token: null })
  return JSON.parse(text) as Record<string, unknown>
}
const ofStranger = literal(async ({ issuer }) => {
  const { privateKey } = await foreignKey
  return issuer.mint({ claims: { iss: stranger }, header: { kid: undefined }, key: privateKey })
})

const proofs: Record<string, Proof> = {
  'issuer-optional': proof(claim({ iss: undefined }), 401, 200),
  'skip-issuer': proof(claim({ iss: ['https://other.example'] }), 401, 200),
  'issuer-starts-with': proof(
    iss((url) => `${url}.evil.test`),
    401,
    200,
  ),
  'issuer-compared-by-origin': proof(
    iss((url) => `${url}/other`),
    401,
    200,
  ),
  'issuer-slash-ignored': proof(
    iss((url) => `${url}/`),
    401,
    200,
  ),
  'issuer-from-token': proof(ofStranger, 401, 200),
  'issuer-fetched-then-refused': proof(
    async (server) => {
      const before = visits
      return [await ofStranger(server), visits - before]
    },
    [401, 0],
    [401, 2],
  ),
  'metadata-lists-other-issuer': proof(
    async (server) =>
      String((await described(server))['authorization_servers']) === server.issuer.url,
    true,
    false,
  ),
  'skip-audience': proof(claim({ aud: 5 }), 401, 200),
  'audience-optional': proof(claim({ aud: [] }), 401, 200),
  'audience-from-other-claims': proof(
    claim({ aud: 'https://other.example', azp: audience }),
    401,
    200,
  ),
  'audience-or-client-id': proof(claim({ aud: 'tester' }), 401, 200),
  'audience-includes': proof(claim({ aud: [[audience]] }), 401, 200),
  'audience-starts-with': proof(claim({ aud: `${audience}-evil` }), 401, 200),
  'audience-origin-only': proof(claim({ aud: 'https://mcp.example/other' }), 401, 200),
  'audience-text-only': proof(claim({ aud: [audience] }), 200, 401),
  'audience-single-only': proof(claim({ aud: ['x', audience] }), 200, 401),
  'audience-list-forbidden': proof(claim({ aud: ['x', audience] }), 200, 403),
  'audience-spelling-crashes': proof(claim({ aud: `${audience}/` }), 401, 500),
  'audience-spelling-forbidden': proof(claim({ aud: `${audience}/` }), 401, 403),
  'metadata-resource-not-accepted': proof(
    async (server) => (await described(server))['resource'],
    audience,
    `${audience}/internal`,
  ),
  'ignore-expiry': proof(claim({ exp: now - 3600 }), 401, 200),
  'expiry-crashes': proof(claim({ exp: now - 3600 }), 401, 500),
  'leeway-in-hours': proof(claim({ exp: now - 3600 }), 401, 200),
  'leeway-of-five-minutes': proof(claim({ exp: now - 240 }), 401, 200),
  'accept-missing-exp': proof(claim({ exp: undefined }), 401, 200),
  'null-expiry-is-none': proof(claim({ exp: null }), 401, 200),
  'time-claims-coerced': proof(claim({ exp: {} }), 401, 200),
  'ignore-nbf': proof(claim({ nbf: now + 600 }), 401, 200),
  'iat-without-leeway': proof(claim({ iat: now + 30 }), 200, 401),
}

/** Two issuers whose tests need the address of the second. */
async function withSecondIssuer(): Promise<Record<string, Proof>> {
  const other = await second
  const env = { SECOND_ISSUER: other.url, SECOND_JWKS_URI: `${other.url}/jwks` }
  const { privateKey } = await foreignKey
  const key = { ...(await exportJWK((await foreignKey).publicKey)), kid: 'one' }
  other.keys = [key]
  const ofSecond: Proof['probe'] = async (server) => {
    const minted = await server.issuer.mint({ claims: { iss: other.url }, key: privateKey })
    return (await server.send({ token: minted })).status
  }
  const confused: Proof['probe'] = async (server) => [
    await ofSecond(server),
    await token({ key: privateKey })(server),
  ]
  return {
    'issuers-share-keys': { ...proof(confused, [200, 401], [200, 200]), env },
    'second-issuer-listed-only': { ...proof(ofSecond, 200, 401), env },
  }
}

describe.each(Object.keys({ ...issuerFaults, ...audienceFaults, ...lifetimeFaults }))(
  '%s',
  (fault) => {
    test('shows in one request', async () => {
      const own = { ...proofs, ...(await withSecondIssuer()) }[fault] as Proof
      expect(await seeBoth(fault, own)).toEqual([own.good, own.faulty])
    })
  },
)
