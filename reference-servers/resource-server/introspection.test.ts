import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { audience, closeTestedServers, startTestedServer } from '../local-rsa/tested-server.ts'
import { localRsa } from '../local-rsa/server.ts'

afterAll(closeTestedServers)

interface Told {
  status?: number
  body: string
}

/** The status of an opaque token, and what the issuer was asked. */
async function seen({ status = 200, body }: Told) {
  const asked: { authorization: string | undefined; form: string }[] = []
  const issuer = createServer((request, response) => {
    let form = ''
    request.on('data', (chunk) => (form += String(chunk)))
    request.on('end', () => {
      asked.push({ authorization: request.headers.authorization, form })
      response.writeHead(status).end(body)
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => issuer.once('listening', resolve))
  onTestFinished(() => void issuer.close())
  const server = await startTestedServer({
    INTROSPECTION_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/introspect`,
    INTROSPECTION_CLIENT_ID: 'mcp:server',
    INTROSPECTION_CLIENT_SECRET: 'se cret',
  })
  const answer = await server.send({ token: 'opaque' })
  return { status: answer.status, asked }
}

const good = { active: true, sub: 'alice', client_id: 'tester', scope: 'mcp:read', aud: audience }
const past = Math.floor(Date.now() / 1000) - 60

test.each<[string, Told, number]>([
  ['active without exp and iss', { body: JSON.stringify(good) }, 200],
  ['not active', { body: JSON.stringify({ ...good, active: false }) }, 401],
  ['active as a text', { body: JSON.stringify({ ...good, active: 'true' }) }, 401],
  ['for another server', { body: JSON.stringify({ ...good, aud: 'https://other' }) }, 401],
  ['past its end', { body: JSON.stringify({ ...good, exp: past }) }, 401],
  ['of another issuer', { body: JSON.stringify({ ...good, iss: 'https://other' }) }, 401],
  ['without the scope', { body: JSON.stringify({ ...good, scope: '' }) }, 403],
  ['no JSON', { body: '<html>' }, 503],
  ['no object', { body: '[]' }, 503],
  ['an error', { status: 500, body: JSON.stringify(good) }, 503],
])('a token that the issuer calls %s', async (_, told, status) => {
  expect((await seen(told)).status).toBe(status)
})

test('the issuer is asked with the credentials of the server (RFC 6749 section 2.3.1)', async () => {
  const { asked } = await seen({ body: JSON.stringify(good) })
  const credentials = Buffer.from('mcp%3Aserver:se%20cret').toString('base64')
  const form = 'token=opaque&token_type_hint=access_token'
  expect(asked).toEqual([{ authorization: `Basic ${credentials}`, form }])
})

test('an endpoint without credentials is refused at the start', async () => {
  const env = {
    PORT: '0',
    ISSUER: 'https://issuer.example',
    INTROSPECTION_URL: 'https://x.example',
  }
  await expect(localRsa.start(env)).rejects.toThrow(/^INTROSPECTION_CLIENT_ID is not set/)
})
