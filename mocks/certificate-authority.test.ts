import { X509Certificate } from 'node:crypto'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { createAuthority } from './certificate-authority.ts'

it('issues certificates that node:crypto reads as its own', async () => {
  const authority = await createAuthority()
  const { cert } = await authority.issue(['127.0.0.1', '::1', 'localhost', 'acme.us.auth0.com'])
  const root = new X509Certificate(authority.certificate)
  const leaf = new X509Certificate(cert)
  expect(root.ca).toBe(true)
  expect(leaf.ca).toBe(false)
  expect(leaf.checkIssued(root)).toBe(true)
  expect(leaf.verify(root.publicKey)).toBe(true)
  expect(leaf.checkHost('acme.us.auth0.com')).toBe('acme.us.auth0.com')
  expect(leaf.checkHost('other.us.auth0.com')).toBeUndefined()
  expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1')
})

it('is trusted in a handshake by whoever trusts the authority, and by nobody else', async () => {
  const authority = await createAuthority()
  const server = createServer(await authority.issue(['127.0.0.1']), (_, response) => {
    response.end('hello')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const ask = (ca: string): Promise<string | undefined> =>
    new Promise((resolve) => {
      const sent = request({ host: '127.0.0.1', port, ca, agent: false }, (response) => {
        resolve(`status ${response.statusCode}`)
        response.resume()
      })
      sent.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
      sent.end()
    })
  expect(await ask(authority.certificate)).toBe('status 200')
  expect(await ask((await createAuthority()).certificate)).toMatch(
    /SIGNATURE|VERIFY|SELF_SIGNED|CERT/,
  )
  server.closeAllConnections()
  server.close()
})
