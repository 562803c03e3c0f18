import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
} from '@modelcontextprotocol/sdk/client/auth.js'
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js'

/** What a program with the MCP SDK keeps: everything in memory, and a user at the end of a function. */
export class ScriptedClient implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1:51004/callback'
  readonly clientMetadata: OAuthClientMetadata
  information: OAuthClientInformationMixed | undefined
  held: OAuthTokens | undefined
  verifier = ''
  discovered: OAuthDiscoveryState | undefined
  /** Where its Client ID Metadata Document is, when it has one. */
  clientMetadataUrl?: string
  /** Where the browser was sent in the end. */
  sentTo = ''
  readonly #browse: (url: string) => Promise<string>

  constructor(scope: string, browse: (url: string) => Promise<string>) {
    this.#browse = browse
    this.clientMetadata = {
      client_name: 'a program',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      scope,
    }
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.information
  }

  saveClientInformation(information: OAuthClientInformationMixed): void {
    this.information = information
  }

  tokens(): OAuthTokens | undefined {
    return this.held
  }

  saveTokens(tokens: OAuthTokens): void {
    this.held = tokens
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    this.sentTo = await this.#browse(url.href)
  }

  saveCodeVerifier(verifier: string): void {
    this.verifier = verifier
  }

  codeVerifier(): string {
    return this.verifier
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.discovered = state
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.discovered
  }

  /** A parameter with which the browser came back. */
  cameBackWith(name: string): string | undefined {
    return new URL(this.sentTo).searchParams.get(name) ?? undefined
  }
}
