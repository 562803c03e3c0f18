import { afterAll, describe, expect, test } from 'vitest'
import { closeTestedServers, type TestedServer } from '../../local-rsa/tested-server.ts'
import { dpopFaults } from './dpop.ts'
import { proof, seeBoth, type Proof } from './proof.ts'

afterAll(closeTestedServers)

const mintBound = (server: TestedServer): Promise<string> =>
  server.issuer.mint({ claims: { cnf: { jkt: 'x' } } })

/** What the metadata say of DPoP, and the statuses of a bound token under either scheme. */
async function seen(server: TestedServer): Promise<unknown> {
  const path = '/.well-known/oauth-protected-resource'
  const { text } = await server.send({ method: 'GET', path, token: null })
  const document = JSON.parse(text) as Record<string, unknown>
  const bound = await mintBound(server)
  const headers = { Authorization: `DPoP ${bound}`, DPoP: 'no.proof.atall' }
  const asDpop = await server.send({ token: null, headers })
  const promised = document['dpop_signing_alg_values_supported'] !== undefined
  return [promised, (await server.send({ token: bound })).status, asDpop.status]
}

const good = [false, 401, 401]
const proofs: Record<string, Proof> = {
  'dpop-downgrade': proof(seen, good, [false, 200, 401]),
  'dpop-promised-downgrade': proof(seen, good, [true, 200, 401]),
  'dpop-proof-ignored': proof(seen, good, [true, 401, 200]),
}

describe.each(Object.keys(dpopFaults))('%s', (fault) => {
  test('shows in a request', async () => {
    const { good: right, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([right, faulty])
  })
})

test('DPoP is offered where it is taken', async () => {
  const challenge = proof(async (server) => (await server.send({ token: null })).challenge, '', '')
  expect(await seeBoth('dpop-proof-ignored', challenge)).toEqual([
    expect.stringMatching(/^Bearer resource_metadata=/),
    expect.stringMatching(/^DPoP algs="ES256 RS256", Bearer resource_metadata=/),
  ])
})
