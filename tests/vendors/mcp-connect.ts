import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  Client as Client2,
  StreamableHTTPClientTransport as Transport2,
} from '@modelcontextprotocol/client'
import type { OAuthClientProvider } from '@modelcontextprotocol/client'
import type { ScriptedClient } from './scripted-client.ts'

/** The client of an MCP SDK: sent to the login, it comes back, connects and lists the tools. */
export interface McpSdk {
  name: string
  listTools(url: string, program: ScriptedClient): Promise<string[]>
}

const identity = { name: 'a program', version: '1' }

/** Runs a connection that wants a login first, and then the same with what the login gave. */
async function afterLogin(
  connect: () => Promise<void>,
  finish: () => Promise<void>,
): Promise<void> {
  const refused = await connect().then(
    () => new Error('the server let somebody in without a login'),
    (error: unknown) => error as Error,
  )
  if (refused.constructor.name !== 'UnauthorizedError') throw refused
  await finish()
}

const sdk1: McpSdk = {
  name: '1.x',
  async listTools(url, program) {
    const transport = (): Transport1 => new Transport1(new URL(url), { authProvider: program })
    const first = transport()
    await afterLogin(
      () => new Client1(identity).connect(first as Parameters<Client1['connect']>[0]),
      () => first.finishAuth(program.cameBackWith('code') ?? ''),
    )
    const client = new Client1(identity)
    await client.connect(transport() as Parameters<Client1['connect']>[0])
    const { tools } = await client.listTools()
    await client.close()
    return tools.map(({ name }) => name)
  },
}

const sdk2: McpSdk = {
  name: '2.x',
  async listTools(url, program) {
    const authProvider = program as OAuthClientProvider
    const transport = (): Transport2 => new Transport2(new URL(url), { authProvider })
    const first = transport()
    await afterLogin(
      () => new Client2(identity).connect(first),
      () => first.finishAuth(new URL(program.sentTo).searchParams),
    )
    const client = new Client2(identity)
    await client.connect(transport())
    const { tools } = await client.listTools()
    await client.close()
    return tools.map(({ name }) => name)
  },
}

export const mcpSdks: McpSdk[] = [sdk1, sdk2]
