import { spawn } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { serve } from './serve.ts'
import type { Serving } from './serve.ts'

const root = path.resolve(import.meta.dirname, '..')
let mock: Serving
beforeAll(async () => {
  mock = await serve(async (request) =>
    Response.json({
      method: request.method,
      path: new URL(request.url).pathname,
      host: request.headers.get('x-forwarded-host'),
      body: await request.text(),
    }),
  )
})
afterAll(() => mock.close())

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
  expect(JSON.parse(out)).toEqual({
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

it('refuses every other host and says how to change that', async () => {
  const program = `await fetch('https://elsewhere.example/x').catch((error) => console.log(error.name))`
  const [out, err] = await run(program)
  expect(out).toBe('TypeError')
  expect(err).toContain('https://elsewhere.example was refused')
  expect(err).toContain('MCP_AUTH_ALLOW_HOSTS')
})

it('says what is missing when it does not know where the mock is', async () => {
  const [, err] = await run('', { MCP_AUTH_MOCK_URL: '' })
  expect(err).toContain('MCP_AUTH_MOCK_URL is not set')
})
