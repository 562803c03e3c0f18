import { randomUUID } from 'node:crypto'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { z } from 'zod'

/* A server without authorization, as the official suite wants it: the peer of the measure. */
const sessions = new Map()
const app = express().use(express.json())

function createServer() {
  const server = new McpServer(
    { name: 'open', version: '0.0.0' },
    { capabilities: { logging: {} } },
  )
  const text = (words) => ({ content: [{ type: 'text', text: words }] })
  server.registerTool('test_simple_text', { description: 'Says one sentence.' }, () =>
    text('This is a simple text response for testing.'),
  )
  server.registerTool(
    'greet',
    { description: 'Greets.', inputSchema: { name: z.string() } },
    ({ name }) => text(`Hello, ${name}!`),
  )
  return server
}

app.all('/mcp', async (request, response) => {
  const known = sessions.get(request.headers['mcp-session-id'])
  if (known) return known.handleRequest(request, response, request.body)
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, transport),
  })
  await createServer().connect(transport)
  return transport.handleRequest(request, response, request.body)
})
const listening = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${listening.address().port}/mcp`)
})
