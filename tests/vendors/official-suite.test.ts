import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { doors } from './doors.ts'
import type { Door } from './doors.ts'
import { freePort } from '../../harness/target/free-port.ts'

/*
 * The MCP project's own suite in its authorization-server mode. It wants a newer Node than ours;
 * `.ci/run` puts both into `.peers`.
 */
const peers = path.resolve(import.meta.dirname, '../../.peers/node_modules')
const node = path.join(peers, 'node/bin/node')
const suite = path.join(peers, '@modelcontextprotocol/conformance/dist/index.js')
const installed = existsSync(node) && existsSync(suite)
const excused = !installed && process.env['CI'] === undefined

interface Check {
  id: string
  status: string
  errorMessage?: string
}

/** What the suite says of a mock; the user whom it sends to the login is alice. */
async function judge(
  door: Door,
  issuer: ServedIssuer,
  secret: string | null = null,
): Promise<Record<string, string>> {
  const port = await freePort()
  const redirectUris = [`http://127.0.0.1:${port}/callback`]
  issuer.setClient({ id: 'suite', secret, redirectUris })
  const results = await mkdtemp(path.join(tmpdir(), 'official-suite-'))
  const { resource } = door.login
  const args = ['--url', door.found(issuer).issuer, '--client-id', 'suite', '--port', `${port}`]
  if (secret !== null) args.push('--client-secret', secret)
  if (resource !== undefined) args.push('--resource', resource)
  const child = spawn(node, [suite, 'authorization', ...args, '--output-dir', results], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let login = ''
  let browsing = Promise.resolve()
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith(issuer.origin)) login = line
    if (line.startsWith('Callback server started')) {
      browsing = issuer.authorize(login).then(async (back) => void (await fetch(back)))
      browsing.catch(() => child.kill())
    }
  })
  await once(child, 'close')
  await browsing
  const checks = await readChecks(results)
  await rm(results, { recursive: true })
  return Object.fromEntries(
    checks.map(({ id, status, errorMessage: why }) => [id, why ? `${status}: ${why}` : status]),
  )
}

async function readChecks(folder: string): Promise<Check[]> {
  const files = await readdir(folder, { recursive: true })
  const found = files.filter((file) => path.basename(file) === 'checks.json')
  const texts = await Promise.all(found.map((file) => readFile(path.join(folder, file), 'utf8')))
  return texts.flatMap((text) => JSON.parse(text) as Check[])
}

/** The suite looks for metadata by itself. */
const played = doors.filter(({ name }) => !name.endsWith('by RFC 8414'))

/** Auth0 and Clerk take documents where they are told to, and the suite recommends it. */
const documents = ({ profile }: Door): unknown =>
  profile.clientMetadataDocuments ? 'SUCCESS' : expect.stringMatching(/^WARNING: .*not include/)

describe.skipIf(excused)('the official suite', { timeout: 60_000 }, () => {
  const started: ServedIssuer[] = []
  afterEach(async () => {
    await Promise.all(started.splice(0).map((issuer) => issuer.close()))
  })

  async function judged(door: Door, secret?: string): Promise<Record<string, string>> {
    const issuer = await serveIssuer({ profile: door.profile })
    started.push(issuer)
    return judge(door, issuer, secret)
  }

  it.each(played)('is content with $name', async (door) => {
    expect(await judged(door)).toEqual({
      'authorization-server-metadata': 'SUCCESS',
      'authorization-server-metadata-cimd': documents(door),
      'authorization-code-grant': 'SUCCESS',
    })
  })

  it.each([
    ['shows its secret to Auth0', 'Auth0', 'SUCCESS'],
    ['keeps its secret from who takes clients without, and is refused', 'local', /401/],
  ])('%s', async (_what, name, outcome) => {
    const door = doors.find((each) => each.name === name) as Door
    const verdict = (await judged(door, 'hush-hush'))['authorization-code-grant']
    expect(verdict).toMatch(outcome)
  })
})
