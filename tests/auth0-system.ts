import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { providers } from '../mocks/providers.ts'
import { auth0Audience } from '../mocks/profiles/auth0.ts'
import { serveIssuer, type ServedIssuer } from '../mocks/serve-issuer.ts'

// For tests alone: a tenant, the API with something in front of it that looks, and the MCP server.

interface ApiAnswer {
  status: number
  body: string
}

export interface TestedSystem {
  tenant: ServedIssuer
  /** Where the MCP server listens, and the API itself. */
  url: string
  apiUrl: string
  /** What reached the API, oldest first. */
  calls: { url: string; headers: IncomingHttpHeaders }[]
  /** What is answered in place of the API, when it is not to answer itself. */
  api: { answer: ApiAnswer | null }
  /** A token of Alice for the MCP server, with both scopes. */
  mint(change?: Parameters<ServedIssuer['mint']>[0]): string
  close(): Promise<void>
}

/** Both processes as they are shipped; needs `npm run build`. */
export async function startAuth0System(env: Record<string, string> = {}): Promise<TestedSystem> {
  const provider = providers['auth0']
  if (provider === undefined) throw new Error('there is no such provider')
  const tenant = await serveIssuer({ https: true, profile: await provider.profile() })
  const environment = {
    ...provider.environment(tenant),
    NODE_EXTRA_CA_CERTS: tenant.certificateFile ?? '',
    ...env,
  }
  const api = await startProgram('upstream/main', {
    ...environment,
    API_BASE_URL: 'http://localhost:0',
  })
  const watched = await watch(api.url)
  const server = await startProgram('main', {
    ...environment,
    PORT: '0',
    AUTH0_AUDIENCE: auth0Audience,
    API_BASE_URL: watched.url,
    API_TIMEOUT_MS: '2000',
    CORS_ORIGINS: 'https://client.example',
  })
  return {
    tenant,
    url: server.url,
    apiUrl: api.url,
    calls: watched.calls,
    api: watched.api,
    mint: (change) =>
      tenant.mint({
        user: tenant.users.a.subject,
        audience: [auth0Audience],
        scopes: ['tool:greet', 'tool:whoami'],
        ...change,
      }),
    close: async () => {
      await Promise.all([server.stop(), api.stop(), watched.close()])
      await tenant.close()
    },
  }
}

interface Program {
  /** As it says on its first line. */
  url: string
  stop(): Promise<void>
}

async function startProgram(main: string, env: Record<string, string>): Promise<Program> {
  const file = new URL(`../dist/reference-servers/auth0-cte/${main}.js`, import.meta.url)
  const child = spawn(process.execPath, [file.pathname], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => ['']),
  ])) as string[]
  const url = / listens on (\S+)$/.exec(line ?? '')?.[1]
  if (url === undefined) throw new Error(`${main} did not start`)
  return { url, stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** Passes requests on to the API, and keeps them. */
async function watch(
  apiUrl: string,
): Promise<Pick<TestedSystem, 'calls' | 'api'> & { url: string; close(): Promise<void> }> {
  const calls: TestedSystem['calls'] = []
  const api: { answer: ApiAnswer | null } = { answer: null }
  const server = createServer(async (request, response) => {
    calls.push({ url: request.url ?? '', headers: request.headers })
    const { authorization = '' } = request.headers
    const passOn = async (): Promise<ApiAnswer> => {
      const answer = await fetch(new URL(request.url ?? '', apiUrl), { headers: { authorization } })
      return { status: answer.status, body: await answer.text() }
    }
    const { status, body } = api.answer ?? (await passOn())
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    calls,
    api,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export interface Answer {
  status: number
  headers: Headers
  challenge: string
  text: string
  json: Record<string, never>
}

/** One request, by which nothing is followed. A body makes it a POST. */
export async function ask(
  url: string,
  { token, body, headers, method }: Asked = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    redirect: 'manual',
    headers: {
      Accept: 'application/json, text/event-stream',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    challenge: response.headers.get('www-authenticate') ?? '',
    text,
    json: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : {},
  }
}

export interface Asked {
  token?: string
  body?: unknown
  headers?: Record<string, string>
  method?: string
}

/** A request of the stateless wire. */
export function message(method: string, params: Record<string, unknown> = {}): Asked {
  const version = '2026-07-28'
  const name = params['name']
  return {
    headers: {
      'MCP-Protocol-Version': version,
      'Mcp-Method': method,
      ...(typeof name === 'string' ? { 'Mcp-Name': name } : {}),
    },
    body: {
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': version,
          'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    },
  }
}

/** What a call of a tool gives, as the text of its result. */
export async function call(
  { url }: TestedSystem,
  token: string,
  name: string,
  args: Record<string, unknown> = {},
): Promise<{ status: number; text: string; isError: boolean; data: Record<string, unknown> }> {
  const { status, json } = await ask(url, {
    token,
    ...message('tools/call', { name, arguments: args }),
  })
  const { content, structuredContent, isError } = (json['result'] ?? {}) as {
    content?: { text: string }[]
    structuredContent?: Record<string, unknown>
    isError?: boolean
  }
  return {
    status,
    text: content?.map(({ text }) => text).join('\n') ?? '',
    isError: isError === true,
    data: structuredContent ?? {},
  }
}
