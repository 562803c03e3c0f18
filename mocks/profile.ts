import type { JsonObject } from './json.ts'

/** A person who can be named by a token of an issuer. */
export interface User {
  subject: string
  username: string
  password: string
  email: string
}

/** The provider that an issuer plays, as data over one strict core. */
export interface IssuerProfile {
  name: string
  /** Where the endpoints are, after the issuer identifier without its final slash. */
  paths: { jwks: string; token: string; introspection: string }
  /** Seconds: how long a token lives, and how long documents and keys may be stored. */
  lifetimes: { token: number; documents: number }
  /** `typ` of access tokens and of refresh tokens that are JWTs. */
  types: { access: string; refresh: string }
  /** The audience of a subject token: a service that is not the target. */
  subjectAudience: string
  client: { id: string; secret: string }
  users: Record<'a' | 'b', User>
  /** Members of the metadata beside those that follow from the endpoints. */
  metadata: JsonObject
}

/** A provider by the book: access tokens as RFC 9068 has them, documents that change at once. */
export const localProfile: IssuerProfile = {
  name: 'local',
  paths: { jwks: '/jwks', token: '/token', introspection: '/introspect' },
  lifetimes: { token: 3600, documents: 1 },
  types: { access: 'at+jwt', refresh: 'rt+jwt' },
  subjectAudience: 'https://upstream.example/api',
  client: { id: 'mcp-client', secret: 'mcp-client-secret' },
  users: {
    a: {
      subject: 'alice',
      username: 'alice',
      password: 'wonderland',
      email: 'alice@example.com',
    },
    b: { subject: 'bob', username: 'bob', password: 'builder', email: 'bob@example.com' },
  },
  metadata: {},
}
