import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAuthority } from './certificate-authority.ts'
import { DropConnection } from './drop-connection.ts'
import type { MockRequest } from './read-request.ts'
import { serve } from './serve.ts'
import type { Handle, Serving } from './serve.ts'

const root = path.resolve(import.meta.dirname, '..')
let mock: Serving
beforeAll(async () => {
  mock = await serve(handle)
})
const handle: Handle = async (request) => {
  const { method, headers, url } = request
  const { pathname } = new URL(url)
  if (pathname === '/drop') throw new DropConnection()
  if (pathname === '/nothing') return new Response(null, { status: 204 })
  if (pathname === '/headers') return Response.json(Object.fromEntries(headers))
  if (pathname === '/redirect') return redirect
  if (pathname.endsWith('/auth-requests/lri_1/user')) return grpcTwin(request)
  const host = headers.get('x-forwarded-host')
  const body = await request.text()
  return Response.json({ method, path: pathname, host, body, access_token: 'machine' })
}
afterAll(() => mock.close())

const redirect = new Response(null, {
  status: 302,
  headers: [
    ['location', 'https://acme.us.auth0.com/next'],
    ['set-cookie', 'a=b; Path=/'],
    ['set-cookie', 'c=d'],
  ],
})

function grpcTwin({ headers }: MockRequest): Response {
  return headers.get('authorization') === 'Bearer machine'
    ? Response.json({ auth_request_id: 'req_1' })
    : Response.json({ message: 'who?' }, { status: 401 })
}

/** What a program prints that is started with the interceptor. */
function run(program: string, env: Record<string, string> = {}): Promise<[string, string]> {
  const preload = path.join(root, 'dist/mocks/intercept.js')
  const args = ['--import', preload, '--input-type=module', '--eval', program]
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, MCP_AUTH_MOCK_URL: mock.origin, ...env },
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  return new Promise((resolve) => child.on('close', () => resolve([out.trim(), err])))
}

const posting = `{ method: 'POST', body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }`

it.each([
  [
    'fetch',
    `console.log(await (await fetch('https://acme.us.auth0.com/oauth/token', ${posting})).text())`,
  ],
  [
    'node:https',
    `import { request } from 'node:https'
     const sent = request('https://acme.us.auth0.com/oauth/token', ${posting}, (response) => response.pipe(process.stdout))
     sent.end('a=b')`,
  ],
  [
    'axios',
    `import axios from 'axios'
     const { data } = await axios.post('https://acme.us.auth0.com/oauth/token', 'a=b')
     console.log(JSON.stringify(data))`,
  ],
])('takes what %s sends to a vendor to the mock', async (_way, program) => {
  const [out] = await run(program)
  expect(JSON.parse(out)).toMatchObject({
    method: 'POST',
    path: '/oauth/token',
    host: 'acme.us.auth0.com',
    body: 'a=b',
  })
})

it('takes further hosts when they are named, and lets this machine through', async () => {
  const program = `const own = await (await fetch('https://login.customer.test/x')).json()
    const local = await (await fetch('${mock.origin}/local')).json()
    console.log(own.host, own.path, local.host, local.path)`
  const [out] = await run(program, { MCP_AUTH_MOCK_HOSTS: 'login.customer.test' })
  expect(out).toBe('login.customer.test /x null /local')
})

it('goes past no proxy', async () => {
  const program = `import axios from 'axios'
    const { data } = await axios.get('https://acme.us.auth0.com/x')
    console.log(data.host)`
  const [out] = await run(program, { HTTPS_PROXY: 'http://proxy.example:3128' })
  expect(out).toBe('acme.us.auth0.com')
})

it('takes one host to one mock and another to another', async () => {
  const other = await serve(async () => new Response('the other'))
  const program = `for (const host of ['acme.scalekit.dev', 'acme.us.auth0.com'])
    console.log((await (await fetch('https://' + host + '/x')).text()).slice(0, 9))`
  const [out] = await run(program, { MCP_AUTH_MOCK_HOSTS: `*.scalekit.dev=${other.origin}` })
  await other.close()
  expect(out).toBe('the other\n{"method"')
})

