import { describe, expect, it } from 'vitest'
import { collectFacts, factState, withWire } from './facts.ts'
import type { FactSources, FactState } from './facts.ts'
import type { IssuerControl, TokenParts } from './model.ts'
import type { JsonObject, JsonValue } from './protocol/json.ts'

function factsOf(changes: Partial<FactSources> = {}): JsonObject {
  return collectFacts({
    url: 'https://h.example:8443/a/mcp?x=1',
    startedAs: 'url',
    declared: {},
    issuer: null,
    secondIssuer: null,
    listenerUrl: null,
    upstreamUrl: null,
    thirdPartyUrl: null,
    interfaceUrl: null,
    good: null,
    runId: 'r1',
    ...changes,
  })
}

const token = (header: JsonObject, claims: JsonObject): TokenParts => ({ header, claims })
const issuer = {
  url: 'http://127.0.0.1:9/issuer',
  jwksUri: 'http://127.0.0.1:9/issuer/jwks',
  introspectionEndpoint: null,
  metadataUrl: 'http://127.0.0.1:9/meta',
  clientId: 'mock-client',
  clientSecret: 'mock-secret',
  refreshToken: 'mock-refresh',
  users: {
    a: { subject: 'alice', username: 'alice', password: 'p', email: 'a@x.example' },
    b: { subject: 'bob', username: 'bob', password: 'p', email: 'b@x.example' },
  },
} as unknown as IssuerControl

describe('the state of a fact', () => {
  const facts: JsonObject = {
    tool: { safe: { name: 's', scopes: ['x'] }, guarded: 'none', empty: null },
    target: { local: false, path: '', documented: [] },
    prompt: 'none',
  }
  it.each<[path: string, state: FactState]>([
    ['tool.safe.name', { kind: 'value', value: 's' }],
    ['tool.safe.scopes.0', { kind: 'value', value: 'x' }],
    ['target.local', { kind: 'value', value: false }],
    ['target.path', { kind: 'value', value: '' }],
    ['target.documented', { kind: 'value', value: [] }],
    ['tool.guarded', { kind: 'none' }],
    ['tool.guarded.scope', { kind: 'none' }],
    ['prompt.greeting.name', { kind: 'none' }],
    ['tool.safe.identity', { kind: 'absent' }],
    ['tool.empty', { kind: 'absent' }],
    ['tool.safe.name.first', { kind: 'absent' }],
    ['resource.plain', { kind: 'absent' }],
  ])('%s', (path, state) => {
    expect(factState(facts, path.split('.'))).toEqual(state)
  })
})

describe('facts of the target', () => {
  it('are read off its URL as it was given', () => {
    expect(factsOf()['target']).toEqual({
      url: 'https://h.example:8443/a/mcp?x=1',
      origin: 'https://h.example:8443',
      path: '/a/mcp?x=1',
      host: 'h.example',
      port: '8443',
      htu: 'https://h.example:8443/a/mcp',
      interface_url: 'none',
      resource: 'https://h.example:8443/a/mcp?x=1',
      resource_origin: 'https://h.example:8443',
      metadata_url: 'https://h.example:8443/.well-known/oauth-protected-resource/a/mcp?x=1',
      root_metadata_url: 'https://h.example:8443/.well-known/oauth-protected-resource',
      documented: [],
      local: false,
      own_login: 'none',
      started_as: 'url',
      short_life: '20s',
      key_cache: '10m',
      leeway: '1m',
    })
  })

  it('know one place for the metadata of an origin', () => {
    const root = 'https://h.example/.well-known/oauth-protected-resource'
    expect(factsOf({ url: 'https://h.example/' })['target']).toMatchObject({
      path: '/',
      metadata_url: root,
      root_metadata_url: root,
    })
  })

  it('give way to what is declared', () => {
    const declared = { target: { resource: 'urn:x', key_cache: '1m', scopes: 'none' as const } }
    expect(factsOf({ declared })['target']).toMatchObject({
      resource: 'urn:x',
      key_cache: '1m',
      leeway: '1m',
      scopes: 'none',
      short_life: '20s',
    })
  })
})

