import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'

const main = path.resolve(import.meta.dirname, '../dist/cli/main.js')
const folder = mkdtempSync(path.join(tmpdir(), 'issuer-'))

function fileOf(name: string, text: string): string {
  const file = path.join(folder, name)
  writeFileSync(file, text)
  return file
}

/** Starts an issuer, lets a look at what it printed, and ends it as Ctrl-C would. */
async function whileRunning(
  args: string[],
  look: (printed: string) => Promise<void>,
): Promise<number> {
  const child = spawn(process.execPath, [main, 'issuer', ...args])
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  while (!printed.includes('# .env')) await once(child.stdout, 'data')
  try {
    await look(printed)
  } finally {
    child.kill('SIGINT')
  }
  const [code] = (await once(child, 'exit')) as [number]
  return code
}

const after = (label: string, printed: string): string =>
  new RegExp(`^${label} +(\\S+)`, 'm').exec(printed)?.[1] ?? ''

it('prints what a server needs, and knows whom the seed names', async () => {
  const seed = fileOf(
    'seed.yaml',
    `users:
  - { subject: carol, username: carol, password: secret, email: carol@example.com }
scopes: [todo:read]
`,
  )
  const code = await whileRunning(['local', '--seed', seed], async (printed) => {
    expect(printed).toContain('carol, password secret')
    const metadata = (await (await fetch(after('metadata', printed))).json()) as {
      issuer: string
      scopes_supported: string[]
    }
    expect(metadata.issuer).toBe(after('issuer', printed))
    expect(metadata.scopes_supported).toContain('todo:read')
    expect(printed).toContain(`ISSUER=${metadata.issuer}\n`)
  })
  expect(code).toBe(0)
})

it("plays Scalekit, with a customer's login page where the seed says so", async () => {
  const seed = fileOf(
    'scalekit.yaml',
    `resources:
  - id: res_71300000000000001
    identifiers: ['http://localhost:3002/']
    attributes: { loginUrl: 'http://localhost:3002/login', connection: conn_1 }
`,
  )
  await whileRunning(['scalekit', '--seed', seed], async (printed) => {
    const issuer = after('issuer', printed)
    expect(after('metadata', printed)).toBe(
      `${issuer}/.well-known/oauth-authorization-server/resources/res_71300000000000001`,
    )
    for (const variable of [
      `SCALEKIT_ENVIRONMENT_URL=${issuer}`,
      'SCALEKIT_RESOURCE_ID=res_71300000000000001',
      'SCALEKIT_CONNECTION_ID=conn_1',
      'MCP_URL=http://localhost:3002/',
    ]) {
      expect(printed).toContain(`\n${variable}\n`)
    }
  })
})

it('serves https that a Node trusts which is told so, and takes the authority away', async () => {
  let authority = ''
  await whileRunning(['--https', '--control'], async (printed) => {
    authority = after('authority', printed)
    const program = `console.log((await fetch('${after('metadata', printed)}')).status)`
    const ask = (env: Record<string, string>): string =>
      spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
        env: { ...process.env, ...env },
      }).stdout.trim()
    expect(ask({ NODE_EXTRA_CA_CERTS: authority })).toBe('200')
    expect(ask({})).toBe('')
    const described = await fetch(after('control', printed))
    expect(described.status).toBe(200)
  })
  expect(authority).not.toBe('')
  expect(existsSync(authority)).toBe(false)
})

it('calls itself what it is told, where requests are taken to it', async () => {
  await whileRunning(['--as', 'https://login.customer.test'], async (printed) => {
    expect(after('issuer', printed)).toBe('https://login.customer.test')
    expect(printed).toContain(`MCP_AUTH_MOCK_URL=${after('listens at', printed)}`)
    const answer = await fetch(
      `${after('listens at', printed)}/.well-known/oauth-authorization-server`,
    )
    expect(await answer.json()).toMatchObject({ issuer: 'https://login.customer.test' })
  })
})

it.each([
  [['okta'], /no provider "okta". Known: local/],
  [['--seed', 'nowhere.yaml'], /there is no seed file "nowhere.yaml"/],
  [
    ['--seed', fileOf('bad.yaml', 'user: []\n')],
    /bad\.yaml:1:1 .*unknown key "user".*did you mean "users"/,
  ],
  [['--fault', 'no-such-fault'], /no issuer fault is called "no-such-fault". Known: /],
])('refuses %j with what is allowed', (args, message) => {
  const { status, stderr } = spawnSync(process.execPath, [main, 'issuer', ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect(stderr).toMatch(message)
  expect(status).toBe(2)
})

it('lists the faults that can be planted', () => {
  const { stdout, status } = spawnSync(process.execPath, [main, 'issuer', '--list-faults'], {
    encoding: 'utf8',
  })
  expect(status).toBe(0)
  expect(stdout.split('\n').length).toBeGreaterThan(10)
})
