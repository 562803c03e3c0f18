import { createServer } from 'node:http'
import { toNodeHandler } from '@modelcontextprotocol/node'
import {
  createMcpHandler,
  getOAuthProtectedResourceMetadataUrl,
  McpServer,
  OAuthError,
  oauthMetadataResponse,
  requireBearerAuth,
} from '@modelcontextprotocol/server'
import { createRemoteJWKSet, jwtVerify } from 'jose'

/* The MCP TypeScript SDK 2.x with its resource-server helpers for fetch handlers. */
const { PORT, ISSUER, JWKS_URI, RESOURCE } = process.env
const keys = createRemoteJWKSet(new URL(JWKS_URI), { cooldownDuration: 300, cacheMaxAge: 1000 })
const resource = new URL(RESOURCE)

async function verifyAccessToken(token) {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: ISSUER,
      audience: RESOURCE,
      algorithms: ['RS256'],
    })
    return {
      token,
      clientId: String(payload.client_id ?? payload.sub),
      scopes: String(payload.scope ?? '').split(' '),
      expiresAt: payload.exp,
      resource,
      extra: { subject: payload.sub },
    }
  } catch (error) {
    throw new OAuthError('invalid_token', error.message)
  }
}

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'sdk-2', version: '1.0.0' })
  server.registerTool(
    'whoami',
    { description: 'Who calls.', annotations: { readOnlyHint: true } },
    (context) => ({
      content: [
        { type: 'text', text: JSON.stringify({ subject: context.http?.authInfo?.extra?.subject }) },
      ],
    }),
  )
  return server
})
const gate = requireBearerAuth({
  verifier: { verifyAccessToken },
  requiredScopes: ['mcp:read'],
  expectedResource: resource,
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
})
const metadata = {
  oauthMetadata: {
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/authorize`,
    token_endpoint: `${ISSUER}/token`,
    response_types_supported: ['code'],
  },
  resourceServerUrl: resource,
  scopesSupported: ['mcp:read'],
  resourceName: 'SDK 2',
}

async function fetch(request) {
  const document = oauthMetadataResponse(request, metadata)
  if (document) return document
  if (new URL(request.url).pathname !== '/mcp') return new Response(null, { status: 404 })
  const auth = await gate(request)
  return auth instanceof Response ? auth : handler.fetch(request, { authInfo: auth })
}
createServer(toNodeHandler({ fetch })).listen(Number(PORT), '127.0.0.1')
