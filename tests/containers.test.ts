import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { getContainerRuntimeClient, ImageName } from 'testcontainers'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { RunResult } from '../harness/model.ts'

const root = path.resolve(import.meta.dirname, '..')
const main = path.join(root, 'dist/cli/main.js')

/** How somebody else would describe local-rsa, who knows no more than its image. */
const configuration = `
target:
  image: local-rsa
  env:
    RESOURCE: '{{target.url}}'
    ISSUER: '{{issuer.url}}'
    JWKS_URI: '{{issuer.jwks_uri}}'
    ALLOWED_ORIGINS: https://client.example
    KEY_MAX_AGE_MS: 1000
    KEY_COOLDOWN_MS: 300
    KEY_TIMEOUT_MS: 1000
issuer: local
facts:
  target: { scopes: { required: [mcp:read] }, allowed_origin: https://client.example }
  tool:
    safe: { name: list_notes }
    guarded: { name: write_note, arguments: { text: guarded }, scopes: [mcp:write] }
`

async function whyNot(): Promise<string | null> {
  const client = await getContainerRuntimeClient().catch(() => null)
  if (client === null) return 'no container engine answers'
  for (const image of ['local-rsa', 'auth0-cte']) {
    if (!(await client.image.exists(ImageName.fromString(image))))
      return `the image ${image} is not built (reference-servers/Dockerfile says how)`
  }
  return null
}

/** Containers of the harness, but for those that an earlier run, which was killed, may have left. */
async function containersOf(image: string): Promise<unknown[]> {
  return (await ourContainers()).filter(({ Id, Image }) => Image.includes(image) && !left.has(Id))
}

async function ourContainers(): Promise<{ Id: string; Image: string }[]> {
  const { dockerode } = (await getContainerRuntimeClient()).container
  const label = ['mcp-auth-conformance.process']
  return dockerode.listContainers({ all: true, filters: { label } })
}

interface Ended {
  code: number
  stdout: string
  stderr: string
}

function run(args: string[], env: Record<string, string> = {}, cwd = folder): Promise<Ended> {
  return promisify(execFile)(process.execPath, [main, 'run', ...args], {
    cwd,
    env: { ...process.env, ...env },
    maxBuffer: 256 * 1024 * 1024,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  )
}

async function judge(args: string[], cwd = folder): Promise<RunResult> {
  const { stdout, stderr } = await run([...args, '--json', '--out', folder], {}, cwd)
  expect(stdout, stderr).toMatch(/^\{/)
  return JSON.parse(stdout) as RunResult
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'containers-'))
  await writeFile(path.join(folder, 'mcp-auth-conformance.yaml'), configuration)
})
afterAll(() => rm(folder, { recursive: true }))

const missing = await whyNot()
const left = new Set(missing === null ? (await ourContainers()).map(({ Id }) => Id) : [])
if (missing !== null) process.stderr.write(`tests of containers are left out: ${missing}\n`)

