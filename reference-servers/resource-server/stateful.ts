import type { TaskStore } from '@modelcontextprotocol/sdk/experimental/tasks/interfaces.js'
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
import { registerTool } from './stateful-tools.ts'
import { listTools, readResource, type System } from './system.ts'
import { ownedTasks } from './tasks.ts'

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
  /** Where some tool may run as one. */
  readonly #tasks: TaskStore | undefined

  constructor(config: Config, rules: Rules, owners: Map<string, Principal>) {
    this.#config = config
    this.#rules = rules
    this.#owners = owners
    const offersTasks = config.system.tools.some(({ asTask }) => asTask)
    this.#tasks = offersTasks ? ownedTasks((session) => this.#ownerOf(session)) : undefined
  }

  #ownerOf(session: string | undefined): string | undefined {
    const owner = this.#owners.get(session ?? '')
    // the store takes no owner at all for everybody
    return owner === undefined ? 'nobody' : this.#rules.taskOwner(owner)
  }

  async handle(request: Request, response: Response, caller: Principal): Promise<void> {
    const id = request.get('mcp-session-id')
    if (isInitializeRequest(request.body) && (id === undefined || this.#rules.adoptsSessionId())) {
      const newSessionId = id === undefined ? this.#rules.newSessionId : (): string => id
      const { elicitation } = request.body.params.capabilities
      const transport = await this.#open(caller, newSessionId, elicitation !== undefined)
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
    takesQuestions: boolean,
  ): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: newSessionId,
      eventStore: this.#rules.newEventStore(),
      // one JSON body cannot carry a question and the result after it
      enableJsonResponse: this.#config.response === 'json' && !takesQuestions,
      onsessioninitialized: (id) => this.#remember(id, { owner, transport }),
      onsessionclosed: (id) => this.#forget(id),
    })
    const server = createServer(this.#config.system, this.#tasks)
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

const execution = { taskSupport: 'optional' } as const
const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } }

/** What SDK 1.x serves of a system, whatever the transport. */
export function createServer(
  { name: ownName, tools, resources, prompts }: System,
  taskStore?: TaskStore,
): McpServer {
  const capabilities = { logging: {}, resources: { subscribe: true } }
  const server = new McpServer(
    { name: ownName, version: '1.0.0' },
    taskStore
      ? { capabilities: { ...capabilities, tasks }, jsonSchemaValidator, taskStore }
      : { capabilities, jsonSchemaValidator },
  )
  for (const tool of tools) registerTool(server, tool, taskStore !== undefined)
  const asTasks = new Set(taskStore && tools.filter(({ asTask }) => asTask).map(({ name }) => name))
  server.server.setRequestHandler(ListToolsRequestSchema, (_request, { authInfo }) => {
    const caller = authInfo?.extra?.['caller'] as Principal | undefined
    const listed = listTools(tools, caller?.scopes ?? [])
    return { tools: listed.map((each) => (asTasks.has(each.name) ? { ...each, execution } : each)) }
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
