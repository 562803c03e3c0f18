import { spawn, spawnSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterEach, describe, expect, it } from 'vitest'
import type { IssuerControl, TokenOrder } from '../harness/model.ts'
import { serve } from './serve.ts'
import { serveIssuer } from './serve-issuer.ts'
import type { ServedIssuer, ServeOptions } from './serve-issuer.ts'

const open: { close: () => Promise<void> }[] = []
const started = async (options: ServeOptions = {}): Promise<ServedIssuer> => {
  const issuer = await serveIssuer(options)
  open.push(issuer)
  return issuer
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

const insecure = { [oauth.allowInsecureRequests]: true }
const audience = 'https://target.example/mcp'

async function accessToken(issuer: IssuerControl, key = 'current'): Promise<string> {
  const scopes = ['read', 'write']
  const order: TokenOrder = { kind: 'access-token', user: 'a', audience, scopes }
  const { header, claims } = issuer.parts(order)
  const { kid, alg } = issuer.publicJwk(key)
  return issuer.sign({
    header: JSON.stringify({ ...header, kid, alg }),
    payload: JSON.stringify(claims),
    key,
    alg: String(alg),
  })
}

describe('a served issuer', () => {
  it('is what the harness calls an issuer control', async () => {
    const issuer: IssuerControl = await started()
    expect(issuer.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  it.each(['', '/tenant', '/tenant/', '/a/b'])(
    'publishes documents at path "%s" that oauth4webapi takes',
    async (path) => {
      const issuer = await started({ path })
      const identifier = new URL(issuer.url)
      for (const algorithm of ['oauth2', 'oidc'] as const) {
        const response = await oauth.discoveryRequest(identifier, { ...insecure, algorithm })
        const as = await oauth.processDiscoveryResponse(identifier, response)
        expect(as).toMatchObject({ issuer: issuer.url, jwks_uri: issuer.jwksUri })
      }
    },
  )

  it('publishes the same document at all three places', async () => {
    const issuer = await started({ path: '/tenant' })
    const origin = new URL(issuer.url).origin
    const places = [
      `${origin}/.well-known/oauth-authorization-server/tenant`,
      `${origin}/.well-known/openid-configuration/tenant`,
      `${origin}/tenant/.well-known/openid-configuration`,
    ]
    const texts = await Promise.all(places.map(async (url) => (await fetch(url)).text()))
    expect(issuer.metadataUrl).toBe(places[0])
    expect(JSON.parse(texts[0] ?? '').issuer).toBe(`${origin}/tenant`)
    expect(new Set(texts).size).toBe(1)
  })

  it.each(['local', 'ec'] as const)('signs with %s what jose verifies over HTTP', async (key) => {
    const issuer = await started({ key })
    const keys = createRemoteJWKSet(new URL(issuer.jwksUri))
    const { payload } = await jwtVerify(await accessToken(issuer), keys, {
      issuer: issuer.url,
      audience,
      typ: 'at+jwt',
      requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id', 'scope'],
    })
    expect(payload).toMatchObject({ sub: 'alice', client_id: 'mcp-client', scope: 'read write' })
  })

  it('gives a token that oauth4webapi validates as RFC 9068 says', async () => {
    const issuer = await started({ path: '/tenant' })
    const response = await fetch(issuer.metadataUrl)
    const as = (await response.json()) as oauth.AuthorizationServer
    const request = new Request(audience, {
      headers: { authorization: `Bearer ${await accessToken(issuer)}` },
    })
    const claims = await oauth.validateJwtAccessToken(as, request, audience, insecure)
    expect(claims.sub).toBe('alice')
  })

  it('names a PEM file with the public half of the signing key', async () => {
    const issuer = await started({ key: 'second' })
    const key = createPublicKey(readFileSync(issuer.publicKeyFile))
    await expect(jwtVerify(await accessToken(issuer), key)).resolves.toBeDefined()
  })

  it('shares no key with an issuer of another key, and its kid only when told', async () => {
    const first = await started({ key: 'local' })
    const second = await started({ key: 'second', kid: 'local-key' })
    const keys = createRemoteJWKSet(new URL(first.jwksUri))
    expect(second.publicJwk()['kid']).toBe(first.publicJwk()['kid'])
    await expect(jwtVerify(await accessToken(second), keys)).rejects.toThrow(
      'signature verification failed',
    )
  })

  it('gives client credentials to the client that oauth4webapi is', async () => {
    const issuer = await started({ path: '/tenant' })
    const as = (await (await fetch(issuer.metadataUrl)).json()) as oauth.AuthorizationServer
    const client = { client_id: issuer.clientId }
    for (const authentication of [oauth.ClientSecretBasic, oauth.ClientSecretPost]) {
      const response = await oauth.clientCredentialsGrantRequest(
        as,
        client,
        authentication(issuer.clientSecret),
        new URLSearchParams({ resource: audience, scope: 'read' }),
        insecure,
      )
      const result = await oauth.processClientCredentialsResponse(as, client, response)
      const keys = createRemoteJWKSet(new URL(issuer.jwksUri))
      const { payload } = await jwtVerify(result.access_token, keys, {
        issuer: issuer.url,
        audience,
      })
      expect(payload).toMatchObject({ sub: issuer.clientId, scope: 'read' })
      expect(result).toMatchObject({ token_type: 'bearer', expires_in: 3600 })
    }
  })

  it('tells oauth4webapi about a live token by introspection, until it is revoked', async () => {
    const issuer = await started()
    const as = (await (await fetch(issuer.metadataUrl)).json()) as oauth.AuthorizationServer
    const token = await accessToken(issuer)
    const ask = async (): Promise<oauth.IntrospectionResponse> => {
      const client = { client_id: issuer.clientId }
      const authentication = oauth.ClientSecretBasic(issuer.clientSecret)
      const sent = oauth.introspectionRequest(as, client, authentication, token, insecure)
      return oauth.processIntrospectionResponse(as, client, await sent)
    }
    expect(await ask()).toMatchObject({ active: true, sub: 'alice', token_type: 'Bearer' })
    const { undo } = await issuer.arrange({ revoke: { token } })
    expect(await ask()).toEqual({ active: false })
    await undo()
    expect(await ask()).toMatchObject({ active: true })
  })

  it('is served on loopback alone', async () => {
    for (const host of ['0.0.0.0', '::', '192.168.0.1', '127.0.0.1.example', 'example.com', '']) {
      await expect(serveIssuer({ host })).rejects.toThrow(/loopback only/)
    }
  })

  it('listens at the port that is asked for, and says when it is taken', async () => {
    const issuer = await started()
    expect(issuer.url).toBe(`http://127.0.0.1:${issuer.port}`)
    await expect(serveIssuer({ port: issuer.port })).rejects.toThrow(/EADDRINUSE/)
  })

  it('leaves no port open when its options are wrong', async () => {
    await expect(serveIssuer({ path: 'tenant' })).rejects.toThrow(/starts with a slash/)
    await expect(serveIssuer({ path: '/a?b' })).rejects.toThrow(/no issuer identifier/)
    const { port, close } = await started()
    await close()
    const wrong = serveIssuer({ port, key: 'missing' as 'local' })
    await expect(wrong).rejects.toThrow(/no test key/)
    expect((await started({ port })).port).toBe(port)
  })

  it('refuses connections after it was closed, twice if need be', async () => {
    const issuer = await started()
    await issuer.close()
    await issuer.close()
    await expect(fetch(issuer.jwksUri)).rejects.toThrow('fetch failed')
  })
})

describe('an endpoint that is down', () => {
  it('drops the connection on reset', async () => {
    const issuer = await started()
    await issuer.arrange({ fail: { endpoints: ['jwks'], how: 'reset' } })
    const failure = await fetch(issuer.jwksUri).catch((error: Error) => error.cause)
    expect(failure).toMatchObject({ code: 'ECONNRESET' })
    expect((await fetch(issuer.metadataUrl)).status).toBe(200)
    expect(issuer.requests()[0]).toMatchObject({ endpoint: 'jwks', status: 0 })
  })

  it('answers nothing on stall, and answers well once that is undone', async () => {
    const issuer = await started()
    const { undo } = await issuer.arrange({ fail: { endpoints: ['jwks'], how: 'stall' } })
    const late = fetch(issuer.jwksUri)
    await expect(fetch(issuer.jwksUri, { signal: AbortSignal.timeout(50) })).rejects.toThrow(
      /timeout/,
    )
    await undo()
    expect((await late).status).toBe(200)
  })

  it('ends stalled connections when it is closed', async () => {
    const issuer = await started()
    await issuer.arrange({ fail: { endpoints: ['metadata'], how: 'stall' } })
    const late = fetch(issuer.metadataUrl).catch((error: Error) => error.message)
    await fetch(issuer.jwksUri)
    await issuer.close()
    expect(await late).toBe('fetch failed')
  })

  it('serves a body of ten megabytes', async () => {
    const issuer = await started()
    const body = `{"keys":[],"padding":"${'x'.repeat(10 * 1024 * 1024)}"}`
    await issuer.arrange({ response: { endpoint: 'jwks', body } })
    expect(await (await fetch(issuer.jwksUri)).text()).toBe(body)
  })
})

/** Writes bytes as they are, and gives the first line of what comes back. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(text))
    let received = ''
    socket.on('data', (chunk) => (received += chunk))
    socket.on('error', () => resolve('error'))
    socket.on('close', () => resolve(received.split('\r\n')[0] ?? ''))
  })
}

describe('odd requests', () => {
  it.each([
    ['GET http://127.0.0.1/jwks HTTP/1.1\r\nHost: x', 'HTTP/1.1 200 OK'],
    ['GET //jwks HTTP/1.1\r\nHost: x', 'HTTP/1.1 404 Not Found'],
    ['OPTIONS * HTTP/1.1\r\nHost: x', 'HTTP/1.1 404 Not Found'],
    ['GET /jwks HTTP/1.1\r\nHost: a b', 'HTTP/1.1 400 Bad Request'],
    ['TRACE /jwks HTTP/1.1\r\nHost: x', 'HTTP/1.1 400 Bad Request'],
    ['GET http://a:b@127.0.0.1/jwks HTTP/1.1\r\nHost: x', 'HTTP/1.1 400 Bad Request'],
    ['DELETE /jwks HTTP/1.1\r\nHost: x', 'HTTP/1.1 405 Method Not Allowed'],
    ['HEAD /jwks HTTP/1.1\r\nHost: x', 'HTTP/1.1 200 OK'],
    ['garbage', 'HTTP/1.1 400 Bad Request'],
  ])('answers %j', async (head, line) => {
    const issuer = await started()
    expect(await raw(issuer.port, `${head}\r\nConnection: close\r\n\r\n`)).toBe(line)
    expect((await fetch(issuer.jwksUri)).status).toBe(200)
  })

  it('refuses a body above one megabyte', async () => {
    const issuer = await started()
    const response = await fetch(`${issuer.url}/token`, {
      method: 'POST',
      body: 'x'.repeat(1024 * 1024 + 1),
    })
    expect(response.status).toBe(413)
  })

  it('survives a client that goes away during a stall', async () => {
    const issuer = await started()
    const { undo } = await issuer.arrange({ fail: { endpoints: ['jwks'], how: 'stall' } })
    await new Promise<void>((resolve) => {
      const sent = httpRequest(issuer.jwksUri)
      sent.on('error', () => resolve())
      sent.end(() => sent.destroy())
    })
    await undo()
    expect((await fetch(issuer.jwksUri)).status).toBe(200)
  })
})

it('answers 500 when a handler fails, and goes on', async () => {
  let failing = true
  const serving = await serve(async () => {
    if (failing) throw new Error('broken')
    return new Response('fine')
  })
  open.push(serving)
  expect((await fetch(serving.origin)).status).toBe(500)
  failing = false
  expect(await (await fetch(serving.origin)).text()).toBe('fine')
})

const python = spawnSync('python3', ['-c', 'import ssl']).status === 0

describe('an issuer with https', () => {
  const asking = (url: string): string => `
import ssl, urllib.request
trust = ssl.create_default_context()
trust.verify_flags |= ssl.VERIFY_X509_STRICT
print(urllib.request.urlopen("${url}", context=trust).status)`
  const ask = async (url: string, env: Record<string, string>): Promise<string> => {
    const child = spawn('python3', ['-c', asking(url)], { env: { ...process.env, ...env } })
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    await once(child, 'close')
    return printed.trim()
  }

  it.skipIf(!python)('is trusted by a Python that is told so, and by no other', async () => {
    const issuer = await started({ https: true })
    expect(await ask(issuer.jwksUri, { SSL_CERT_FILE: issuer.certificateFile ?? '' })).toBe('200')
    expect(await ask(issuer.jwksUri, {})).toBe('')
  })

  it('shows its authority to this user alone, and shares it with the others of its process', async () => {
    const [issuer, other] = [await started({ https: true }), await started({ https: true })]
    const file = issuer.certificateFile ?? ''
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(statSync(dirname(file)).mode & 0o077).toBe(0)
    expect(other.certificateFile).toBe(file)
  })

  it('leaves nothing behind when its process ends', async () => {
    const own = mkdtempSync(join(tmpdir(), 'serve-issuer-'))
    const program = `
      import { serveIssuer } from '${new URL('../dist/mocks/serve-issuer.js', import.meta.url).href}'
      const issuer = await serveIssuer({ https: true })
      console.log(issuer.certificateFile)
      await issuer.close()`
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: own },
    })
    expect(ended.stdout).toContain(own)
    expect(readdirSync(own)).toEqual([])
  })
})
