import { createHmac, createPublicKey } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { generateKeyPair, type GenerateKeyPairResult, type JWK } from 'jose'
import {
  initialize,
  startTestedServer,
  type Deviation,
  type TestedRequest,
  type TestedServer,
} from '../../local-rsa/tested-server.ts'

// For tests alone: how one request shows that a fault is planted.

/** What a probe sees, mostly a status: `good` on the conformant server, `faulty` on the other one. */
export interface Proof {
  probe: (server: TestedServer) => Promise<unknown>
  good: unknown
  faulty: unknown
  env?: Record<string, string>
}

export const foreignKey: Promise<GenerateKeyPairResult> = generateKeyPair('RS256', {
  extractable: true,
})

export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** Sees both servers; the results are to be `good` and `faulty`. */
export async function seeBoth(fault: string, { probe, env }: Proof): Promise<[unknown, unknown]> {
  const good = await probe(await startTestedServer(env))
  return [good, await probe(await startTestedServer({ ...env, FAULT: fault }))]
}

export function proof(probe: Proof['probe'], good: unknown, faulty: unknown): Proof {
  return { probe, good, faulty }
}

/** The status of a request with a good token. */
export function status(request: TestedRequest): Proof['probe'] {
  return async (server) => (await server.send(request)).status
}

/** The status for a token of the issuer's with these deviations. */
export function token(deviation: Deviation): Proof['probe'] {
  return literal((server) => server.issuer.mint(deviation))
}

/** The status for a token of somebody else's with these deviations, after a good one. */
export function foreign(deviation: Deviation = {}): Proof['probe'] {
  return async (server) => {
    await server.send({})
    const { privateKey } = await foreignKey
    const text = await server.issuer.mint({ ...deviation, key: privateKey })
    return (await server.send({ token: text })).status
  }
}

/** The status without Authorization, but with what these headers make of a good token. */
export function carried(make: (token: string) => Record<string, string>): Proof['probe'] {
  return async (server) => {
    const headers = make(await server.issuer.mint())
    return (await server.send({ token: null, headers })).status
  }
}

export function literal(make: (server: TestedServer) => Promise<string> | string): Proof['probe'] {
  return async (server) => (await server.send({ token: await make(server) })).status
}

/** The status for an HMAC over good claims. */
export function hmac(
  secret: (server: TestedServer) => string | Buffer | Promise<string>,
  kid = 'one',
): Proof['probe'] {
  return literal(async (server) => {
    const payload = (await server.issuer.mint()).split('.')[1]
    const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid })}.${payload}`
    const mac = createHmac('sha256', await secret(server)).update(input)
    return `${input}.${mac.digest('base64url')}`
  })
}

/** The issuer's first key as PEM text. */
export function publicPem(server: TestedServer): string {
  const [jwk = {}]: JWK[] = server.issuer.keys
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

/** The status for header lines as written, `name, value, name, value`. */
export function lines(make: (token: string) => string[]): Proof['probe'] {
  return async (server) => {
    const headers = ['Host', 'localhost', 'Accept', 'application/json, text/event-stream']
    headers.push('Content-Type', 'application/json', ...make(await server.issuer.mint()))
    const { port } = new URL(server.url)
    return new Promise((resolve, reject) => {
      const options = { port, path: '/mcp', method: 'POST', headers }
      const request = httpRequest(options, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('error', reject)
      request.end(JSON.stringify(initialize))
    })
  }
}