it('give tools by role, with their scopes also as one text', () => {
  const declared = {
    tool: {
      guarded: { name: 'g', scopes: ['a', 'b'] },
      safe: { name: 's' },
      writes: 'none' as const,
    },
  }
  expect(factsOf({ declared })['tool']).toEqual({
    guarded: { name: 'g', scopes: ['a', 'b'], scope: 'a b' },
    safe: { name: 's' },
    writes: 'none',
  })
})

describe('facts of the issuer', () => {
  const rfc9068 = token(
    { alg: 'RS256', typ: 'at+jwt', kid: 'k' },
    { iss: 'https://i.example', aud: ['x', 'https://h.example/mcp'], sub: 's', client_id: 'c' },
  )
  it('are read off a token that is readable', () => {
    const facts = factsOf({ url: 'https://h.example/mcp', good: rfc9068 })
    expect(facts['issuer']).toEqual({
      trusted: 'one',
      alg: 'RS256',
      typ: 'at+jwt',
      kid: 'k',
      profile: 'rfc9068',
      url: 'https://i.example',
      audience: 'https://h.example/mcp',
    })
    expect(facts['user']).toEqual({ a: { subject: 's' } })
    expect(facts['client']).toEqual({ id: 'c' })
  })

  it.each<[typ: JsonValue | undefined, profile: string]>([
    ['application/AT+JWT', 'rfc9068'],
    ['JWT', 'plain'],
    [undefined, 'plain'],
    [['at+jwt'], 'plain'],
  ])('typ %j makes the profile %s', (typ, profile) => {
    const header: JsonObject = typ === undefined ? { alg: 'x' } : { alg: 'x', typ }
    expect(factsOf({ good: token(header, {}) })['issuer']).toMatchObject({ profile })
  })

  it.each<[aud: JsonValue, audience: JsonValue]>([
    ['one', 'one'],
    [['first', 'second'], 'first'],
    [['first', 'urn:x'], 'urn:x'],
    [[], null],
  ])('aud %j makes the audience %j', (aud, audience) => {
    const declared = { target: { resource: 'urn:x' } }
    expect(factsOf({ declared, good: token({}, { aud }) })['issuer']).toMatchObject({ audience })
  })

  it('are absent without a token and without an issuer', () => {
    expect(factsOf()['issuer']).toEqual({ trusted: 'one' })
    expect(factsOf()['user']).toEqual({})
    expect(factsOf()['client']).toEqual({})
    expect(factsOf()).not.toHaveProperty('second-issuer')
    expect(factsOf()).not.toHaveProperty('listener')
  })

  it('are those of the mock issuer where there is one, unless declared', () => {
    const facts = factsOf({
      issuer,
      secondIssuer: { ...issuer, url: 'http://second' },
      listenerUrl: 'http://bait',
      good: rfc9068,
      declared: { issuer: { trusted: 'one' }, client: { id: 'mine', secret: 'none' } },
    })
    expect(facts).toMatchObject({
      issuer: {
        url: issuer.url,
        jwks_uri: issuer.jwksUri,
        refresh_token: 'mock-refresh',
        trusted: 'one',
      },
      'second-issuer': { url: 'http://second', jwks_uri: issuer.jwksUri },
      listener: { url: 'http://bait' },
      client: { id: 'mine', secret: 'none' },
      run: { id: 'r1' },
    })
  })
})

it('merges what is declared about a user with what the issuer knows, member by member', () => {
  const declared = { user: { a: { subject: 'declared' }, b: 'none' as const } }
  expect(factsOf({ issuer, declared })['user']).toEqual({
    a: { subject: 'declared', username: 'alice', password: 'p', email: 'a@x.example' },
    b: 'none',
  })
})

it('adds the wire once it is known', () => {
  expect(withWire({ run: 1 }, '2026-07-28', 'stateless')).toEqual({
    run: 1,
    wire: { revision: '2026-07-28', kind: 'stateless' },
  })
})
