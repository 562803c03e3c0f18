import { afterAll, describe, expect, test } from 'vitest'
import { closeTestedServers, type TestedRequest } from '../tested-server.ts'
import { challengeFaults } from './challenge.ts'
import { proof, seeBoth, status, type Proof } from './proof.ts'

afterAll(closeTestedServers)

/** The first match of a pattern in challenge and body of a refusal. */
function seen(pattern: RegExp, request: TestedRequest = { token: null }): Proof['probe'] {
  return async (server) => {
    const { challenge, text } = await server.send(request)
    return pattern.exec(`${challenge} ${text}`)?.[0]
  }
}

const bad = { token: 'bad' }

const proofs: Record<string, Proof> = {
  'challenge-unquoted-url': proof(seen(/metadata=./), 'metadata="', 'metadata=h'),
  'challenge-without-scope': proof(seen(/scope=/), 'scope=', undefined),
  'error-without-credentials': proof(seen(/error=/), undefined, 'error='),
  'challenge-on-missing-token-only': proof(seen(/Bearer/, bad), 'Bearer', undefined),
  'malformed-header-crashes': proof(status({ token: 'a b' }), 400, 500),
  'debug-tracebacks': proof(seen(/ at /), undefined, ' at '),
  'error-body-echoes-token': proof(seen(/Bearer bad/, bad), undefined, 'Bearer bad'),
}

describe.each(Object.keys(challengeFaults))('%s', (fault) => {
  test('shows in one request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})
