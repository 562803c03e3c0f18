import { Client as StatelessClient } from '@modelcontextprotocol/client'
import { StreamableHTTPClientTransport as StatelessTransport } from '@modelcontextprotocol/client'
import { auth } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { decodeJwt } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { describeTarget } from '../../harness/describe-target.ts'
import { openInstance } from '../../harness/wiring.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { Browser, startByoa } from './byoa-system.ts'
import type { ByoaSystem } from './byoa-system.ts'
import { ScriptedClient } from './scripted-client.ts'

/** The whole of bring your own auth: MCP client, Scalekit mock, todo app with the SDK, MCP server. */
const running: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()))
})

async function started(options?: Parameters<typeof startByoa>[0]): Promise<ByoaSystem> {
  const system = await startByoa(options)
  running.push(system)
  return system
}

const people = { alice: 'password123', bob: 'password456' }

type Served = Pick<ByoaSystem, 'issuer' | 'url' | 'appUrl'>

/** Where the browser is sent after it has logged in at the todo app. */
type Page = (url: string) => Promise<string | null>

const loginAs =
  ({ appUrl }: Served, username: keyof typeof people): Page =>
  async (url) => {
    if (!url.startsWith(`${appUrl}/auth/mcp-login?`)) return null
    const answer = await new Browser().logIn(url, username, people[username])
    expect(answer.status).toBe(302)
    return answer.headers.get('location')
  }

/** Discovery, registration, PKCE, login, consent, code, token, as the MCP SDK does it. */
async function authorized(system: Served, page: Page): Promise<ScriptedClient> {
  const { issuer, url: serverUrl } = system
  const browse = (url: string): Promise<string> => issuer.authorize(url, { elsewhere: page })
  const program = new ScriptedClient('todo:read', browse)
  expect(await auth(program, { serverUrl })).toBe('REDIRECT')
  const authorizationCode = program.cameBackWith('code') ?? ''
  expect(await auth(program, { serverUrl, authorizationCode })).toBe('AUTHORIZED')
  return program
}

async function connected(system: Served, program: ScriptedClient): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  const transport = new StreamableHTTPClientTransport(new URL(system.url), {
    authProvider: program,
  })
  await client.connect(transport as Parameters<Client['connect']>[0])
  running.unshift(client)
  return client
}

const titles = (result: object): string[] =>
  (result as { structuredContent: { todos: { title: string }[] } }).structuredContent.todos.map(
    ({ title }) => title,
  )

