import { digits } from '../draw.ts'
import type { IssuerProfile, Target, TargetRequest } from '../profile.ts'
import { Refusal } from '../refusals.ts'
import { strictRules } from '../rules.ts'
import { seededClient } from '../seed.ts'

/** A provider by the book: access tokens as RFC 9068 has them, documents that change at once. */
export const localProfile: IssuerProfile = {
  name: 'local',
  identifier: (servedAt) => servedAt,
  routes: { jwks: ['/jwks'], token: ['/token'], introspection: ['/introspect'] },
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
  grantTypes: ['client_credentials'],
  authentication: ['client_secret_basic', 'client_secret_post'],
  scopes: { supported: [], default: [] },
  target: byResource,
  grantScopes: ({ asked }) => asked ?? [],
  registration: {
    allow: () => undefined,
    client: (standard) => standard,
    answer: (standard) => standard,
    defaultAuthentication: 'client_secret_basic',
  },
  clientMetadataDocuments: true,
  exchange: { subjects: {}, requested: [], refreshTokens: false },
  login: () => ({ page: true }),
  introspection: (standard) => standard,
  userinfo: (standard) => standard,
  errors: ({ error, status, message }) => ({ error, status, description: message }),
  rules: strictRules,
  seed: {
    clients: [seededClient({ id: 'mcp-client', secret: 'mcp-client-secret' })],
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

/**
 * RFC 8707: any absolute URI without a fragment names a resource, and a client that acts for itself
 * must name one.
 */
function byResource({ at, resource, granted, core }: TargetRequest): Target {
  if (!resource.every((each) => URL.canParse(each) && !each.includes('#'))) {
    throw new Refusal('target-malformed')
  }
  if (resource.length === 0) {
    if (granted) return granted
    if (at === 'client_credentials') throw new Refusal('target-missing')
  }
  if (granted && !resource.every((each) => granted.audience.includes(each))) {
    throw new Refusal('target-not-allowed')
  }
  const resources = resource.flatMap((each) => core.state.resourceNamed(each) ?? [])
  return { audience: resource, resources }
}
