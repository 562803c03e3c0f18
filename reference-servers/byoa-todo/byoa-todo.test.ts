import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startByoa } from '../../tests/vendors/byoa-system.ts'
import type { ByoaSystem } from '../../tests/vendors/byoa-system.ts'
import { initialize, stateless } from '../local-rsa/tested-server.ts'
import { faults, original } from './faults.ts'
import { byoaTodo } from './server.ts'

const running: ByoaSystem[] = []
afterAll(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()))
})

async function started(env: Record<string, string> = {}): Promise<ByoaSystem> {
  const system = await startByoa({ env })
  running.push(system)
  return system
}

let system: ByoaSystem
beforeAll(async () => {
  system = await started()
})

const resource = 'res_71300000000000001'

interface Sent {
  /** Claims that differ; null removes. A null in place of them sends no token. */
  token?: Record<string, string | number | string[] | null> | null
  header?: Record<string, string>
  headers?: Record<string, string>
  method?: string
  path?: string
  body?: unknown
  user?: string
}

function send(at: ByoaSystem, sent: Sent = {}): Promise<Response> {
  const { token = {}, header = {}, headers = {}, method = 'POST', path, body, user = '1' } = sent
  const audience = [at.url]
  const bearer =
    token && at.issuer.mint({ user, audience, scopes: ['todo:read'], claims: token, header })
  return fetch(path === undefined ? at.url : new URL(path, at.url), {
    method,
    redirect: 'manual',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    ...(method === 'POST' ? { body: JSON.stringify(body ?? initialize) } : {}),
  })
}

interface ToolAnswer {
  isError?: true
  content: { text: string }[]
  structuredContent?: unknown
}

/** On the stateless wire, where one request is enough. */
async function call(
  at: ByoaSystem,
  name: string,
  args: Record<string, unknown> = {},
  sent: Sent = {},
): Promise<ToolAnswer> {
  const request = stateless('tools/call', { name, arguments: args })
  const answer = await send(at, { ...sent, ...request })
  return ((await answer.json()) as { result: ToolAnswer }).result
}

describe('the documents', () => {
  const wellKnown = '/.well-known/oauth-protected-resource'

  it.each([`${wellKnown}/mcp`, wellKnown])('%s describes the resource', async (path) => {
    const answer = await send(system, { method: 'GET', path, token: null })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(await answer.json()).toEqual({
      resource: system.url,
      authorization_servers: [`${system.issuer.url}/resources/${resource}`],
      bearer_methods_supported: ['header'],
      resource_name: 'Todo app',
    })
  })

  it("leaves the provider's metadata to the provider", async () => {
    const path = '/.well-known/oauth-authorization-server'
    expect((await send(system, { method: 'GET', path, token: null })).status).toBe(404)
  })

  it('leads from /mcp/ to /mcp', async () => {
    const answer = await send(system, { path: '/mcp/', token: null })
    expect([answer.status, answer.headers.get('location')]).toEqual([307, '/mcp'])
  })

  it('names the scopes that it needs, if any', async () => {
    const env = { FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_REQUIRED_SCOPES: 'todo:read todo:write' }
    const strict = await started(env)
    const answer = await send(strict)
    expect(answer.status).toBe(403)
    expect(answer.headers.get('www-authenticate')).toContain('scope="todo:read todo:write"')
  })
})

describe('the lock', () => {
  const other = 'https://other.example'

  it.each<[about: string, sent: Sent, status: number]>([
    ['a good token', {}, 200],
    ['the id of the resource in aud', { token: { aud: resource } }, 200],
    ['typ at+jwt', { header: { typ: 'at+jwt' } }, 200],
    ['no token', { token: null }, 401],
    ['another audience', { token: { aud: other } }, 401],
    ['no audience', { token: { aud: null } }, 401],
    ['the issuer of the resource', { token: { iss: 'PLACE' } }, 401],
    ['no exp', { token: { exp: null } }, 401],
    ['nbf in the future', { token: { nbf: 4_000_000_000 } }, 401],
    ['no sub', { token: { sub: null } }, 401],
    ['another typ', { header: { typ: 'logout+jwt' } }, 401],
    ['an ID token', { token: { at_hash: 'x' } }, 401],
    ['a foreign Origin', { headers: { origin: other } }, 403],
  ])('%s', async (_, sent, status) => {
    const { issuer } = system
    const token = sent.token?.['iss']
      ? { token: { iss: `${issuer.url}/resources/${resource}` } }
      : {}
    expect((await send(system, { ...sent, ...token })).status).toBe(status)
  })

  it('reads scopes from the list where there is no text', async () => {
    const env = { FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_REQUIRED_SCOPES: 'todo:read' }
    const strict = await started(env)
    const list = { token: { scope: null, scopes: ['todo:read'] } }
    expect((await send(strict, list)).status).toBe(200)
    expect((await send(strict, { token: { scope: null, scopes: null } })).status).toBe(403)
  })
})