describe('the ten steps', () => {
  it('lead from a 401 to the todos of whoever logged in, and to nobody else', async () => {
    const system = await started()
    const { issuer, url, appUrl, upstream } = system
    const refused = await fetch(url, { method: 'POST' })
    expect(refused.status).toBe(401)
    const [, metadataUrl = ''] =
      /resource_metadata="([^"]*)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? []
    expect(metadataUrl).toMatch(/\/\.well-known\/oauth-protected-resource\/mcp$/)
    const metadata = (await (await fetch(metadataUrl)).json()) as Record<string, unknown>
    expect(metadata).toMatchObject({
      resource: url,
      authorization_servers: [`${issuer.url}/resources/res_71300000000000001`],
    })

    const ways: string[] = []
    const page = loginAs(system, 'alice')
    const alice = await authorized(system, async (at) => {
      const back = await page(at)
      if (back !== null) ways.push(at, back)
      return back
    })
    const [loginUrl = '', back = ''] = ways.map((way) => new URL(way))
    const login = new URL(loginUrl).searchParams
    expect(Object.fromEntries(login)).toEqual({
      login_request_id: expect.stringMatching(/^lri_\d+$/) as string,
      state: expect.any(String) as string,
    })
    expect(String(loginUrl)).toMatch(new RegExp(`^${appUrl}/auth/mcp-login`))
    const { origin, pathname, searchParams } = new URL(back)
    expect(origin + pathname).toBe(
      `${issuer.url}/sso/v1/connections/conn_71300000000000002/partner:callback`,
    )
    expect(searchParams.get('state')).toBe(login.get('state'))

    const calls = issuer.requests().map(({ endpoint, status }) => `${endpoint} ${status}`)
    const from = calls.indexOf('authorization 302')
    expect(calls.slice(from, from + 6)).toEqual([
      'authorization 302',
      'user-details 401', // the SDK gets its token when it is asked for one
      'token 200',
      'user-details 200',
      'partner-callback 200',
      'consent 303',
    ])
    const told = issuer.requests().filter(({ json }) => json !== undefined)
    expect(told).toMatchObject([
      { endpoint: 'user-details', json: { sub: '1', email: 'alice@example.com' } },
    ])
    const asked = issuer.requests().find(({ endpoint }) => endpoint === 'authorization')
    expect(asked?.query).toMatchObject({ code_challenge_method: 'S256', resource: url })
    expect(decodeJwt(alice.held?.access_token ?? '')).toMatchObject({
      iss: issuer.url,
      aud: ['res_71300000000000001', url],
      sub: '1',
      email: 'alice@example.com',
    })

    const client = await connected(system, alice)
    expect(titles(await client.callTool({ name: 'list_todos' }))).toEqual([
      'Review Q4 report',
      'Update deployment docs',
    ])
    const [seen, ...others] = upstream.requests()
    expect(others).toEqual([])
    expect(seen?.header).toMatchObject({ 'x-api-key': 'key of the test', 'x-user-id': '1' })
    expect(seen?.header).not.toHaveProperty('authorization')
    expect(JSON.stringify(seen)).not.toContain(alice.held?.access_token)
  })

  it('give each user the own todos alone, on both wires', async () => {
    const system = await started()
    const bobs = await authorized(system, loginAs(system, 'bob'))
    const bob = await connected(system, bobs)
    const alice = await connected(system, await authorized(system, loginAs(system, 'alice')))
    expect(titles(await bob.callTool({ name: 'list_todos' }))).toEqual(['Fix login bug'])
    for (const [name, args] of [
      ['update_todo', { todo_id: 'todo-3', title: 'taken' }],
      ['delete_todo', { todo_id: 'todo-3' }],
    ] as const) {
      const answer = await alice.callTool({ name, arguments: args })
      expect(answer).toMatchObject({
        isError: true,
        content: [{ text: `Error calling tool '${name}': Todo not found` }],
      })
    }
    const stateless = new StatelessClient(
      { name: 'test', version: '1' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    )
    await stateless.connect(
      new StatelessTransport(new URL(system.url), {
        requestInit: { headers: { authorization: `Bearer ${bobs.held?.access_token}` } },
      }),
    )
    running.unshift(stateless)
    expect(titles(await stateless.callTool({ name: 'list_todos', arguments: {} }))).toEqual([
      'Fix login bug',
    ])
  })

  it('work in the system that the harness starts', async () => {
    const options = { server: 'byoa-todo' }
    const { start } = await describeTarget(options)
    const { issuer, target, upstream, close } = await openInstance(options, start)
    running.push({ close })
    const system = {
      issuer: issuer as ServedIssuer,
      url: target.url,
      appUrl: String(target.upstreamUrl),
    }
    const client = await connected(system, await authorized(system, loginAs(system, 'alice')))
    expect(titles(await client.callTool({ name: 'list_todos' }))).toHaveLength(2)
    expect(upstream?.requests()).toMatchObject([{ header: { 'x-user-id': '1' } }])
  })

  it('stop at a wrong password, of which Scalekit never hears', async () => {
    const system = await started()
    let answer: Response | undefined
    const login = authorized(system, async (url) => {
      answer = await new Browser().logIn(url, 'alice', 'wrong')
      return answer.headers.get('location')
    })
    await expect(login).rejects.toThrow('authorizationCode is required')
    expect(answer?.status).toBe(401)
    expect(await answer?.text()).toContain('Invalid username or password.')
    const asked = system.issuer.requests().map(({ endpoint }) => endpoint)
    expect(asked).not.toContain('user-details')
  })

  it('stop where Scalekit does not know the app', async () => {
    const system = await started({ env: { SCALEKIT_CLIENT_SECRET: 'wrong' } })
    let answer: Response | undefined
    const login = authorized(system, async (url) => {
      answer = await new Browser().logIn(url, 'alice', 'password123')
      return answer.headers.get('location')
    })
    await expect(login).rejects.toThrow('authorizationCode is required')
    expect(answer?.status).toBe(500)
    expect(await answer?.text()).toBe('Failed to complete authentication with Scalekit.')
  })

  it('end at the provider for a state that it never gave', async () => {
    const system = await started()
    const forged = authorized(system, async (url) => {
      const at = new URL(url)
      at.searchParams.set('state', 'forged')
      return loginAs(system, 'alice')(at.href)
    })
    await expect(forged).rejects.toThrow(/400: .*invalid_state/)
  })

  it('work where Scalekit has moved on to issuers of resources, once the server is told', async () => {
    const env = { FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_TOKEN_ISSUER: 'resource' }
    const system = await started({ env, profile: { issuer: 'resource' } })
    const client = await connected(system, await authorized(system, loginAs(system, 'bob')))
    expect(titles(await client.callTool({ name: 'list_todos' }))).toEqual(['Fix login bug'])
  })
})
