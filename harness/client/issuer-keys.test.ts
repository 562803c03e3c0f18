import { createServer } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { createHttpClient } from './http.ts'
import { fetchIssuerKeys } from './issuer-keys.ts'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

async function issuerWith(metadata: (origin: string) => object): Promise<string> {
  const server = createServer((request, response) => {
    const origin = `http://${request.headers.host}`
    const path = request.url ?? ''
    const known = path === '/keys' ? { keys: [{ kty: 'RSA' }, 'no key'] } : metadata(origin)
    const found = path === '/keys' || path.startsWith('/.well-known/openid-configuration')
    response.writeHead(found ? 200 : 404).end(JSON.stringify(known))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

const http = createHttpClient({ userAgent: 'test' })

it('reads the key set that the metadata of the issuer names', async () => {
  const issuer = await issuerWith((origin) => ({ issuer: origin, jwks_uri: `${origin}/keys` }))
  expect(await fetchIssuerKeys(issuer, http, () => null)).toEqual([{ kty: 'RSA' }])
})

it('takes no keys from metadata that names another issuer', async () => {
  const issuer = await issuerWith((origin) => ({
    issuer: 'https://x.example',
    jwks_uri: `${origin}/keys`,
  }))
  expect(await fetchIssuerKeys(issuer, http, () => null)).toEqual([])
})

it('asks no host that is not allowed', async () => {
  const issuer = await issuerWith((origin) => ({ issuer: origin, jwks_uri: `${origin}/keys` }))
  expect(await fetchIssuerKeys(issuer, http, () => 'another host')).toEqual([])
})
