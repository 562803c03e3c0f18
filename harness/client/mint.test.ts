import { createHmac, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { IssuerControl, TokenOrder } from '../model.ts'
import { decodeJwt } from '../protocol/jwt.ts'
import type { JsonObject } from '../protocol/json.ts'
import { CannotMint, NotAJwt } from './cannot-mint.ts'
import { createMint } from './mint.ts'
import type { Minted, MintOptions, SigningKey } from './mint.ts'

function testKey(name: string): SigningKey {
  const pem = readFileSync(new URL(`../../fixtures/keys/${name}.pem`, import.meta.url))
  const privateKey = createPrivateKey(pem)
  return { privateKey, publicJwk: publicJwk(privateKey), certificate: `certificate-of-${name}` }
}

function publicJwk(key: KeyObject): JsonObject {
  return createPublicKey(key).export({ format: 'jwk' }) as JsonObject
}

const keys = {
  current: testKey('local'),
  second: testKey('second'),
  next: testKey('next'),
  foreign: testKey('foreign'),
  ec: testKey('foreign-ec'),
  listener: testKey('listener'),
}

/** An issuer by hand: what it signs is signed over exactly the texts that it was given. */
function testIssuer(url: string, key: SigningKey, alg = 'RS256'): IssuerControl {
  let serial = 0
  const named = (name: string): SigningKey => (name === 'next' ? keys.next : key)
  const user = (subject: string) => ({ subject, username: '', password: '', email: '' })
  return {
    url,
    introspectionEndpoint: null,
    jwksUri: `${url}/jwks`,
    metadataUrl: `${url}/metadata`,
    publicKeyFile: '',
    clientId: 'client',
    clientSecret: 'mcp-client-secret',
    refreshToken: 'refresh-token-of-a',
    users: { a: user('alice'), b: user('bob') },
    parts: ({ kind, user: who, audience, scopes }: TokenOrder) => ({
      header: { alg, typ: kind === 'access-token' ? 'at+jwt' : 'JWT', kid: `kid-of-${url}` },
      claims: {
        iss: url,
        sub: who,
        aud: kind === 'access-token' ? audience : 'client',
        exp: Math.floor(Date.now() / 1000) + 3600,
        scope: scopes.join(' '),
        jti: `${(serial += 1)}`,
      },
    }),
    sign: async ({ header, payload, key: name, alg: under }) => {
      const segments = [header, payload].map((text) => Buffer.from(text).toString('base64url'))
      const input = Buffer.from(segments.join('.'))
      const { privateKey } = named(name)
      const signature = under.startsWith('ES')
        ? sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' })
        : sign(`sha${under.slice(2)}`, input, privateKey)
      return `${segments.join('.')}.${signature.toString('base64url')}`
    },
    publicJwk: (name = 'current') => ({ ...named(name).publicJwk, kid: `kid-of-${name}` }),
    arrange: async () => ({ undo: async () => undefined }),
    requests: () => [],
    close: async () => undefined,
  }
}

function options(changes: Partial<MintOptions> = {}): MintOptions {
  const issuer = testIssuer('https://issuer.example', keys.current)
  return {
    issuer,
    secondIssuer: testIssuer('https://second.example', keys.second),
    given: { a: null, b: null },
    audience: 'https://target.example/mcp',
    baseScopes: ['read'],
    allScopes: ['read', 'write'],
    clientId: 'client',
    foreignKeys: { rsa: keys.foreign, ec: keys.ec, listener: keys.listener },
    publicKeys: async () => [{ ...keys.current.publicJwk, kid: 'kid-of-https://issuer.example' }],
    register: () => undefined,
    ...changes,
  }
}

const make = (recipe: JsonObject, changes?: Partial<MintOptions>): Promise<Minted> =>
  createMint(options(changes)).mint(recipe)

function isSignedBy({ text }: Minted, { privateKey }: SigningKey): boolean {
  const [head, payload, signature = ''] = text.split('.')
  const input = Buffer.from(`${head}.${payload}`)
  const bytes = Buffer.from(signature, 'base64url')
  const key = createPublicKey(privateKey)
  const dsaEncoding = 'ieee-p1363' as const
  return verify('sha256', input, { key, dsaEncoding }, bytes)
}

describe('the good token', () => {
  it('is what the issuer issues, with all scopes, and stays the same text', async () => {
    const mint = createMint(options())
    const good = await mint.mint({})
    expect(isSignedBy(good, keys.current)).toBe(true)
    expect(good.claims).toMatchObject({
      sub: 'a',
      scope: 'read write',
      aud: 'https://target.example/mcp',
    })
    expect((await mint.mint({ user: 'a' })).text).toBe(good.text)
    expect((await mint.mint({ user: 'b' })).claims).toMatchObject({ sub: 'b' })
  })

  it('shares its claims with all recipes of the same user', async () => {
    const mint = createMint(options())
    const [good, foreign] = [await mint.mint({}), await mint.mint({ sign: { key: 'foreign' } })]
    expect(foreign.claims).toEqual(good.claims)
  })

  it('is registered as a secret, and so is every other token', async () => {
    const secrets: string[] = []
    const mint = createMint(options({ register: (secret) => secrets.push(secret) }))
    const texts = [
      await mint.mint({}),
      await mint.mint({ 'after-signing': { signature: 'flip-bit' } }),
      await mint.mint({ encoding: 'json-flattened' }),
    ].map(({ text }) => text)
    expect(texts.filter((text) => !secrets.includes(text))).toEqual([])
    expect(new Set(texts).size).toBe(3)
  })
})

describe('what a recipe changes before signing', () => {
  it('sets and drops members, and null is a JSON null', async () => {
    const made = await make({
      claims: { aud: ['x', 'y'], nbf: null },
      header: { typ: 'JWT' },
      drop: ['claims.exp', 'header.kid', 'claims.scope'],
    })
    const { header, claims } = decodeJwt(made.text) ?? {}
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT' })
    expect(claims).toMatchObject({ aud: ['x', 'y'], nbf: null })
    expect(Object.keys(claims ?? {})).not.toContain('exp')
    expect(isSignedBy(made, keys.current)).toBe(true)
  })

  it('asks the issuer for other kinds and scopes', async () => {
    expect((await make({ kind: 'id-token' })).claims).toMatchObject({ aud: 'client' })
    expect((await make({ scopes: ['read'] })).claims).toMatchObject({ scope: 'read' })
  })

  it('writes a member twice, first value first', async () => {
    const { text } = await make({ duplicate: { aud: ['first', 'last'] } })
    const payload = Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()
    expect(payload.match(/"aud":"\w+"/g)).toEqual(['"aud":"first"', '"aud":"last"'])
    expect(JSON.parse(payload)).toMatchObject({ aud: 'last', sub: 'a' })
  })
})

describe('who signs', () => {
  it('signs with a foreign key under the kid and alg of the good token', async () => {
    const made = await make({ sign: { key: 'foreign' } })
    expect(made.header).toEqual((await make({})).header)
    expect(isSignedBy(made, keys.foreign)).toBe(true)
  })

  it('takes a foreign key of the type of the good one', async () => {
    const issuer = testIssuer('https://issuer.example', keys.ec, 'ES256')
    const made = await make({ sign: { key: 'foreign' } }, { issuer })
    expect(made.header).toMatchObject({ alg: 'ES256' })
    expect(isSignedBy(made, keys.ec)).toBe(true)
  })

  it('lets the header lie about the algorithm', async () => {
    const made = await make({ sign: { key: 'issuer', alg: 'RS256' }, header: { alg: 'ES256' } })
    expect(made.header).toMatchObject({ alg: 'ES256' })
    expect(isSignedBy(made, keys.current)).toBe(true)
  })

  it('signs with a published key under the kid of that key, each time anew', async () => {
    const mint = createMint(options())
    const made = await mint.mint({ sign: { key: 'published:next' } })
    expect(made.header).toMatchObject({ kid: 'kid-of-next' })
    expect(isSignedBy(made, keys.next)).toBe(true)
    expect(await mint.mint({ sign: { key: 'published:next' } })).not.toBe(made)
  })

  it('signs with the second issuer, whose key the header names; iss stays the first one', async () => {
    const made = await make({ sign: { key: 'second-issuer' } })
    expect(made.header).toMatchObject({ kid: 'kid-of-https://second.example' })
    expect(made.claims).toMatchObject({ iss: 'https://issuer.example' })
    expect(isSignedBy(made, keys.second)).toBe(true)
  })

  it('signs with the key of the listener', async () => {
    const made = await make({
      invented: true,
      sign: { key: 'listener' },
      claims: { iss: 'http://127.0.0.1:1' },
    })
    expect(made.header).toMatchObject({ kid: 'listener-key', alg: 'RS256' })
    expect(isSignedBy(made, keys.listener)).toBe(true)
  })

  it('does not sign at all', async () => {
    const plain = await make({ sign: { key: 'none' } })
    expect(plain.header).toMatchObject({ alg: 'none' })
    expect(plain.text.endsWith('.')).toBe(true)
    const nameless = await make({ sign: { key: 'none' }, drop: ['header.alg'] })
    expect(Object.keys(nameless.header as object)).not.toContain('alg')
  })

  it.each(['jwk', 'x5c'])('puts the signing key into the header as %s', async (embed) => {
    const { header } = await make({ sign: { key: 'foreign' }, embed })
    const { n } = keys.foreign.publicJwk
    const expected = { jwk: { jwk: { n } }, x5c: { x5c: ['certificate-of-foreign'] } }[embed]
    expect(header).toMatchObject(expected ?? {})
    expect(JSON.stringify(header)).not.toContain('"d"')
  })

  it('puts the private key into the header where that is asked for', async () => {
    const { header } = await make({ sign: { key: 'foreign' }, embed: 'jwk-private' })
    const { n } = keys.foreign.publicJwk
    expect(header).toMatchObject({ jwk: { n, d: expect.any(String) as string } })
  })
})

describe('HMAC under the public key', () => {
  const key = createPublicKey(keys.current.privateKey)
  const pem = (type: 'spki' | 'pkcs1'): string => key.export({ type, format: 'pem' }).toString()
  const jwk: JsonObject = {
    ...keys.current.publicJwk,
    kid: 'kid-of-https://issuer.example',
    x5c: ['MIIB'],
  }
  const secrets: Record<string, string | Buffer> = {
    'pem-spki': pem('spki'),
    'pem-spki-no-newline': pem('spki').trimEnd(),
    'pem-pkcs1': pem('pkcs1'),
    'pem-pkcs1-no-newline': pem('pkcs1').trimEnd(),
    'der-spki': key.export({ type: 'spki', format: 'der' }),
    'jwk-json': JSON.stringify(jwk),
    modulus: String(jwk['n']),
    x5c: 'MIIB',
  }
  it.each(Object.keys(secrets))('takes the form %s for the secret', async (secret) => {
    const recipe = { sign: { key: 'hmac', alg: 'HS384', secret } }
    const { text, header } = await make(recipe, { publicKeys: async () => [jwk] })
    const [head, payload, signature] = text.split('.')
    const own = createHmac('sha384', secrets[secret] ?? '').update(`${head}.${payload}`)
    expect(signature).toBe(own.digest('base64url'))
    expect(header).toMatchObject({ alg: 'HS384', kid: jwk['kid'] })
  })

  it('takes any text, also none', async () => {
    const { text } = await make({ sign: { key: 'hmac', alg: 'HS256', secret: { text: '' } } })
    const [head, payload, signature] = text.split('.')
    expect(signature).toBe(
      createHmac('sha256', '').update(`${head}.${payload}`).digest('base64url'),
    )
  })

  it('says so when the key has no such form', async () => {
    const recipe = { sign: { key: 'hmac', secret: 'modulus' } }
    const publicKeys = async (): Promise<JsonObject[]> => [keys.ec.publicJwk]
    await expect(make(recipe, { publicKeys })).rejects.toMatchObject({ kind: 'no-such-form' })
  })
})

describe('what is changed after signing', () => {
  const parts = (text: string): string[] => text.split('.')

  it('keeps the signature and every byte that is not changed', async () => {
    const mint = createMint(options())
    const good = await mint.mint({})
    const twin = await mint.mint({ 'after-signing': { claims: { sub: 'x' } } })
    expect(parts(twin.text)[0]).toBe(parts(good.text)[0])
    expect(parts(twin.text)[2]).toBe(parts(good.text)[2])
    expect(twin.claims).toMatchObject({ sub: 'x', jti: (good.claims as JsonObject)['jti'] })
    const nameless = await mint.mint({ 'after-signing': { drop: ['header.alg'] } })
    expect(parts(nameless.text).slice(1)).toEqual(parts(good.text).slice(1))
    expect(Object.keys(nameless.header as object)).not.toContain('alg')
  })

  it('flips one bit in the middle of the signature', async () => {
    const mint = createMint(options())
    const [good, twin] = [
      await mint.mint({}),
      await mint.mint({ 'after-signing': { signature: 'flip-bit' } }),
    ]
    const bytes = [good, twin].map(({ text }) => Buffer.from(parts(text)[2] ?? '', 'base64url'))
    const different = [...(bytes[0] ?? [])].flatMap((byte, at) =>
      byte === bytes[1]?.[at] ? [] : [at],
    )
    expect(different).toEqual([128])
    expect(isSignedBy(twin, keys.current)).toBe(false)
  })

  it.each([
    ['empty', 0],
    ['zero', 64],
    ['zero-r', 64],
    ['zero-s', 64],
    ['order', 64],
    ['truncate', 48],
  ])('gives an ECDSA signature that is %s', async (signature, length) => {
    const issuer = testIssuer('https://issuer.example', keys.ec, 'ES256')
    const { text } = await make({ 'after-signing': { signature } }, { issuer })
    expect(Buffer.from(parts(text)[2] ?? '', 'base64url').length).toBe(length)
  })

  it('gives an ECDSA signature in DER, which is the same signature', async () => {
    const issuer = testIssuer('https://issuer.example', keys.ec, 'ES256')
    const { text } = await make({ 'after-signing': { signature: 'der' } }, { issuer })
    const [head, payload, signature = ''] = parts(text)
    const input = Buffer.from(`${head}.${payload}`)
    const key = createPublicKey(keys.ec.privateKey)
    expect(verify('sha256', input, key, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('says so when a signature has no such form', async () => {
    const recipe = { 'after-signing': { signature: 'order' } }
    await expect(make(recipe)).rejects.toMatchObject({ kind: 'no-such-form' })
  })
})

describe('how a token is written', () => {
  it('writes the JSON serializations', async () => {
    const mint = createMint(options())
    const [header, payload, signature] = (await mint.mint({})).text.split('.')
    const flattened = JSON.parse((await mint.mint({ encoding: 'json-flattened' })).text) as unknown
    expect(flattened).toEqual({ payload, protected: header, signature })
    const general = JSON.parse((await mint.mint({ encoding: 'json-general' })).text) as unknown
    expect(general).toEqual({ payload, signatures: [{ protected: header, signature }] })
  })

  it('pads its segments', async () => {
    const { text } = await make({ encoding: 'padded' })
    expect(text.split('.').map((segment) => segment.length % 4)).toEqual([0, 0, 0])
    expect(text).toContain('=')
  })

  it('takes a text as it is', async () => {
    expect(await make({ literal: 'undefined' })).toMatchObject({ text: 'undefined', header: null })
  })
})

describe('with a given token and no issuer', () => {
  const given = async (): Promise<Partial<MintOptions>> => {
    const { text } = await make({
      claims: { iss: 'https://elsewhere.example', exp: 2_000_000_000 },
    })
    return { issuer: null, secondIssuer: null, given: { a: text, b: null } }
  }

  it('gives it as the good one, and reads when it ends', async () => {
    const changes = await given()
    const mint = createMint(options(changes))
    expect((await mint.mint({})).text).toBe(changes.given?.a)
    expect(mint.expiryOfGiven()).toBe(2_000_000_000)
  })

  it('alters it, and signs its claims with other keys', async () => {
    const changes = await given()
    const twin = await make({ 'after-signing': { signature: 'flip-bit' } }, changes)
    expect(twin.text.split('.').slice(0, 2)).toEqual(changes.given?.a?.split('.').slice(0, 2))
    const foreign = await make({ sign: { key: 'foreign' }, claims: { sub: 'x' } }, changes)
    expect(foreign.claims).toMatchObject({ iss: 'https://elsewhere.example', sub: 'x' })
    expect(isSignedBy(foreign, keys.foreign)).toBe(true)
  })

  it('cannot change what only the issuer signs', async () => {
    const changes = await given()
    await expect(make({ claims: { aud: 'x' } }, changes)).rejects.toMatchObject({
      kind: 'no-issuer',
    })
    await expect(make({ user: 'b' }, changes)).rejects.toMatchObject({ kind: 'no-token' })
  })

  it('sends an opaque token, and cannot change it', async () => {
    const changes = { issuer: null, given: { a: 'opaque-token', b: null } }
    expect(await make({}, changes)).toMatchObject({ text: 'opaque-token', claims: null })
    const twin = make({ 'after-signing': { signature: 'flip-bit' } }, changes)
    await expect(twin).rejects.toBeInstanceOf(NotAJwt)
    await expect(make({ sign: { key: 'foreign' } }, changes)).rejects.toBeInstanceOf(NotAJwt)
  })

  it('makes claims up when a recipe starts from invented ones', async () => {
    const changes = { issuer: null, given: { a: null, b: null } }
    const made = await make({ invented: true, sign: { key: 'none' } }, changes)
    expect(made.claims).toMatchObject({ aud: 'https://target.example/mcp', sub: 'user-a' })
    await expect(make({}, changes)).rejects.toBeInstanceOf(CannotMint)
  })
})