it('shows the mock what was sent, and the sender what was answered', async () => {
  const program = `const url = 'https://acme.us.auth0.com'
    const headers = { 'user-agent': 'own/1', accept: 'text/x-own' }
    const answer = await fetch(url + '/redirect', { headers, redirect: 'manual' })
    console.log(answer.status, answer.headers.get('location'), answer.headers.getSetCookie().join())
    const next = await fetch(url + '/headers', { headers })
    console.log(await next.text())
    console.log((await fetch(url + '/nothing', { method: 'DELETE' })).status)`
  const [out] = await run(program)
  const [first, second = '', third] = out.split('\n')
  expect(first).toBe('302 https://acme.us.auth0.com/next a=b; Path=/,c=d')
  expect(JSON.parse(second)).toEqual({
    host: 'acme.us.auth0.com',
    'user-agent': 'own/1',
    accept: 'text/x-own',
    connection: 'close',
    'x-forwarded-host': 'acme.us.auth0.com',
    'x-forwarded-proto': 'https',
  })
  expect(third).toBe('204')
})

it.each([
  ['a mock that drops the connection', mocked('/drop'), ''],
  ['no mock at all', mocked('/x'), 'http://127.0.0.1:9'],
])('has a request fail for %s as the network would', async (_what, program, url) => {
  const [out, err] = await run(program, url === '' ? {} : { MCP_AUTH_MOCK_URL: url })
  expect(out).toBe('TypeError')
  expect(err).toBe(url === '' ? '' : `mcp-auth-conformance/intercept: no mock answers at ${url}\n`)
})

function mocked(at: string): string {
  return `await fetch('https://acme.us.auth0.com${at}').then(
    ({ status }) => console.log(status), ({ name }) => console.log(name))`
}

it("takes Scalekit's SDK to the mock, its HTTP/2 as well", async () => {
  const [out, err] = await run(updating)
  expect([out, err]).toEqual(['req_1', ''])
})

it('takes both to a mock that speaks https, when its authority is trusted', async () => {
  const authority = await createAuthority()
  const secure = await serve(handle, { certificate: await authority.issue(['127.0.0.1']) })
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'intercept-')), 'authority.pem')
  writeFileSync(file, authority.certificate)
  const env = { MCP_AUTH_MOCK_URL: secure.origin, NODE_EXTRA_CA_CERTS: file }
  expect(await run(updating, env)).toEqual(['req_1', ''])
  await secure.close()
})

const updating = `import { ScalekitClient } from '@scalekit-sdk/node'
    const client = new ScalekitClient('https://acme.scalekit.dev', 'skc_1', 'test_secret')
    const { authRequestId } = await client.auth.updateLoginUserDetails('conn_1', 'lri_1', { sub: '1', email: 'a@b.example' })
    console.log(authRequestId)
    process.exit()`
it.each([
  ['fetch', `await fetch('https://elsewhere.example/x').catch((error) => show(error.cause))`],
  [
    'node:https',
    `import { get } from 'node:https'
     get('https://elsewhere.example/x').on('error', show)`,
  ],
  [
    'node:http2',
    `import { connect } from 'node:http2'
     connect('https://elsewhere.example').on('error', show)`,
  ],
  [
    'undici',
    `import { request } from 'undici'
     await request('http://elsewhere.example/x').catch(show)`,
  ],
  [
    'a socket',
    `import { connect } from 'node:net'
     connect(443, 'elsewhere.example').on('error', show)`,
  ],
])(
  'refuses what %s opens to any other host, and says how to change that',
  async (_way, program) => {
    const [out, err] = await run(
      `const show = ({ code, message }) => console.log(code, message)\n${program}`,
    )
    expect(out).toMatch(
      /^ERR_INTERCEPTED .*elsewhere\.example was refused: .*MCP_AUTH_ALLOW_HOSTS$/,
    )
    expect(err).toContain('elsewhere.example was refused')
  },
)

it('refuses what would go past it to a host that a mock plays', async () => {
  const [out] = await run(`import { fetch } from 'undici'
    await fetch('https://acme.us.auth0.com').catch(({ cause }) => console.log(cause.message))`)
  expect(out).toContain('acme.us.auth0.com was refused: a mock plays it')
})

it('lets through what is named', async () => {
  const program = `import { connect } from 'node:net'
    connect({ port: 443, host: 'elsewhere.example', lookup: (host, _, done) => done(new Error('asked for ' + host)) })
      .on('error', ({ message }) => console.log(message))`
  const [out] = await run(program, { MCP_AUTH_ALLOW_HOSTS: '*.example' })
  expect(out).toBe('asked for elsewhere.example')
})

it('says what is missing when it does not know where the mock is', async () => {
  const [, err] = await run('', { MCP_AUTH_MOCK_URL: '' })
  expect(err).toContain('MCP_AUTH_MOCK_URL is not set')
})