describe.skipIf(missing !== null && process.env['CI'] === undefined)(
  'a server in a container',
  () => {
    it('there is an engine and the images are built', () => {
      expect(missing).toBeNull()
    })

    it('an image is started, trusts the mock issuer by its name, and is conformant', async () => {
      const only = ['challenge.*', 'prm.*', 'token.audience-*', 'token.issuer-*', 'flow.*']
      const result = await judge(only.flatMap((glob) => ['--only', glob]))
      expect(failuresOf(result)).toEqual([])
      expect(result.verdict).toMatchObject({ kind: 'conformant', exitCode: 0 })
      expect(result.target).toMatchObject({ name: 'local-rsa', kind: 'image' })
      expect(result.facts['issuer']).toMatchObject({
        url: expect.stringMatching(/^http:\/\/mcp-auth-conformance\.test:\d+$/),
      })
      expect(result.targetOutput).toBe('local-rsa listens on http://0.0.0.0:8000/mcp\n')
      expect(await containersOf('local-rsa')).toEqual([])
    })

    it('a fault in it is a violation', async () => {
      const { code, stdout } = await run([
        '-e',
        'FAULT=skip-audience',
        '--only',
        'token.audience-*',
      ])
      expect(stdout).toContain('✗ token.audience-mismatch-rejected')
      expect(code).toBe(1)
    })

    it('a key that a token points to is fetched from a listener of ours, and seen', async () => {
      const result = await judge(['--env', 'FAULT=jku-trusted', '--only', 'token.jku-*'])
      expect(failuresOf(result)).toEqual([
        'token.jku-x5u-ignored/refused',
        'token.jku-x5u-ignored/not-fetched',
      ])
    })

    it('a bundled server with its upstream comes from its image, over https to its issuer', async () => {
      const target = ['--server', 'auth0-cte', '--image', 'auth0-cte', '--instances', '1']
      const only = ['--only', 'exchange.*', '--only', 'passthrough.*', '--only', 'flow.login*']
      const result = await judge([...target, ...only], root)
      expect(failuresOf(result)).toEqual([])
      expect(result.verdict).toMatchObject({ kind: 'conformant', exitCode: 0 })
      expect(result.facts['issuer']).toMatchObject({
        url: expect.stringMatching(/^https:\/\/mcp-auth-conformance\.test:\d+\/$/),
      })
      expect(result.coverage.outcomes.pass).toBeGreaterThan(10)
    })

    it('an interrupted run is reported, and its container removed', async () => {
      const harness = spawn(process.execPath, [main, 'run', '--only', 'token.*'], { cwd: folder })
      onTestFinished(() => void harness.kill('SIGKILL'))
      await vi.waitUntil(async () => (await containersOf('local-rsa')).length > 0, 15_000)
      harness.kill('SIGINT')
      const code = await new Promise((resolve) => harness.once('close', resolve))
      expect(code).toBe(130)
      const report = await readFile(path.join(folder, 'conformance-report/report.json'), 'utf8')
      expect(JSON.parse(report)).toMatchObject({ verdict: { exitCode: 130 } })
      expect(await containersOf('local-rsa')).toEqual([])
    })

    it('a harness that is killed leaves no container behind', async () => {
      const harness = spawn(process.execPath, [main, 'run', '--only', 'token.*'], { cwd: folder })
      onTestFinished(() => void harness.kill('SIGKILL'))
      await vi.waitUntil(async () => (await containersOf('local-rsa')).length > 0, 15_000)
      harness.kill('SIGKILL')
      await vi.waitFor(async () => expect(await containersOf('local-rsa')).toEqual([]), 15_000)
    })

    it('an image that is not there', async () => {
      const { code, stderr } = await run(['--image', 'localhost/none:1'])
      expect(stderr).toMatch(
        /^error: there is no image "localhost\/none:1" here, and it could not be/m,
      )
      expect(code).toBe(2)
    })

    it('an image that exposes more than one port', async () => {
      const { code, stderr } = await run(['--image', 'auth0-cte'])
      expect(stderr).toContain('exposes the ports 3001 and 8787. Say by --port')
      expect(code).toBe(2)
    })

    it('a container that ends at once, with what it printed last', async () => {
      const { code, stderr } = await run(['-e', 'ISSUER='])
      expect(stderr).toMatch(
        /The container of "local-rsa" ended with exit code 1 before http:\S+ answ/,
      )
      expect(stderr).toContain('  | ISSUER is not set.')
      expect(code).toBe(3)
      expect(await containersOf('local-rsa')).toEqual([])
    })

    it('a port at which nobody answers', async () => {
      const { code, stderr } = await run(['--port', '9999', '--wait-for', '1'])
      expect(stderr).toMatch(/did not make \S+ answer within 1 s; .*port 9999 of the container/)
      expect(stderr).toContain('  | local-rsa listens on http://0.0.0.0:8000/mcp')
      expect(code).toBe(3)
      expect(await containersOf('local-rsa')).toEqual([])
    })

    it('an address for the mocks that is none of this machine', async () => {
      const { code, stderr } = await run(['--host-address', '203.0.113.9'])
      expect(stderr).toContain('nothing can listen there')
      expect(code).toBe(3)
      expect(await containersOf('local-rsa')).toEqual([])
    })
  },
)

it.skipIf(existsSync('/var/run/docker.sock'))('a machine without an engine', async () => {
  const nowhere = {
    DOCKER_HOST: 'unix:///nowhere.sock',
    XDG_RUNTIME_DIR: '/nowhere',
    HOME: '/nowhere',
  }
  const { code, stderr } = await run(['--image', 'local-rsa'], nowhere)
  expect(stderr).toMatch(/^error: --image found no container engine\. Start Docker or Podman/m)
  expect(code).toBe(2)
})

it('a project without testcontainers', async () => {
  const hook = `export async function resolve(name, context, next) {
    if (name === 'testcontainers') throw new Error('not installed')
    return next(name, context)
  }`
  const preload = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)})`
  const { code, stderr } = await run(['--image', 'local-rsa'], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}`,
  })
  expect(stderr).toContain('--image needs testcontainers: npm install --save-dev testcontainers')
  expect(code).toBe(2)
})

it.each([
  [
    ['--image', 'a', '--command', 'b'],
    '--image runs the command of the image; leave out --command',
  ],
  [['--image', 'a', '--url', 'https://h.example/mcp'], 'where the container is published on this'],
  [['--image', 'a', '--env', 'NAME'], '--env takes NAME=value, found "NAME"'],
])('what does not go with an image is told: %s', async (args, message) => {
  const { code, stderr } = await run(args)
  expect(stderr).toContain(message)
  expect(code).toBe(2)
})

function failuresOf({ verdicts }: RunResult): string[] {
  const failing = verdicts.filter(({ outcome }) =>
    ['violation', 'inconclusive', 'error'].includes(outcome),
  )
  return [...new Set(failing.map(({ check }) => check))]
}
