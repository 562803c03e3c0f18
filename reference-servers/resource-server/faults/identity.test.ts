import { afterAll, describe, expect, test } from 'vitest'
import {
  closeTestedServers,
  startIssuer,
  stateless,
  type Deviation,
  type TestedServer,
} from '../../local-rsa/tested-server.ts'
import { identityFaults } from './identity.ts'
import { literal, proof, seeBoth, token, type Proof } from './proof.ts'

const second = startIssuer()
afterAll(async () => {
  await Promise.all([closeTestedServers(), second.then((issuer) => issuer.close())])
})

const who = stateless('tools/call', { name: 'whoami', arguments: {} })
const add = stateless('tools/call', { name: 'add_note', arguments: { text: 'mine' } })
const notes = stateless('tools/call', { name: 'list_notes', arguments: {} })

/** For whom the server takes the bearer of a token, after alice has called. */
function seen(claims: Record<string, unknown>, before: Deviation = {}): Proof['probe'] {
  return async (server) => {
    await server.send({ ...who, token: await server.issuer.mint(before) })
    const { text } = await server.send({ ...who, token: await server.issuer.mint({ claims }) })
    return /"subject\\":\\"([^\\]*)/.exec(text)?.[1]
  }
}

const claim = (claims: Record<string, unknown>): Proof['probe'] => token({ claims })

const proofs: Record<string, Proof> = {
  'missing-subject-crashes': proof(claim({ sub: '' }), 401, 500),
  'missing-subject-is-first-user': proof(seen({ sub: undefined }), undefined, 'alice'),
  'missing-subject-stringified': proof(seen({ sub: null }), undefined, 'null'),
  'subject-coerced': proof(seen({ sub: 7 }), undefined, '7'),
  'account-by-email': proof(
    seen({ sub: 'bob', email: 'a@x' }, { claims: { email: 'a@x' } }),
    'bob',
    'alice',
  ),
  'client-is-user': proof(seen({ client_id: 'alice' }), 'client:alice', 'alice'),
  'subject-as-client': proof(seen({ sub: undefined }), undefined, 'tester'),
  'client-policy-optional': {
    ...proof(claim({ client_id: undefined }), 401, 200),
    env: { CLIENT_ALLOWLIST: 'tester' },
  },
  'id-token-accepted': proof(
    token({ claims: { at_hash: 'x', aud: 'tester', scope: undefined }, header: { typ: 'JWT' } }),
    401,
    200,
  ),
  'refresh-token-accepted': proof(
    literal(({ issuer }) => issuer.mint({ claims: { aud: issuer.url, token_use: 'refresh' } })),
    401,
    200,
  ),
  'bad-subject-inside-200': proof(claim({ sub: [] }), 401, 200),
  'mistyped-scope-grants-all': proof(claim({ scope: {} }), 401, 200),
  'scope-split-crashes': proof(claim({ scope: {} }), 401, 500),
  'strict-payload-schema': proof(claim({ 'https://x.test/y': {} }), 200, 401),
}

async function bySubject(server: TestedServer): Promise<unknown> {
  const other = await second
  other.keys = server.issuer.keys
  const key = server.issuer.privateKey
  await server.send(add)
  return (await server.send({ ...notes, token: await other.mint({ key }) })).text.includes('mine')
}

describe.each(Object.keys(identityFaults))('%s', (fault) => {
  test('shows in one request', async () => {
    const { url } = await second
    const env = { SECOND_ISSUER: url, SECOND_JWKS_URI: `${url}/jwks` }
    const accounts = { ...proof(bySubject, false, true), env }
    const own = { ...proofs, 'account-by-subject': accounts }[fault] as Proof
    expect(await seeBoth(fault, own)).toEqual([own.good, own.faulty])
  })
})
