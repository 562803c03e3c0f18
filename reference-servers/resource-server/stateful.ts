import { completable } from '@modelcontextprotocol/sdk/server/completable.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv'
import {
  isInitializeRequest,
  ListToolsRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import type { Request, Response } from 'express'
import { z } from 'zod'
import type { Config } from './config.ts'
import { answerRpcError } from './json-rpc.ts'
import { toAuthInfo, type Principal } from './principal.ts'
import type { Rules } from './rules.ts'
import { listTools, readResource, type System } from './system.ts'

interface Session {
  owner: Principal
  transport: StreamableHTTPServerTransport
}

const mostSessions = 10_000
/** Every session's server would make one of its own. */
const jsonSchemaValidator = new AjvJsonSchemaValidator()

/** MCP revisions 2025-03-26 to 2025-11-25: Streamable HTTP with sessions, on SDK 1.x. */
export class StatefulEndpoint {
  readonly #config: Config
  readonly #rules: Rules
  readonly #sessions = new Map<string, Session>()
  /** By session id; written into for as long as the session lives. */
  readonly #owners: Map<string, Principal>

  constructor(config: Config, rules: Rules, owners: Map<string, Principal>) {
    this.#config = config
    this.#rules = rules
    this.#owners = owners
  }

  async handle(request: Request, response: Response, caller: Principal): Promise<void> {
    const id = request.get('mcp-session-id')
    if (isInitializeRequest(request.body) && (id === undefined || this.#rules.adoptsSessionId())) {
      const newSessionId = id === undefined ? this.#rules.newSessionId : (): string => id
      const transport = await this.#open(caller, newSessionId)
      return this.#pass(request, response, { owner: caller, transport })
    }
    if (id === undefined) return answerRpcError(response, 400, -32000, 'Mcp-Session-Id is missing')
    const session = this.#sessions.get(id)
    // A session is no credential: to anybody but its owner it does not exist.
    if (session === undefined || !this.#rules.mayUseSession(session.owner, caller, request)) {
      return answerRpcError(response, 404, -32001, 'Session not found')
    }
    if (request.method === 'DELETE' && !this.#rules.endsSession()) {
      return void response.status(200).end()
    }
    return this.#pass(request, response, session)
  }

  async #pass(request: Request, response: Response, session: Session): Promise<void> {
    const caller = this.#rules.callerInSession(
      session.owner,
      response.locals['caller'] as Principal,
    )
    const authorized = Object.assign(request, { auth: toAuthInfo(caller) })
    await session.transport.handleRequest(authorized, response, request.body)
  }

  async #open(
    owner: Principal,
    newSessionId: () => string,
  ): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: newSessionId,
      eventStore: this.#rules.newEventStore(),
      enableJsonResponse: this.#config.response === 'json',
      onsessioninitialized: (id) => this.#remember(id, { owner, transport }),
      onsessionclosed: (id) => this.#forget(id),
    })
    const server = createServer(this.#config.system)
    // The SDK's declarations are not written for exactOptionalPropertyTypes.
    await server.connect(transport as Parameters<McpServer['connect']>[0])
    return transport
  }

  #remember(id: string, session: Session): void {
    const oldest = this.#sessions.keys().next()
    if (this.#sessions.size >= mostSessions && !oldest.done) {
      void this.#sessions.get(oldest.value)?.transport.close()
      this.#forget(oldest.value)
    }
    this.#sessions.set(id, session)
    this.#owners.set(id, session.owner)
  }

  #forget(id: string): void {
    this.#sessions.delete(id)
    this.#owners.delete(id)
  }
}

/** What SDK 1.x serves of a system, whatever the transport. */
export function createServer({ name: ownName, tools, resources, prompts }: System): McpServer {
  const server = new McpServer(
    { name: ownName, version: '1.0.0' },
    { capabilities: { logging: {}, resources: { subscribe: true } }, jsonSchemaValidator },
  )
  for (const { name, description, input, readOnly, run } of tools) {
    const annotations = { readOnlyHint: readOnly }
    server.registerTool(name, { description, inputSchema: input, annotations }, (values, extra) => {
      const caller = extra.authInfo?.extra?.['caller'] as Principal
      const notify = (): Promise<void> =>
        server.sendLoggingMessage({ level: 'info', data: 'You asked for this message.' })
      return run(values, { caller, notify })
    })
  }
  server.server.setRequestHandler(ListToolsRequestSchema, (_request, { authInfo }) => {
    const caller = authInfo?.extra?.['caller'] as Principal | undefined
    return { tools: listTools(tools, caller?.scopes ?? []) }
  })
  for (const resource of resources) {
    server.registerResource(resource.name, resource.uri, {}, (_uri, { authInfo }) =>
      readResource(resource, authInfo?.extra?.['caller'] as Principal),
    )
  }
  server.server.setRequestHandler(SubscribeRequestSchema, () => ({}))
  server.server.setRequestHandler(UnsubscribeRequestSchema, () => ({}))
  for (const { name, description, words, ask } of prompts) {
    const argsSchema = { text: completable(z.string(), () => words) }
    server.registerPrompt(name, { description, argsSchema }, ({ text }) => ask(text))
  }
  return server
}
