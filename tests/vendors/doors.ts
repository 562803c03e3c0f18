import type { IssuerProfile } from '../../mocks/profile.ts'
import { auth0Audience, auth0Profile, ownAccessTokens } from '../../mocks/profiles/auth0.ts'
import { clerkProfile } from '../../mocks/profiles/clerk.ts'
import { localProfile } from '../../mocks/profiles/local.ts'
import { scalekitProfile, scalekitResource } from '../../mocks/profiles/scalekit.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import type { Discovered } from './peer-libraries.ts'

/** A provider as clients find it, and what they find there. */
export interface Door {
  name: string
  profile: IssuerProfile
  found(issuer: ServedIssuer): Discovered
  /** Where clients ask about tokens and take them back, if that is elsewhere. */
  tokensFound?(issuer: ServedIssuer): Discovered
  /** Parameters of the authorization request. */
  login: { scope: string; resource?: string; audience?: string }
  /** `aud` of the token that follows; undefined for tokens without one. */
  audience(issuer: ServedIssuer): unknown
  /** What a token exchange takes and is for, where there is one. */
  exchange?: { subject_token_type: string; audience: string; scope: string }
  /** Whether it is told what becomes of access tokens. */
  introspection: boolean
  /** Whether access tokens can be taken back; none where nobody can tell. */
  accessTokens?: 'revocable' | 'irrevocable'
  /** Who takes a refresh token back: anybody with it, or clients with a secret alone. */
  revokingClients: 'any' | 'confidential'
}

const byOpenid = ({ url }: ServedIssuer): Discovered => ({ issuer: url, algorithm: 'oidc' })
const byOauth = ({ url }: ServedIssuer): Discovered => ({ issuer: url, algorithm: 'oauth2' })
const target = 'https://target.example/mcp'
const upstream = { audience: 'https://upstream.example', scopes: ['read:private'] }

const local: Door = {
  name: 'local',
  profile: localProfile,
  found: byOpenid,
  login: { scope: 'openid email read', resource: target },
  audience: () => target,
  exchange: {
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: 'https://upstream.example/api',
    scope: 'read',
  },
  introspection: true,
  accessTokens: 'revocable',
  revokingClients: 'any',
}

const scalekit: Door = {
  name: 'Scalekit',
  profile: scalekitProfile(),
  found: ({ url }) => ({ issuer: `${url}/resources/${scalekitResource}`, algorithm: 'oauth2' }),
  tokensFound: byOpenid,
  login: { scope: 'todo:read offline_access' },
  audience: () => [scalekitResource],
  introspection: true,
  accessTokens: 'revocable',
  revokingClients: 'confidential',
}

const clerk: Door = {
  name: 'Clerk',
  profile: clerkProfile({ audience: true }),
  found: byOpenid,
  login: { scope: 'openid profile offline_access', resource: target },
  audience: () => target,
  introspection: true,
  accessTokens: 'irrevocable',
  revokingClients: 'any',
}

export const doors: Door[] = [
  local,
  { ...local, name: 'local, by RFC 8414', found: byOauth },
  scalekit,
  {
    ...scalekit,
    name: 'Scalekit that names itself in its answers',
    profile: scalekitProfile({ responseIssuer: true }),
  },
  {
    name: 'Auth0',
    profile: auth0Profile({
      registration: true,
      upstream,
      exchangeProfiles: { 'urn:acme:mcp': ownAccessTokens },
    }),
    found: byOpenid,
    login: { scope: 'openid tool:greet offline_access', audience: auth0Audience },
    audience: ({ url }) => [auth0Audience, `${url}userinfo`],
    exchange: {
      subject_token_type: 'urn:acme:mcp',
      audience: upstream.audience,
      scope: 'read:private',
    },
    introspection: false,
    revokingClients: 'any',
  },
  clerk,
  { ...clerk, name: 'Clerk, by RFC 8414', found: byOauth, tokensFound: byOpenid },
  {
    ...clerk,
    name: 'Clerk with opaque tokens',
    profile: clerkProfile({ tokens: 'opaque' }),
    audience: () => undefined,
    accessTokens: 'revocable',
    revokingClients: 'any',
  },
]
