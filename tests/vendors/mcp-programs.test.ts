import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterEach, describe, expect, it } from 'vitest'
import { describeTarget } from '../../harness/describe-target.ts'
import { openInstance } from '../../harness/wiring.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { Browser } from './byoa-system.ts'
import { freePort } from '../../harness/target/free-port.ts'

/*
 * Programs that people use, unmodified: they find the provider, register, and print the URL of the
 * login. `.ci/run` puts them into `.peers`.
 */
const peers = path.resolve(import.meta.dirname, '../../.peers/node_modules')
const node = path.join(peers, 'node/bin/node')
const inspector = path.join(
  peers,
  '@modelcontextprotocol/inspector/clients/launcher/build/index.js',
)
const mcpRemote = path.join(peers, 'mcp-remote/dist/proxy.js')
const installed = [node, inspector, mcpRemote].every((file) => existsSync(file))
const excused = !installed && process.env['CI'] === undefined

const running: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of running.splice(0).toReversed()) await close()
})

interface Served {
  url: string
  /** What a person does who is shown this URL. */
  logIn(url: string): Promise<void>
  /** A folder for what the program keeps. */
  folder: string
}

async function served(server: string): Promise<Served> {
  const { start } = await describeTarget({ server })
  const { issuer, target, close } = await openInstance({ server }, start)
  const folder = await mkdtemp(path.join(tmpdir(), 'mcp-program-'))
  running.push(() => rm(folder, { recursive: true }), close)
  const atTheProduct = async (url: string): Promise<string | null> => {
    if (!url.startsWith(`${target.upstreamUrl}/`)) return null
    const answer = await new Browser().logIn(url, 'alice', 'password123')
    return answer.headers.get('location')
  }
  const logIn = async (url: string): Promise<void> => {
    const back = await (issuer as ServedIssuer).authorize(url, { elsewhere: atTheProduct })
    const answer = await fetch(back)
    expect(answer.status, await answer.text()).toBe(200)
  }
  return { url: target.url, logIn, folder }
}

/** Whoever runs the tests is not to see windows of a browser. */
const environment = (folder: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  BROWSER: 'true',
})

/** Follows the first link to a login that a program prints. */
function followLogin(
  printed: Readable,
  { logIn }: Served,
): { said: string[]; login(): Promise<void> } {
  const said: string[] = []
  let login: Promise<void> | undefined
  createInterface(printed).on('line', (line) => {
    said.push(line)
    const [link] = /https?:\/\/\S+[?&]response_type=code\S*/.exec(line) ?? []
    if (link === undefined || login !== undefined) return
    login = logIn(link)
    login.catch(() => {})
  })
  return { said, login: () => login ?? Promise.reject(new Error(`no login: ${said.join('\n')}`)) }
}

interface Listed {
  tools: { name: string }[]
}

/** What the command line of the Inspector prints for `tools/list`. */
async function inspect(system: Served, era: string): Promise<Listed> {
  const { url, folder } = system
  const args = ['--cli', '--server-url', url, '--transport', 'http', '--protocol-era', era]
  const callback = `http://127.0.0.1:${await freePort()}/oauth/callback`
  args.push('--callback-url', callback, '--method', 'tools/list', '--format', 'json')
  const child = spawn(node, [inspector, ...args], {
    env: {
      ...environment(folder),
      MCP_STORAGE_DIR: folder,
      MCP_INSPECTOR_SECRET_STORE: 'memory',
      MCP_AUTO_OPEN_ENABLED: 'true',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push(async () => child.kill())
  const { said, login } = followLogin(child.stderr, system)
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const [code] = (await once(child, 'close')) as [number | null]
  expect(code, said.join('\n')).toBe(0)
  await login()
  return (JSON.parse(printed) as { result: Listed }).result
}

/** An MCP client that knows stdio alone, through mcp-remote. */
async function bridged(system: Served, protocol: string): Promise<Client> {
  const { url, folder } = system
  const args = [mcpRemote, url, '--allow-http', '--transport', 'http-only', '--protocol', protocol]
  const transport = new StdioClientTransport({
    command: process.execPath,
    args,
    env: { ...environment(folder), MCP_REMOTE_CONFIG_DIR: folder },
    stderr: 'pipe',
  })
  const { login } = followLogin(transport.stderr as Readable, system)
  const client = new Client({ name: 'test', version: '1' })
  running.push(() => client.close())
  await client.connect(transport as Parameters<Client['connect']>[0])
  await login()
  return client
}

const namesOf = ({ tools }: Listed): string[] => tools.map(({ name }) => name)

const servers = [
  {
    server: 'byoa-todo',
    tools: ['list_todos', 'create_todo', 'update_todo', 'delete_todo', 'show_calendar'],
  },
  { server: 'clerk-bearer', tools: ['hello', 'add_numbers'] },
]

describe.skipIf(excused)('without a token', { timeout: 60_000 }, () => {
  it.each(servers.flatMap((each) => ['legacy', 'modern'].map((era) => ({ ...each, era }))))(
    'the MCP Inspector logs in at $server and lists its tools, $era protocol',
    async ({ server, era, tools }) => {
      expect(namesOf(await inspect(await served(server), era))).toEqual(tools)
    },
  )

  it.each(servers.flatMap((each) => ['legacy', 'auto'].map((protocol) => ({ ...each, protocol }))))(
    'mcp-remote logs in at $server and lists its tools, $protocol protocol',
    async ({ server, protocol, tools }) => {
      const client = await bridged(await served(server), protocol)
      expect(namesOf(await client.listTools())).toEqual(tools)
    },
  )

  it('mcp-remote shows alice her todos', async () => {
    const client = await bridged(await served('byoa-todo'), 'legacy')
    const { structuredContent } = await client.callTool({ name: 'list_todos' })
    expect(structuredContent).toMatchObject({
      todos: [{ title: 'Review Q4 report' }, { title: 'Update deployment docs' }],
    })
  })
})
