import { auth } from '@modelcontextprotocol/sdk/client/auth.js'
import type {
  OAuthClientInformationFull,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js'
import { serve } from '../../mocks/serve.ts'
import type { Serving } from '../../mocks/serve.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { ScriptedClient } from './scripted-client.ts'

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
  const program = new ScriptedClient(scope, (url) => issuer.authorize(url))
  const first = await auth(program, { serverUrl, scope })
  if (first !== 'REDIRECT') throw new Error(`the SDK did not ask for a login: ${first}`)
  const authorizationCode = program.cameBackWith('code') ?? ''
  await auth(program, { serverUrl, authorizationCode, scope })
  return { registered: program.information as OAuthClientInformationFull, tokens: program.held }
}
