import { serve } from '@hono/node-server'
import { createMcpHonoApp } from '@modelcontextprotocol/hono'
import {
  getOAuthProtectedResourceMetadataUrl,
  McpServer,
  OAuthError,
  oauthMetadataResponse,
  requireBearerAuth,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import { joseVerifier } from './jose-verifier.mjs'

/* The MCP TypeScript SDK 2.x with its Hono package: one server and transport for each request. */
const { PORT, ISSUER, RESOURCE } = process.env
const resource = new URL(RESOURCE)
const gate = requireBearerAuth({
  verifier: joseVerifier(process.env, (message) => new OAuthError('invalid_token', message)),
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
  resourceName: 'SDK 2 on Hono',
}

const app = createMcpHonoApp()
app.use('/.well-known/*', async (context, next) => {
  return oauthMetadataResponse(context.req.raw, metadata) ?? next()
})
app.use('/mcp', async (context, next) => {
  const auth = await gate(context.req.raw)
  if (auth instanceof Response) return auth
  context.set('auth', auth)
  return next()
})
app.all('/mcp', async (context) => {
  const server = new McpServer({ name: 'sdk-2-hono', version: '1.0.0' })
  server.registerTool(
    'whoami',
    { description: 'Who calls.', annotations: { readOnlyHint: true } },
    ({ http }) => ({
      content: [
        { type: 'text', text: JSON.stringify({ subject: http?.authInfo?.extra?.subject }) },
      ],
    }),
  )
  const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: undefined })
  await server.connect(transport)
  return transport.handleRequest(context.req.raw, {
    authInfo: context.get('auth'),
    parsedBody: context.get('parsedBody'),
  })
})
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(PORT) })
