import { McpServer as StatefulServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readMcpAnswer } from './mcp-answer.ts'
import type { McpAnswer } from './mcp-answer.ts'
import { mcpBatch, mcpRequest, mcpResponse } from './mcp-request.ts'
import type { McpHttpMessage, McpRevision } from './mcp-request.ts'

type Post = (message: McpHttpMessage) => Promise<Response>

const statefulRevisions: McpRevision[] = ['2025-03-26', '2025-06-18', '2025-11-25']
const oddName = ' größe '

async function statefulServer(json: boolean): Promise<Post> {
  const server = new StatefulServer({ name: 'tested', version: '1' })
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }))
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => 'session-1',
    enableJsonResponse: json,
  })
  await server.connect(transport as unknown as Parameters<StatefulServer['connect']>[0])
  return ({ headers, body }) => transport.handleRequest(post(headers, body))
}

function statelessServer(): Post {
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: 'tested', version: '1' })
      const inputSchema = z.object({ text: z.string() })
      server.registerTool('echo', { inputSchema }, ({ text }) => ({
        content: [{ type: 'text', text }],
      }))
      server.registerPrompt(oddName, {}, () => ({
        messages: [{ role: 'user', content: { type: 'text', text: 'found' } }],
      }))
      return server
    },
    { legacy: 'reject' },
  )
  return ({ headers, body }) => handler.fetch(post(headers, body))
}

function post(headers: [string, string][], body: string): Request {
  return new Request('http://127.0.0.1/mcp', { method: 'POST', headers, body })
}

async function read(response: Response): Promise<McpAnswer & { status: number }> {
  const contentType = response.headers.get('content-type') ?? ''
  const body = await response.text()
  return {
    ...readMcpAnswer({ status: response.status, contentType, body }),
    status: response.status,
  }
}

describe('a message of a stateful revision', () => {
  describe.each(statefulRevisions)('%s', (revision) => {
    it.each([true, false])(
      'opens a session and calls a tool of SDK 1 (JSON body: %s)',
      async (json) => {
        const send = await statefulServer(json)
        const opened = await send(mcpRequest({ revision, method: 'initialize', id: 1 }))
        const sessionId = opened.headers.get('mcp-session-id') ?? ''
        const { kinds, messages } = await read(opened)
        expect(kinds).toEqual(['result'])
        expect(messages[0]?.['result']).toMatchObject({ protocolVersion: revision })
        const noted = await send(
          mcpRequest({ revision, method: 'notifications/initialized', sessionId }),
        )
        expect(noted.status).toBe(202)
        const params = { name: 'echo', arguments: { text: 'hello' } }
        const called = await read(
          await send(mcpRequest({ revision, method: 'tools/call', params, id: 2, sessionId })),
        )
        expect(called).toMatchObject({ status: 200, kinds: ['result'], text: 'hello' })
      },
    )

    it('is refused without the session that it opened', async () => {
      const send = await statefulServer(true)
      await send(mcpRequest({ revision, method: 'initialize', id: 1 }))
      const answer = await read(await send(mcpRequest({ revision, method: 'tools/list', id: 2 })))
      expect(answer).toMatchObject({ status: 400, kinds: ['error', 'none'] })
    })

    it('answers the server with a response that is taken', async () => {
      const send = await statefulServer(true)
      await send(mcpRequest({ revision, method: 'initialize', id: 1 }))
      const response = await send(mcpResponse({ revision, id: 9, sessionId: 'session-1' }))
      expect(response.status).toBe(202)
    })
  })

  it('carries the version header after the handshake, from 2025-06-18 on', () => {
    const names = (revision: McpRevision, method: string): string[] =>
      mcpRequest({ revision, method, id: 1, sessionId: 's' }).headers.map(([name]) => name)
    expect(names('2025-03-26', 'tools/list')).not.toContain('MCP-Protocol-Version')
    expect(names('2025-06-18', 'tools/list')).toContain('MCP-Protocol-Version')
    expect(names('2025-06-18', 'initialize')).not.toContain('MCP-Protocol-Version')
    expect(names('2025-06-18', 'initialize')).not.toContain('Mcp-Session-Id')
  })

  it('has no id when it is a notification, and no params when none are given', () => {
    const { body } = mcpRequest({ revision: '2025-11-25', method: 'notifications/initialized' })
    expect(JSON.parse(body)).toEqual({ jsonrpc: '2.0', method: 'notifications/initialized' })
  })

  it('takes the params of initialize from the caller before its own', () => {
    const params = { protocolVersion: '1999-01-01' }
    const { body } = mcpRequest({ revision: '2025-11-25', method: 'initialize', params, id: 1 })
    expect(JSON.parse(body)).toMatchObject({
      params: { protocolVersion: '1999-01-01', clientInfo: { name: 'mcp-auth-conformance' } },
    })
  })

  it('forms a batch whose calls SDK 1 answers one by one', async () => {
    const revision = '2025-03-26'
    const send = await statefulServer(true)
    await send(mcpRequest({ revision, method: 'initialize', id: 1 }))
    const messages = [1, 2].map((id) => ({ jsonrpc: '2.0', id, method: 'tools/list' }))
    const answer = await read(await send(mcpBatch({ revision, messages, sessionId: 'session-1' })))
    expect(answer.kinds).toEqual(['result'])
    expect(answer.messages).toHaveLength(2)
  })
})

