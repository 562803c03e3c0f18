import type { IssuerProfile } from './profile.ts'
import { scalekitEnvironment } from './profiles/scalekit-seed.ts'
import type { ServedIssuer } from './serve-issuer.ts'

/** A provider that can be played: its profile, and what a server that trusts it reads from its environment. */
export interface Provider {
  profile(): Promise<IssuerProfile>
  /** Variables of the server under test, in the provider's own names. */
  environment(issuer: ServedIssuer): Record<string, string>
}

/** Loaded when somebody asks for one. */
export const providers: Record<string, Provider> = {
  local: {
    profile: async () => (await import('./profiles/local.ts')).localProfile,
    environment: ({ url, jwksUri, publicKeyFile }) => ({
      ISSUER: url,
      JWKS_URI: jwksUri,
      PUBLIC_KEY_FILE: publicKeyFile,
    }),
  },
  scalekit: {
    profile: async () => (await import('./profiles/scalekit.ts')).scalekitProfile(),
    environment: scalekitEnvironment,
  },
  auth0: {
    profile: async () => {
      const { auth0Profile, ownAccessTokens } = await import('./profiles/auth0.ts')
      return auth0Profile({
        registration: true,
        // MCP clients name the resource and know no audience
        resourceParameter: true,
        upstream: { audience: 'http://localhost:8787', scopes: ['read:private'] },
        exchangeProfiles: { 'urn:fastmcp:mcp': ownAccessTokens },
      })
    },
    environment: ({ url, clientId, clientSecret, profile }) => ({
      AUTH0_DOMAIN: new URL(url).host,
      ISSUER_BASE_URL: url,
      AUTH0_AUDIENCE: profile.seed.resources[0]?.id ?? '',
      MCP_AUTH0_CLIENT_ID: clientId,
      MCP_AUTH0_CLIENT_SECRET: clientSecret,
      MCP_AUTH0_SUBJECT_TOKEN_TYPE: 'urn:fastmcp:mcp',
      MCP_AUTH0_EXCHANGE_SCOPE: 'read:private',
      API_AUTH0_AUDIENCE: profile.seed.resources[1]?.id ?? '',
    }),
  },
  clerk: {
    // tokens name the resource, as they do for a resource that is registered as an MCP server
    profile: async () => (await import('./profiles/clerk.ts')).clerkProfile({ audience: true }),
    environment: ({ url, origin }) => ({
      CLERK_PUBLISHABLE_KEY: `pk_test_${Buffer.from(`${new URL(url).host}$`).toString('base64')}`,
      CLERK_SECRET_KEY: 'sk_test_mockSecretKeyOfTheInstance',
      CLERK_API_URL: origin,
      CLERK_ISSUER: url,
      CLERK_TELEMETRY_DISABLED: '1',
    }),
  },
}
