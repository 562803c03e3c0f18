import { createPublicKey, X509Certificate } from 'node:crypto'
import { createLocalJWKSet, createRemoteJWKSet, importX509, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterEach, describe, expect, it } from 'vitest'
import { loadKey } from '../fixtures/keys/index.ts'
import type { KeyName } from '../fixtures/keys/index.ts'
import type { IssuerControl, ObservedRequest } from '../harness/model.ts'
import { serveListener } from './listener.ts'
import type { Listener, ListenerOptions } from './listener.ts'
import { signCompact } from './sign-compact.ts'

const open: Listener[] = []
const started = async (options?: ListenerOptions): Promise<Listener> => {
  const listener = await serveListener(options)
  open.push(listener)
  return listener
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

function signed(name: KeyName, alg: string, kid?: string): string {
  const header = JSON.stringify(kid === undefined ? { alg } : { alg, kid })
  return signCompact(header, '{"sub":"alice"}', loadKey(name).privateKey, alg)
}

describe('a listener', () => {
  it('serves nothing until something is arranged, and writes down who asked', async () => {
    const listener = await started()
    const response = await fetch(`${listener.url}/keys?a=b`, {
      headers: { 'user-agent': 'target/1', authorization: 'Bearer secret-text' },
    })
    expect(response.status).toBe(404)
    const seen: ObservedRequest[] = listener.requests()
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ endpoint: '/keys', path: '/keys', query: { a: 'b' } })
    expect(seen[0]?.header['user-agent']).toBe('target/1')
    expect(JSON.stringify(seen)).not.toContain('secret-text')
    expect(listener.requests(1)).toEqual([])
  })

  it.each([
    ['foreign', 'RS256', undefined],
    ['foreign', 'RS256', 'local-key'],
    ['foreign-ec', 'ES256', 'ec-key'],
  ] as const)('serves what verifies a token of %s with %s and kid %s', async (name, alg, kid) => {
    const listener = await started()
    await listener.arrange({ serve: 'foreign-jwks' })
    for (const path of ['/keys', '/jku/keys']) {
      const set = (await (await fetch(listener.url + path)).json()) as JSONWebKeySet
      const fitting = set.keys.filter((jwk) => jwk.alg === alg && jwk.kid === kid)
      expect(fitting).toHaveLength(1)
      await expect(
        jwtVerify(signed(name, alg, kid), createLocalJWKSet({ keys: fitting })),
      ).resolves.toBeDefined()
      expect(JSON.stringify(set)).not.toContain('"d"')
    }
  })

  it.each([
    ['RS256', 'foreign'],
    ['ES256', 'foreign-ec'],
  ] as const)('serves the certificate of the foreign key for %s', async (algorithm, name) => {
    const listener = await started({ algorithm })
    await listener.arrange({ serve: 'foreign-certificate' })
    const pem = await (await fetch(`${listener.url}/chain.pem`)).text()
    const { publicKey } = new X509Certificate(pem)
    expect(publicKey.equals(createPublicKey(loadKey(name).privateKey))).toBe(true)
    const key = await importX509(pem, algorithm)
    await expect(jwtVerify(signed(name, algorithm), key)).resolves.toBeDefined()
  })

  it.each([
    ['RS256', 'listener'],
    ['ES256', 'listener-ec'],
  ] as const)('is a complete issuer of its own for %s', async (algorithm, name) => {
    const listener = await started({ algorithm })
    await listener.arrange({ serve: 'issuer' })
    const identifier = new URL(listener.url)
    for (const kind of ['oauth2', 'oidc'] as const) {
      const options = { algorithm: kind, [oauth.allowInsecureRequests]: true }
      const response = await oauth.discoveryRequest(identifier, options)
      const as = await oauth.processDiscoveryResponse(identifier, response)
      const keys = createRemoteJWKSet(new URL(as.jwks_uri ?? ''))
      const token = signed(name, algorithm, loadKey(name).kid)
      await expect(jwtVerify(token, keys)).resolves.toBeDefined()
    }
    const elsewhere = await fetch(`${listener.url}/elsewhere`)
    expect(elsewhere.status).toBe(404)
    expect(listener.requests().map(({ status }) => status)).toEqual([200, 200, 200, 200, 404])
  })

  it('serves the latest bait, each until it is undone, in any order and once', async () => {
    const listener = await started()
    const type = async (): Promise<string | null> =>
      (await fetch(`${listener.url}/x`)).headers.get('content-type')
    const keys = await listener.arrange({ serve: 'foreign-jwks' })
    const certificate = await listener.arrange({ serve: 'foreign-certificate' })
    const same = await listener.arrange({ serve: 'foreign-certificate' })
    expect(await type()).toBe('application/x-pem-file')
    await certificate.undo()
    await certificate.undo()
    expect(await type()).toBe('application/x-pem-file')
    await same.undo()
    expect(await type()).toBe('application/json')
    await keys.undo()
    expect(await type()).toBe(null)
  })

  it('says what it can serve', async () => {
    const listener = await started()
    for (const serve of ['jwks', 'constructor', '']) {
      await expect(listener.arrange({ serve })).rejects.toThrow(
        `a listener cannot serve "${serve}". It can: foreign-jwks, foreign-certificate, issuer`,
      )
    }
  })

  it('is what the harness opens', async () => {
    const listener: { url: string } & Pick<IssuerControl, 'requests' | 'close'> = await started()
    await listener.close()
    await expect(fetch(listener.url)).rejects.toThrow('fetch failed')
    open.splice(0)
  })
})
