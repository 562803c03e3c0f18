import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import type { Request, Response } from 'express'
import { toAuthInfo, type Principal } from './principal.ts'
import type { Rules } from './rules.ts'
import { createServer } from './stateful.ts'
import type { LegacyPaths, System } from './system.ts'

interface Session {
  owner: Principal
  transport: SSEServerTransport
}

const mostSessions = 1000

/** MCP revision 2024-11-05, on SDK 1.x: a session is a stream, and ends with it. */
export class LegacyEndpoint {
  readonly #system: System
  readonly #paths: LegacyPaths
  readonly #rules: Rules
  readonly #sessions = new Map<string, Session>()

  constructor(system: System, paths: LegacyPaths, rules: Rules) {
    this.#system = system
    this.#paths = paths
    this.#rules = rules
  }

  async open(response: Response, owner: Principal): Promise<void> {
    const transport = new SSEServerTransport(this.#paths.messages, response)
    const id = transport.sessionId
    response.on('close', () => this.#sessions.delete(id))
    const [oldest] = this.#sessions.values()
    if (this.#sessions.size >= mostSessions) await oldest?.transport.close()
    this.#sessions.set(id, { owner, transport })
    await createServer(this.#system).connect(transport)
  }

  async post(request: Request, response: Response, caller: Principal): Promise<void> {
    const session = this.#sessions.get(String(request.query['sessionId']))
    // The session id stands in a URL, so it is no secret: to anybody but its owner it does not exist.
    if (session === undefined || !this.#rules.mayUseSession(session.owner, caller, request)) {
      return void response.status(404).type('text').send('Could not find session')
    }
    const actor = this.#rules.callerInSession(session.owner, caller)
    const authorized = Object.assign(request, { auth: toAuthInfo(actor) })
    await session.transport.handlePostMessage(authorized, response, request.body)
  }
}
