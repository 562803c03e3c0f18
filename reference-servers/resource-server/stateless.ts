import { toNodeHandler } from '@modelcontextprotocol/node'
import { completable, createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import type { Request, Response } from 'express'
import { z } from 'zod'
import type { Config } from './config.ts'
import { isRecord } from './key-set.ts'
import { toAuthInfo, type Principal } from './principal.ts'
import type { AskedCall, AskedCodec } from './request-state.ts'
import type { Rules } from './rules.ts'
import { runAnswered, sealer, sendToPage } from './stateless-questions.ts'
import { listTools, readResource, type ToolContext } from './system.ts'

/** What lists or reads, and may differ by caller. */
const cacheable = ['tools/list', 'prompts/list', 'resources/list', 'resources/read'] as const

type Handle = (request: Request, response: Response, caller: Principal) => Promise<void>

/** MCP revision 2026-07-28: no sessions, each request says all by itself. On SDK 2.x. */
export function createStatelessEndpoint(config: Config, rules: Rules): Handle {
  const { name: ownName, tools, resources, prompts } = config.system
  // `auto` is one JSON body, unless a tool sends messages before its result.
  const responseMode = config.response === 'json' ? 'auto' : 'sse'
  const handler = createMcpHandler(
    ({ authInfo }) => createServer(authInfo?.extra as unknown as AskedCall),
    { legacy: 'reject', responseMode },
  )
  const handle = toNodeHandler(handler)
  const cacheHint = { cacheScope: rules.cacheScope() }
  const cacheHints = Object.fromEntries(cacheable.map((method) => [method, cacheHint]))

  const seal = sealer(config, rules)

  function createServer(call: AskedCall): McpServer {
    const { caller } = call
    const verify: AskedCodec['verify'] = (state, context) => seal(call).verify(state, context)
    const server = new McpServer(
      { name: ownName, version: '1.0.0' },
      { capabilities: { resources: { subscribe: true } }, cacheHints, requestState: { verify } },
    )
    const notify = async (): Promise<void> => handler.notify.toolsChanged()
    const context: ToolContext = { caller, notify }
    for (const { question, ...tool } of tools) {
      const { name, description, input, readOnly, run } = tool
      const annotations = { readOnlyHint: readOnly }
      const inputSchema = z.object(input)
      server.registerTool(name, { description, inputSchema, annotations }, (values, request) =>
        question
          ? runAnswered({ ...tool, question }, values, { context, request, codec: seal(call) })
          : run(values, context).catch((error: unknown) =>
              sendToPage(error, server.server.getClientCapabilities()),
            ),
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

  return (request, response, caller) => {
    const auth = toAuthInfo(caller)
    auth.extra['params'] = isRecord(request.body) ? request.body['params'] : undefined
    return handle(Object.assign(request, { auth }), response, request.body)
  }
}
