import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'

const metadata = {
  resource: 'http://localhost:3002',
  authorization_servers: ['https://acme.scalekit.dev/resources/res_1'],
  scopes_supported: ['usr:read'],
}

function env(changes: Record<string, string> = {}, document: object = metadata): NodeJS.ProcessEnv {
  return {
    SK_ENV_URL: 'https://acme.scalekit.dev',
    SK_CLIENT_ID: 'skc_1',
    SK_CLIENT_SECRET: 'test_1',
    EXPECTED_AUDIENCE: 'http://localhost:3002',
    PROTECTED_RESOURCE_METADATA: JSON.stringify(document),
    ...changes,
  }
}

test('reads what the server is told', () => {
  expect(readSettings(env())).toMatchObject({
    resource: 'http://localhost:3002',
    audience: 'http://localhost:3002',
    requiredScopes: ['usr:read'],
    issuers: [
      {
        issuer: 'https://acme.scalekit.dev',
        keys: { kind: 'url', url: 'https://acme.scalekit.dev/keys' },
      },
    ],
  })
})

test('takes the issuer that tokens name from now on', () => {
  const issuer = 'https://acme.scalekit.dev/resources/res_1'
  expect(readSettings(env({ SK_TOKEN_ISSUER: issuer })).issuers[0]?.issuer).toBe(issuer)
})

test.each<[string, NodeJS.ProcessEnv, RegExp]>([
  ['no environment', env({ SK_ENV_URL: '' }), /SK_ENV_URL is not set/],
  ['an environment that is no URL', env({ SK_ENV_URL: 'acme' }), /SK_ENV_URL is "acme"/],
  ['no client', env({ SK_CLIENT_ID: '' }), /SK_CLIENT_ID is not set/],
  ['no secret', env({ SK_CLIENT_SECRET: '' }), /SK_CLIENT_SECRET is not set/],
  ['no audience', env({ EXPECTED_AUDIENCE: '' }), /EXPECTED_AUDIENCE is not set/],
  ['no metadata', env({ PROTECTED_RESOURCE_METADATA: '' }), /METADATA is not set/],
  ['metadata that is no JSON', env({ PROTECTED_RESOURCE_METADATA: '{' }), /is no JSON object/],
  [
    'a resource with a slash',
    env({}, { ...metadata, resource: 'http://localhost:3002/' }),
    /other/,
  ],
  [
    'a resource that is no URL',
    env({ EXPECTED_AUDIENCE: 'res_1' }, { ...metadata, resource: 'res_1' }),
    /no URL/,
  ],
  ['no issuers', env({}, { ...metadata, authorization_servers: [] }), /lists no/],
  [
    'an issuer elsewhere',
    env({}, { ...metadata, authorization_servers: ['https://acme.scalekit.dev.example'] }),
    /outside SK_ENV_URL/,
  ],
  ['no scopes', env({}, { ...metadata, scopes_supported: undefined }), /usr:read/],
  [
    'tokens in queries',
    env({}, { ...metadata, bearer_methods_supported: ['header', 'query'] }),
    /other bearer_methods_supported/,
  ],
])('does not start with %s', (_name, variables, message) => {
  expect(() => readSettings(variables)).toThrow(message)
})
