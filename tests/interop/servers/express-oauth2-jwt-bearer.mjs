import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer'

/*
 * The middleware of Auth0 for Express in front of an MCP server without sessions, with its DPoP, which
 * stands beside Bearer unless it is told otherwise. The metadata are written by hand: it has none.
 */
const { PORT, ISSUER, JWKS_URI, RESOURCE } = process.env

function createServer() {
  const server = new McpServer({ name: 'express-oauth2-jwt-bearer', version: '1.0.0' })
  server.registerTool(
    'whoami',
    { description: 'Who calls.', annotations: { readOnlyHint: true } },
    (extra) => ({
      content: [{ type: 'text', text: JSON.stringify({ subject: extra.authInfo?.extra?.sub }) }],
    }),
  )
  return server
}

const app = express()
app.get(
  ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp'],
  (_request, response) => {
    response.json({
      resource: RESOURCE,
      resource_name: 'express-oauth2-jwt-bearer',
      authorization_servers: [ISSUER],
      scopes_supported: ['mcp:read'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256'],
    })
  },
)
const check = auth({
  issuer: ISSUER,
  jwksUri: JWKS_URI,
  audience: RESOURCE,
  tokenSigningAlg: 'RS256',
  cooldownDuration: 300,
  cacheMaxAge: 1000,
  dpop: { enabled: true },
})
app.all('/mcp', check, requiredScopes('mcp:read'), express.json(), async (request, response) => {
  const { payload, token } = request.auth
  request.auth = { token, clientId: String(payload.client_id), scopes: [], extra: payload }
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
  await createServer().connect(transport)
  return transport.handleRequest(request, response, request.body)
})
app.listen(Number(PORT), '127.0.0.1')
