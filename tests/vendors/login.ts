import { auth } from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import type {
  OAuthClientInformationFull,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js'
import { serve } from '../../mocks/serve.ts'
import type { Serving } from '../../mocks/serve.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'

/** The public metadata of a protected MCP server, and nothing else of it. */
export async function serveMetadata(
  authorizationServer: string,
  resource?: string,
): Promise<Serving> {
  const serving: Serving = await serve(async (request) => {
    if (!new URL(request.url).pathname.startsWith('/.well-known/oauth-protected-resource')) {
      return new Response(null, { status: 404 })
    }
    return Response.json({
      resource: resource ?? `${serving.origin}/mcp`,
      authorization_servers: [authorizationServer],
    })
  })
  return serving
}

export interface SdkLogin {
  registered: OAuthClientInformationFull | undefined
  tokens: OAuthTokens | undefined
}

/**
 * The OAuth client of the MCP TypeScript SDK, as it is: discovery, registration, PKCE, code. The
 * browser is the mock's scripted login.
 */
export async function loginWithMcpSdk(
  issuer: ServedIssuer,
  serverUrl: string,
  scope: string,
): Promise<SdkLogin> {
  const seen: SdkLogin = { registered: undefined, tokens: undefined }
  let verifier = ''
  let back = ''
  const provider: OAuthClientProvider = {
    redirectUrl: 'http://127.0.0.1:51004/callback',
    clientMetadata: {
      client_name: 'a program',
      redirect_uris: ['http://127.0.0.1:51004/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      scope,
    },
    clientInformation: () => seen.registered,
    saveClientInformation: (information) => {
      seen.registered = information as OAuthClientInformationFull
    },
    tokens: () => seen.tokens,
    saveTokens: (tokens) => {
      seen.tokens = tokens
    },
    redirectToAuthorization: async (url) => {
      back = await issuer.authorize(url.href)
    },
    saveCodeVerifier: (text) => {
      verifier = text
    },
    codeVerifier: () => verifier,
  }
  const first = await auth(provider, { serverUrl, scope })
  if (first !== 'REDIRECT') throw new Error(`the SDK did not ask for a login: ${first}`)
  const authorizationCode = new URL(back).searchParams.get('code') ?? ''
  await auth(provider, { serverUrl, authorizationCode, scope })
  return seen
}
