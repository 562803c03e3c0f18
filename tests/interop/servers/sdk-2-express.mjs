import { randomUUID } from 'node:crypto'
import {
  createMcpExpressApp,
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
  requireBearerAuth,
} from '@modelcontextprotocol/express'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { McpServer, OAuthError } from '@modelcontextprotocol/server'
import { joseVerifier } from './jose-verifier.mjs'

/* The MCP TypeScript SDK 2.x with its Express package: app, metadata router, guard, sessions. */
const { PORT, ISSUER, RESOURCE } = process.env
const resource = new URL(RESOURCE)

function createServer() {
  const server = new McpServer({ name: 'sdk-2-express', version: '1.0.0' })
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
}

const app = createMcpExpressApp()
app.use(
  mcpAuthMetadataRouter({
    oauthMetadata: {
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      token_endpoint: `${ISSUER}/token`,
      response_types_supported: ['code'],
    },
    resourceServerUrl: resource,
    scopesSupported: ['mcp:read'],
    resourceName: 'SDK 2 on Express',
  }),
)
const sessions = new Map()
const auth = requireBearerAuth({
  verifier: joseVerifier(process.env, (message) => new OAuthError('invalid_token', message)),
  requiredScopes: ['mcp:read'],
  expectedResource: resource,
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
})
app.all('/mcp', auth, async (request, response) => {
  const known = sessions.get(request.headers['mcp-session-id'])
  if (known) return known.handleRequest(request, response, request.body)
  if (request.method !== 'POST') return response.status(400).end()
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, transport),
  })
  await createServer().connect(transport)
  return transport.handleRequest(request, response, request.body)
})
app.listen(Number(PORT), '127.0.0.1')
