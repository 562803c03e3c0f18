import { toNodeHandler } from '@modelcontextprotocol/node'
import { completable, createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import type { Request, Response } from 'express'
import { z } from 'zod'
import type { Config } from './config.ts'
import { toAuthInfo, type Principal } from './principal.ts'
import type { Rules } from './rules.ts'
import { listTools, readResource } from './system.ts'

/** What lists or reads, and may differ by caller. */
const cacheable = ['tools/list', 'prompts/list', 'resources/list', 'resources/read'] as const

type Handle = (request: Request, response: Response, caller: Principal) => Promise<void>

/** MCP revision 2026-07-28: no sessions, each request says all by itself. On SDK 2.x. */
export function createStatelessEndpoint(config: Config, rules: Rules): Handle {
  const { name: ownName, tools, resources, prompts } = config.system
  // `auto` is one JSON body, unless a tool sends messages before its result.
  const responseMode = config.response === 'json' ? 'auto' : 'sse'
  const handler = createMcpHandler(
    ({ authInfo }) => createServer(authInfo?.extra?.['caller'] as Principal),
    { legacy: 'reject', responseMode },
  )
  const handle = toNodeHandler(handler)
  const cacheHint = { cacheScope: rules.cacheScope() }
  const cacheHints = Object.fromEntries(cacheable.map((method) => [method, cacheHint]))

  function createServer(caller: Principal): McpServer {
    const server = new McpServer(
      { name: ownName, version: '1.0.0' },
      { capabilities: { resources: { subscribe: true } }, cacheHints },
    )
    const notify = async (): Promise<void> => handler.notify.toolsChanged()
    for (const { name, description, input, readOnly, run } of tools) {
      const annotations = { readOnlyHint: readOnly }
      const inputSchema = z.object(input)
      server.registerTool(name, { description, inputSchema, annotations }, (values) =>
        run(values, { caller, notify }),
      )
    }
    server.server.setRequestHandler('tools/list', () => ({
      tools: listTools(tools, caller.scopes),
    }))
    for (const resource of resources.filter(({ mayRead }) => mayRead?.(caller) !== false)) {
      server.registerResource(resource.name, resource.uri, {}, () => readResource(resource, caller))
    }
    for (const { name, description, words, ask } of prompts) {
      const argsSchema = z.object({ text: completable(z.string(), () => words) })
      server.registerPrompt(name, { description, argsSchema }, ({ text }) => ask(text))
    }
    return server
  }

  return (request, response, caller) =>
    handle(Object.assign(request, { auth: toAuthInfo(caller) }), response, request.body)
}
