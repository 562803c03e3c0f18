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
import { joseVerifier } from './jose-verifier.mjs'

/* The MCP TypeScript SDK 2.x with its resource-server helpers for fetch handlers. */
const { PORT, ISSUER, RESOURCE } = process.env
const resource = new URL(RESOURCE)
const verifier = joseVerifier(process.env, (message) => new OAuthError('invalid_token', message))

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
  verifier,
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
