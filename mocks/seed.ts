import type { Client, Resource } from './state.ts'

/** A client that a profile or a tester sets up: first-party, confidential, with every usual grant. */
export function seededClient(client: { id: string } & Partial<Client>): Client {
  return {
    secret: null,
    name: client.id,
    redirectUris: [],
    authentication: client.secret
      ? ['client_secret_basic', 'client_secret_post']
      : client.jwks
        ? ['private_key_jwt']
        : ['none'],
    grantTypes: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ],
    applicationType: 'web',
    scopes: null,
    resources: null,
    jwks: null,
    jwksUri: null,
    origin: 'seeded',
    consent: 'ask',
    dpopBound: false,
    postLogoutRedirectUris: [],
    metadata: {},
    registrationAccessToken: null,
    issuedAt: 0,
    attributes: {},
    ...client,
  }
}

/** A resource by one identifier. */
export function seededResource(resource: { id: string } & Partial<Resource>): Resource {
  return { identifiers: [resource.id], name: resource.id, scopes: [], attributes: {}, ...resource }
}
