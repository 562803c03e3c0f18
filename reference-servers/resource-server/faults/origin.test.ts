import { request as httpRequest } from 'node:http'
import { afterAll, describe, expect, test } from 'vitest'
import { closeTestedServers, initialize, type TestedServer } from '../../local-rsa/tested-server.ts'
import { originFaults } from './origin.ts'
import { proof, seeBoth, status, type Proof } from './proof.ts'

afterAll(closeTestedServers)

const from = (Origin: string): Proof['probe'] => status({ headers: { Origin } })

/** The status under this Host, at this address; null where nobody listens. fetch sets Host itself. */
function under(headers: Record<string, string>, address = '127.0.0.1'): Proof['probe'] {
  return async (server: TestedServer) => {
    const token = await server.issuer.mint()
    const { port } = new URL(server.url)
    const accept = 'application/json, text/event-stream'
    const good = { authorization: `Bearer ${token}`, accept, 'content-type': 'application/json' }
    return new Promise((resolve) => {
      const options = { host: address, port, path: '/mcp', method: 'POST' }
      const sent = httpRequest({ ...options, headers: { ...good, ...headers } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.on('error', () => resolve(null)).end(JSON.stringify(initialize))
    })
  }
}

const rebound = { host: 'evil.test', origin: 'http://evil.test' }

const proofs: Record<string, Proof> = {
  'no-host-guard': proof(under({ host: 'evil.test', origin: 'https://other.test' }), 403, 200),
  'origin-unchecked': proof(from('https://evil.test'), 403, 200),
  'origin-substring': proof(from('http://localhost.evil.test'), 403, 200),
  'origin-null-trusted': proof(from('null'), 403, 200),
  'origin-refused-with-400': proof(from('https://evil.test'), 403, 400),
  'same-origin-trusted': proof(under(rebound), 403, 200),
  'listens-everywhere': proof(under({ host: 'localhost' }, '127.0.0.2'), null, 200),
}

describe.each(Object.keys(originFaults))('%s', (fault) => {
  test('shows in one request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})

test('each is as narrow as it says', async () => {
  const under400 = proof(from('http://localhost:1'), 200, 200)
  expect(await seeBoth('origin-refused-with-400', under400)).toEqual([200, 200])
  const other = proof(from('https://evil.test'), 403, 403)
  for (const fault of ['origin-substring', 'origin-null-trusted', 'same-origin-trusted']) {
    expect(await seeBoth(fault, other)).toEqual([403, 403])
  }
  expect(await seeBoth('origin-unchecked', proof(under(rebound), 403, 403))).toEqual([403, 403])
})
