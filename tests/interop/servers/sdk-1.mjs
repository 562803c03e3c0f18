import { randomUUID } from 'node:crypto'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { joseVerifier } from './jose-verifier.mjs'

/* The MCP TypeScript SDK 1.x as its documentation shows it: Express, requireBearerAuth, metadata router. */
const { PORT, ISSUER, RESOURCE } = process.env
const resource = new URL(RESOURCE)
const verifier = joseVerifier(process.env, (message) => new InvalidTokenError(message))

function createServer() {
  const server = new McpServer({ name: 'sdk-1', version: '1.0.0' })
  server.registerTool(
    'whoami',
    { description: 'Who calls.', annotations: { readOnlyHint: true } },
    (extra) => ({
      content: [
        { type: 'text', text: JSON.stringify({ subject: extra.authInfo?.extra?.subject }) },
      ],
    }),
  )
  return server
}

const app = express().use(express.json())
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
    resourceName: 'SDK 1',
  }),
)
const sessions = new Map()
const auth = requireBearerAuth({
  verifier,
  requiredScopes: ['mcp:read'],
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
})
app.all('/mcp', auth, async (request, response) => {
  const known = sessions.get(request.headers['mcp-session-id'])
  if (known) return known.handleRequest(request, response, request.body)
  if (request.method !== 'POST') return response.status(400).end()
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, transport),
  })
  await createServer().connect(transport)
  return transport.handleRequest(request, response, request.body)
})
app.listen(Number(PORT), '127.0.0.1')
