import type { IssuerProfile } from './profile.ts'
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
}
