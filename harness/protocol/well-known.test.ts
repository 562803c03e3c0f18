import { describe, expect, it } from 'vitest'
import { authorizationServerMetadataUrls, protectedResourceMetadataUrls } from './well-known.ts'

const suffix = '/.well-known/oauth-protected-resource'

describe('protectedResourceMetadataUrls', () => {
  it.each([
    ['no URL', 'not a url', []],
    ['a relative URL', '/mcp', []],
    ['no path', 'https://h.example', [`https://h.example${suffix}`]],
    ['a lone slash', 'https://h.example/', [`https://h.example${suffix}`]],
    [
      'a path',
      'https://h.example/mcp',
      [`https://h.example${suffix}/mcp`, `https://h.example${suffix}`],
    ],
    [
      'a final slash',
      'http://h:8000/mcp/',
      [`http://h:8000${suffix}/mcp/`, `http://h:8000${suffix}`],
    ],
    [
      'a query and a fragment',
      'https://h.example/p?a=/b#c',
      [`https://h.example${suffix}/p?a=/b`, `https://h.example${suffix}`],
    ],
    [
      'a query without a path',
      'https://h.example?a=b',
      [`https://h.example${suffix}?a=b`, `https://h.example${suffix}`],
    ],
    [
      'a query behind a lone slash',
      'https://h.example/?a=b',
      [`https://h.example${suffix}?a=b`, `https://h.example${suffix}`],
    ],
    [
      'odd spelling, kept',
      'https://H.example/A/../%6d',
      [`https://H.example${suffix}/A/../%6d`, `https://H.example${suffix}`],
    ],
  ])('of an endpoint with %s', (_, endpoint, urls) => {
    expect(protectedResourceMetadataUrls(endpoint)).toEqual(urls)
  })
})

describe('authorizationServerMetadataUrls', () => {
  it('is empty for what is no URL', () => {
    expect(authorizationServerMetadataUrls('issuer')).toEqual([])
  })

  it.each(['https://i.example', 'https://i.example/'])(
    'of %s asks OAuth, then OpenID',
    (issuer) => {
      expect(authorizationServerMetadataUrls(issuer)).toEqual([
        'https://i.example/.well-known/oauth-authorization-server',
        'https://i.example/.well-known/openid-configuration',
      ])
    },
  )

  it.each(['https://i.example/t/1', 'https://i.example/t/1/'])(
    'of %s inserts before it appends',
    (issuer) => {
      expect(authorizationServerMetadataUrls(issuer)).toEqual([
        'https://i.example/.well-known/oauth-authorization-server/t/1',
        'https://i.example/.well-known/openid-configuration/t/1',
        'https://i.example/t/1/.well-known/openid-configuration',
      ])
    },
  )
})