describe('a message of revision 2026-07-28', () => {
  const revision = '2026-07-28'
  const call = (name: string): McpHttpMessage =>
    mcpRequest({
      revision,
      method: 'tools/call',
      params: { name, arguments: { text: 'hello' } },
      id: 1,
    })

  it('discovers a server of SDK 2', async () => {
    const answer = await read(
      await statelessServer()(mcpRequest({ revision, method: 'server/discover', id: 1 })),
    )
    expect(answer).toMatchObject({ status: 200, kinds: ['result'] })
    expect(answer.messages[0]?.['result']).toMatchObject({ supportedVersions: [revision] })
  })

  it.each(['tools/list', 'tools/call'])('is taken by SDK 2 for %s', async (method) => {
    const params = method === 'tools/call' ? { name: 'echo', arguments: { text: 'hello' } } : {}
    const answer = await read(
      await statelessServer()(mcpRequest({ revision, method, params, id: 1 })),
    )
    expect(answer).toMatchObject({ status: 200, kinds: ['result'] })
  })

  it('encodes a name that no header can hold so that SDK 2 finds it again', async () => {
    const params = { name: oddName }
    const message = mcpRequest({ revision, method: 'prompts/get', params, id: 1 })
    const name = message.headers.find(([each]) => each === 'Mcp-Name')?.[1]
    expect(name).toBe('=?base64?IGdyw7bDn2Ug?=')
    const answer = await read(await statelessServer()(message))
    expect(answer).toMatchObject({ status: 200, kinds: ['result'] })
  })

  it.each(['MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name'])(
    'is refused by SDK 2 without %s',
    async (dropped) => {
      const message = call('echo')
      const headers = message.headers.filter(([name]) => name !== dropped)
      const answer = await read(await statelessServer()({ ...message, headers }))
      expect(answer).toMatchObject({ status: 400, kinds: ['error', 'none'], code: -32020 })
    },
  )

  it('keeps what the caller puts beside the envelope', () => {
    const params = { _meta: { userId: 'b' } }
    const { body } = mcpRequest({ revision, method: 'tools/list', params, id: 1 })
    expect(JSON.parse(body)).toMatchObject({
      params: { _meta: { userId: 'b', 'io.modelcontextprotocol/protocolVersion': revision } },
    })
  })

  it('is taken as a notification', async () => {
    const message = mcpRequest({
      revision,
      method: 'notifications/cancelled',
      params: { requestId: 7 },
    })
    expect((await statelessServer()(message)).status).toBe(202)
  })

  it('knows no session', () => {
    const { headers } = mcpRequest({ revision, method: 'tools/list', id: 1, sessionId: 's' })
    expect(headers.map(([name]) => name)).not.toContain('Mcp-Session-Id')
  })

  it('opens a stream of changes', async () => {
    const params = { notifications: { toolsListChanged: true } }
    const message = mcpRequest({ revision, method: 'subscriptions/listen', params, id: 1 })
    const response = await statelessServer()(message)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    await response.body?.cancel()
  })
})
