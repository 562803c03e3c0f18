import type { IssuerProfile } from '../../mocks/profile.ts'
import { auth0Profile } from '../../mocks/profiles/auth0.ts'
import { clerkProfile } from '../../mocks/profiles/clerk.ts'
import { localProfile } from '../../mocks/profiles/local.ts'
import { scalekitProfile, scalekitResource } from '../../mocks/profiles/scalekit.ts'
import type { ScalekitOptions } from '../../mocks/profiles/scalekit.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'

/** A provider that is told of one MCP server. */
export interface Provider {
  name: string
  profile: IssuerProfile
  scope: string
  /** `typ` of its access tokens, where it is not that of RFC 9068. */
  typed?: 'JWT'
  /** What the server trusts and advertises beside the mock's own identifier. */
  environment?(issuer: ServedIssuer): Record<string, string>
  /** What the provider's administrator enters for the server. */
  enter?(issuer: ServedIssuer, serverUrl: string): void
}

const scalekitAs = (options: ScalekitOptions): Provider => ({
  name: 'Scalekit',
  profile: scalekitProfile(options),
  scope: 'todo:read',
  typed: 'JWT',
  environment: ({ url }) => ({ AUTHORIZATION_SERVER: `${url}/resources/${scalekitResource}` }),
  enter: (issuer, url) => issuer.setResource({ id: scalekitResource, identifiers: [url] }),
})

export const providers: Provider[] = [
  { name: 'local', profile: localProfile, scope: 'mcp:read' },
  scalekitAs({}),
  {
    ...scalekitAs({ issuer: 'resource', responseIssuer: true }),
    name: 'Scalekit whose resources are issuers',
    environment: ({ url }) => ({ ISSUER: `${url}/resources/${scalekitResource}` }),
  },
  {
    name: 'Auth0',
    profile: auth0Profile({
      registration: true,
      clientMetadataDocuments: true,
      resourceParameter: true,
    }),
    scope: 'tool:greet',
    enter: (issuer, url) =>
      issuer.setResource({
        id: url,
        identifiers: [url],
        scopes: ['tool:greet'],
        attributes: { token_dialect: 'rfc9068_profile' },
      }),
  },
  {
    name: 'Clerk',
    profile: clerkProfile({ audience: true, clientMetadataDocuments: true }),
    scope: 'profile',
  },
]