describe('the tools', () => {
  it('are those of the published example, and one of ours', async () => {
    const answer = await send(system, stateless('tools/list'))
    const { tools } = ((await answer.json()) as { result: { tools: Record<string, unknown>[] } })
      .result
    expect(tools.map(({ name }) => name)).toEqual([
      'list_todos',
      'create_todo',
      'update_todo',
      'delete_todo',
      'show_calendar',
    ])
    expect(tools[2]).toMatchObject({
      inputSchema: {
        type: 'object',
        required: ['todo_id'],
        properties: { completed: { default: null } },
      },
      outputSchema: { type: 'object', additionalProperties: true },
    })
    for (const { inputSchema } of tools)
      expect(inputSchema).not.toHaveProperty('additionalProperties')
  })

  it('change the todos of the caller alone', async () => {
    const { structuredContent, content } = await call(system, 'create_todo', { title: 'new' })
    const { todo } = structuredContent as { todo: { id: string } }
    expect(JSON.parse(content[0]?.text ?? '')).toEqual({ todo })
    const id = { todo_id: todo.id }
    const done = { title: 'new', completed: true, userId: '1' }
    expect(await call(system, 'update_todo', { ...id, completed: true })).toMatchObject({
      structuredContent: { todo: done },
    })
    const foreign = await call(system, 'delete_todo', id, { user: '2' })
    expect(foreign).toMatchObject({ isError: true })
    expect(await call(system, 'delete_todo', id)).toMatchObject({
      structuredContent: { deleted: done },
    })
  })

  it.each(['todo-none', '../todos', '..', '%2e%2e', 'todo-1/../todo-2', 'todo-1?x=1', 'a b', ''])(
    'find no todo %o, and ask for nothing else',
    async (id) => {
      const before = system.upstream.requests().length
      const answer = await call(system, 'delete_todo', { todo_id: id })
      expect(answer.content).toEqual([
        { type: 'text', text: "Error calling tool 'delete_todo': Todo not found" },
      ])
      const asked = system.upstream.requests(before).map(({ path }) => path)
      expect(asked).toEqual(id === 'todo-none' ? ['/api/todos/todo-none'] : [])
    },
  )

  it('tell nothing of the address of the todo app', async () => {
    const lost = await started({ TODO_APP_BASE_URL: 'http://127.0.0.1:1' })
    expect(await call(lost, 'list_todos')).toMatchObject({
      isError: true,
      content: [{ text: "Error calling tool 'list_todos': The todo app does not answer." }],
    })
  })
})

describe('starting', () => {
  it('asks for what it needs', async () => {
    await expect(byoaTodo.start({ PORT: '0' })).rejects.toThrow(
      'FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_ENVIRONMENT_URL is not set',
    )
  })

  it('names every fault once', async () => {
    expect(original.filter((name) => !(name in faults))).toEqual([])
  })
})

describe('the planted faults', () => {
  const planted = (FAULT: string): Promise<ByoaSystem> => started({ FAULT })

  it('todo-default-user: no sub is user 1', async () => {
    const at = await planted('todo-default-user')
    const answer = await call(at, 'list_todos', {}, { token: { sub: null } })
    expect(JSON.stringify(answer)).toContain('Review Q4 report')
  })

  it('issuer-not-advertised: tokens of the advertised issuer are refused, though it is set', async () => {
    const env = { FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_TOKEN_ISSUER: 'resource' }
    const statuses = async (at: ByoaSystem): Promise<number[]> => {
      const advertised = { token: { iss: `${at.issuer.url}/resources/${resource}` } }
      return [(await send(at)).status, (await send(at, advertised)).status]
    }
    expect(await statuses(await started(env))).toEqual([401, 200])
    expect(await statuses(await started({ ...env, FAULT: 'issuer-not-advertised' }))).toEqual([
      200, 401,
    ])
  })

  it("foreign-as-metadata: the provider's document stands under our name", async () => {
    const at = await planted('foreign-as-metadata')
    const path = '/.well-known/oauth-authorization-server'
    const answer = await send(at, { method: 'GET', path, token: null })
    expect(await answer.json()).toMatchObject({ issuer: `${at.issuer.url}/resources/${resource}` })
    await at.issuer.arrange({ fail: { endpoints: ['metadata'], how: 503 } })
    const failed = await send(at, { method: 'GET', path, token: null })
    expect([failed.status, await failed.text()]).toEqual([
      500,
      '{"error":"server_error","error_description":"Failed to fetch Scalekit metadata: status 503"}',
    ])
  })

  it('no-host-guard: a foreign Origin is served', async () => {
    const headers = { origin: 'https://evil.example' }
    expect((await send(await planted('no-host-guard'), { headers })).status).toBe(200)
  })

  it('todo-raw-path: an id reaches another route', async () => {
    const at = await planted('todo-raw-path')
    await call(at, 'update_todo', { todo_id: '../../auth/logout' })
    expect(at.upstream.requests().map(({ path }) => path)).toEqual(['/auth/logout'])
  })

  it('todo-leak-upstream-url: a failure names the internal URL', async () => {
    const at = await planted('todo-leak-upstream-url')
    const { content } = await call(at, 'delete_todo', { todo_id: 'todo-3' })
    expect(content[0]?.text).toContain(
      `Client error '404 Not Found' for url '${at.upstream.url}/api/todos/todo-3'`,
    )
  })

  it('original: as the published example', async () => {
    const at = await planted('original')
    const token = { aud: null, exp: null, sub: null, nbf: 4_000_000_000 }
    const headers = { origin: 'https://evil.example' }
    const answer = await call(at, 'list_todos', {}, { token, headers })
    expect(JSON.stringify(answer)).toContain('Review Q4 report')
    const path = '/.well-known/oauth-protected-resource/mcp'
    const document = await send(at, { method: 'GET', path, token: null })
    expect(await document.json()).toMatchObject({
      resource: new URL(at.url).origin,
      scopes_supported: [],
    })
    const refused = await send(at, { token: null })
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"')
  })
})
