import { clerkMiddleware } from '@clerk/express'
import {
  authServerMetadataHandlerClerk,
  mcpAuthClerk,
  protectedResourceHandlerClerk,
} from '@clerk/mcp-tools/express'
import express from 'express'

// An MCP server as the vendor's package has it, without the MCP.
const app = express()
app.use(clerkMiddleware())
app.get(
  '/.well-known/oauth-protected-resource/mcp',
  protectedResourceHandlerClerk({ scopes_supported: ['profile'] }),
)
app.get('/.well-known/oauth-authorization-server', authServerMetadataHandlerClerk)
app.post('/mcp', mcpAuthClerk, (request, response) => {
  response.json({ auth: request.auth ?? null })
})
const server = app.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
