import { digits } from '../draw.ts'
import { grantKnownScopes, targetByResource, tokenExchangeGrant } from '../policies.ts'
import type { IssuerProfile } from '../profile.ts'
import { Refusal } from '../refusals.ts'
import { strictRules } from '../rules.ts'
import { seededClient } from '../seed.ts'
import { accessTokenType, idTokenType, jwtType } from '../subject-token.ts'

/** A provider by the book: access tokens as RFC 9068 has them, documents that change at once. */
export const localProfile: IssuerProfile = {
  name: 'local',
  identifier: (servedAt) => servedAt,
  routes: {
    jwks: ['/jwks'],
    token: ['/token'],
    introspection: ['/introspect'],
    authorization: ['/authorize'],
    login: ['/login'],
    consent: ['/consent'],
    registration: ['/register'],
    'registration-management': ['/register/{client}'],
    revocation: ['/revoke'],
    userinfo: ['/userinfo'],
    'end-session': ['/logout'],
  },
  params: {},
  documents: [
    {
      kind: 'openid',
      paths: [
        '/.well-known/oauth-authorization-server{base}',
        '/.well-known/openid-configuration{base}',
        '{base}/.well-known/openid-configuration',
      ],
      write: (standard) => standard,
    },
  ],
  extra: [],
  keys: { kid: (own) => own, publish: (jwk) => jwk },
  tokens: {
    access: (claims) => ({ header: { typ: 'at+jwt' }, claims }),
    id: (claims) => ({ header: { typ: 'JWT' }, claims }),
    refreshable: () => true,
    response: (standard) => standard,
    types: { access: 'at+jwt', refresh: 'rt+jwt' },
    subjectAudience: 'https://upstream.example/api',
  },
  lifetimes: { access: 3600, id: 3600, refresh: 30 * 86_400, code: 60, login: 600, documents: 1 },
  ids: {
    code: (draw) => draw(32),
    refreshToken: (draw) => `rt_${draw(32)}`,
    clientId: (draw) => `client-${draw(12, digits)}`,
    clientSecret: (draw) => draw(32),
    token: (draw) => draw(22),
    session: (draw) => draw(22),
    login: (draw) => draw(22),
  },
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials', tokenExchangeGrant],
  authentication: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  scopes: { supported: ['openid', 'profile', 'email', 'offline_access'], default: [] },
  target: targetByResource({ registeredOnly: false }),
  grantScopes: grantKnownScopes,
  registration: {
    allow: () => undefined,
    client: (standard) => standard,
    answer: (standard) => standard,
    defaultAuthentication: 'client_secret_basic',
  },
  clientMetadataDocuments: true,
  exchange: {
    subjects: { [accessTokenType]: 'own', [jwtType]: 'own', [idTokenType]: 'own' },
    requested: [accessTokenType, jwtType],
    refreshTokens: false,
  },
  dpop: { algorithms: ['ES256', 'RS256', 'PS256'] },
  login: () => ({ page: true }),
  responseIssuer: (issuer) => issuer,
  introspection: (standard) => standard,
  userinfo: (standard, { scopes }) => {
    if (!scopes.includes('openid')) throw new Refusal('token-scope-missing')
    return standard
  },
  errors: ({ error, status, message }) => ({ error, status, description: message }),
  rules: strictRules,
  seed: {
    clients: [
      seededClient({
        id: 'mcp-client',
        secret: 'mcp-client-secret',
        // where the harness, as a native client, has its way back
        redirectUris: ['http://127.0.0.1:8976/callback'],
      }),
    ],
    // where the harness, as a native client, has its way back
    users: {
      a: {
        subject: 'alice',
        username: 'alice',
        password: 'wonderland',
        email: 'alice@example.com',
      },
      b: { subject: 'bob', username: 'bob', password: 'builder', email: 'bob@example.com' },
    },
    resources: [],
    organizations: [],
  },
}
