import { expect, it, onTestFinished } from 'vitest'
import { fillTemplates, startCommand } from './command.ts'
import type { CommandTarget } from './command.ts'
import { UsageError } from '../select.ts'
import { TargetError, urlTarget } from './target.ts'
import type { StartedTarget } from './target.ts'

/** Prints its environment and answers anything, after so many milliseconds. */
const program = `
  const { createServer } = require('node:http')
  const { PORT, AUDIENCE = '', AFTER = '0' } = process.env
  console.log('started for ' + AUDIENCE + ' with ' + process.argv.slice(1))
  const server = createServer((_, response) => response.writeHead(503).end(String(process.pid)))
  setTimeout(() => server.listen(Number(PORT), '127.0.0.1'), Number(AFTER))`

const target = (changes: Partial<CommandTarget> = {}): CommandTarget => ({
  name: 'small',
  kind: 'command',
  command: [process.execPath, '-e', program, '{{issuer.url}}'],
  url: 'http://127.0.0.1:{{target.port}}/mcp',
  env: { PORT: '{{target.port}}', AUDIENCE: '{{target.resource}}' },
  waitFor: 20_000,
  ...changes,
})

const values = { 'issuer.url': 'https://issuer.example' }

async function started(changes: Partial<CommandTarget> = {}): Promise<StartedTarget> {
  const running = await startCommand(target(changes), values)
  onTestFinished(() => running.stop())
  return running
}

const pidAt = async (url: string): Promise<string> => (await fetch(url)).text()

it('a command is asked until it answers anything at all, here 503', async () => {
  const env = { ...target().env, AFTER: '400' }
  const running = await started({ env })
  expect(running).toMatchObject({ name: 'small', kind: 'command' })
  expect(running.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/)
  expect((await fetch(running.url)).status).toBe(503)
  expect(running.output()).toBe(`started for ${running.url} with https://issuer.example\n`)
})

it('the audience of the good token is the resource, where there is an issuer', async () => {
  const env = { AUDIENCE: '{{issuer.audience}}' }
  const command = [process.execPath, '-e', program, '{{target.resource}} {{issuer.audience}}']
  const running = await started({ command, env: { ...target().env, ...env } })
  expect(running.output()).toContain(`with ${running.url} ${running.url}`)
})

it('what it listens at is closed when it is stopped', async () => {
  const running = await started()
  await running.stop()
  await expect(fetch(running.url)).rejects.toThrow('fetch failed')
})

it('a restart is another process at the same address; the output of both is kept', async () => {
  const running = await started()
  const before = await pidAt(running.url)
  await running.restart?.()
  const after = await pidAt(running.url)
  expect(after).not.toBe(before)
  expect(running.output()?.match(/started for/g)).toHaveLength(2)
})

const failure = (changes: Partial<CommandTarget>): Promise<TargetError> =>
  started(changes).then(
    () => expect.unreachable('it started'),
    (error: unknown) => error as TargetError,
  )

it('a command that ends at once is an error with what it printed', async () => {
  const error = await failure({ command: 'echo "no such module" >&2; exit 4' })
  expect(error).toBeInstanceOf(TargetError)
  expect(error.message).toMatch(
    /^The command "echo .*" ended with exit code 4 before http:\/\/127\.0\.0\.1:\d+\/mcp answered\.$/,
  )
  expect(error.output).toContain('no such module')
})

it('a command that cannot be started is an error', async () => {
  const error = await failure({ command: ['/no/such/program', 'x'] })
  expect(error.message).toMatch(
    /^The command "\/no\/such\/program x" could not be started: .*ENOENT/,
  )
})

it('a command that never answers is ended, and the error tells how to wait longer', async () => {
  const error = await failure({ command: 'echo "pid $$"; exec sleep 1000', waitFor: 500 })
  expect(error.message).toMatch(
    /did not make .* answer within .* s; give --wait-for to wait longer/,
  )
  const pid = Number(/pid (\d+)/.exec(error.output)?.[1])
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

it('what a server calls is started before it, and both are told where it is', async () => {
  const upstream = {
    command: [process.execPath, '-e', program, '{{issuer.url}}'],
    env: { PORT: '{{upstream.port}}', AUDIENCE: '{{upstream.url}}' },
  }
  const running = await started({
    upstream,
    env: { ...target().env, AUDIENCE: '{{upstream.url}}' },
  })
  const url = String(running.upstreamUrl)
  expect(running.url).not.toContain(url)
  expect(running.output()).toBe(`started for ${url} with https://issuer.example\n`.repeat(2))
  const [first, server] = [await pidAt(url), await pidAt(running.url)]
  await running.restart?.()
  expect([await pidAt(url), await pidAt(running.url)]).toEqual([
    first,
    expect.not.stringMatching(server),
  ])
  await running.stop()
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})

it('what a server calls ends with a server that does not start', async () => {
  const upstream = {
    command: [process.execPath, '-e', program],
    env: { PORT: '{{upstream.port}}' },
  }
  const command = 'echo "at $AUDIENCE"; exit 4'
  const error = await failure({ upstream, command, env: { AUDIENCE: '{{upstream.url}}' } })
  const address = /at (\S+)/.exec(error.output)?.[1]
  await expect(fetch(String(address))).rejects.toThrow('fetch failed')
})

it('templates are replaced, and one that stands for nothing is refused', () => {
  process.env['SET_BY_THE_TEST'] = 'yes'
  onTestFinished(() => void delete process.env['SET_BY_THE_TEST'])
  expect(fillTemplates('{{a.b}}-{{ a.b }}-{{env.SET_BY_THE_TEST}}', { 'a.b': '$1' })).toBe(
    '$1-$1-yes',
  )
  const refused = { '{{a.c}}': '; did you mean "a.b"?', '{{env.NOT_SET_BY_THE_TEST}}': '.' }
  for (const [text, hint] of Object.entries(refused))
    expect(() => fillTemplates(text, { 'a.b': '1' })).toThrow(
      `${text} stands for nothing${hint} Known: a.b, env.NAME.`,
    )
})

it('a template without a value keeps the command from being started', async () => {
  const error = await failure({ env: { ISSUER: '{{second-issuer.url}}' } })
  expect(error).toBeInstanceOf(UsageError)
  expect(error.message).toContain('{{second-issuer.url}} stands for nothing')
})

it('a server that somebody else runs has no output, no restart, and nothing to stop', async () => {
  const running = urlTarget('https://H.example:443/mcp')
  expect(running).toMatchObject({ url: 'https://H.example:443/mcp', kind: 'url', restart: null })
  expect(running.output()).toBeNull()
  await expect(running.stop()).resolves.toBeUndefined()
})
