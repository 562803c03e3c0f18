import { afterAll, describe, expect, test } from 'vitest'
import { closeTestedServers, type TestedRequest } from '../../local-rsa/tested-server.ts'
import { corsFaults } from './cors.ts'
import { proof, seeBoth, type Proof } from './proof.ts'

afterAll(closeTestedServers)

const page = 'http://localhost:1'
const asking = {
  'Access-Control-Request-Method': 'POST',
  'Access-Control-Request-Headers': 'authorization',
}
const refused: TestedRequest = { token: null, headers: { Origin: page } }

const preflight = (origin: string): TestedRequest => ({
  method: 'OPTIONS',
  token: null,
  headers: { Origin: origin, ...asking },
})

/** The status, and these headers of CORS. */
function seen(request: TestedRequest, ...names: string[]): Proof['probe'] {
  return async (server) => {
    const { status, headers } = await server.send(request)
    return [status, ...names.map((name) => headers.get(`access-control-${name}`))]
  }
}

const allowed = expect.stringMatching(/^Authorization, .*Mcp-Method/)
const exposed = expect.stringContaining('WWW-Authenticate')

const proofs: Record<string, Proof> = {
  'preflight-401': proof(seen(preflight(page), 'allow-headers'), [204, allowed], [401, null]),
  'preflight-allows-any-header': proof(
    seen(preflight(page), 'allow-headers'),
    [204, allowed],
    [204, '*'],
  ),
  'cors-inside-auth': proof(
    seen(refused, 'allow-origin', 'expose-headers'),
    [401, page, exposed],
    [401, null, null],
  ),
  'cors-forbids-authorization': proof(
    async (server) => [
      await seen(preflight(page))(server),
      await seen(refused, 'expose-headers')(server),
    ],
    [[204], [401, exposed]],
    [[400], [401, 'Mcp-Session-Id']],
  ),
  'cors-credentialed-wildcard': proof(
    seen(preflight('https://evil.test'), 'allow-origin', 'allow-credentials'),
    [403, null, null],
    [204, 'https://evil.test', 'true'],
  ),
}

describe.each(Object.keys(corsFaults))('%s', (fault) => {
  test('shows in a request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})
