import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startProcess } from './process.ts'
import type { ServerProcess } from './process.ts'

const root = path.resolve(import.meta.dirname, '../..')

function started(command: string | string[], env = {}, directory?: string): ServerProcess {
  const child = startProcess(command, env, directory)
  onTestFinished(() => child.stop())
  return child
}

const ended = (child: ServerProcess) =>
  vi.waitUntil(() => child.ended(), { timeout: 10_000, interval: 5 })
const printed = (child: ServerProcess, text: string | RegExp) =>
  vi.waitFor(() => expect(child.output()).toMatch(text), { timeout: 10_000, interval: 5 })

/** A zombie is dead: it only waits for whoever inherited it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const state = `/proc/${pid}/stat`
  return !existsSync(state) || !/\) Z /.test(readFileSync(state, 'utf8'))
}
const gone = (pid: number) =>
  vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000, interval: 5 })

it('a shell line sees its variables and its folder; both of its outputs are kept', async () => {
  const child = started('echo "$WHO in $(pwd)"; echo oops >&2; exit 3', { WHO: 'me' }, tmpdir())
  expect(await ended(child)).toBe('ended with exit code 3')
  await printed(child, `me in ${tmpdir()}`)
  await printed(child, 'oops')
})

it('a program with arguments meets no shell', async () => {
  const child = started([process.execPath, '-p', 'process.argv[1]', '$HOME; echo no'])
  expect(await ended(child)).toBe('ended with exit code 0')
  await printed(child, /^\$HOME; echo no\n$/)
})

it('the end of a long output is kept', async () => {
  const child = started([process.execPath, '-e', "console.log('x'.repeat(400_000) + 'end')"])
  await printed(child, /end\n$/)
  expect(child.output()).toHaveLength(256 * 1024)
})

it('a program that is not there says so', async () => {
  expect(await ended(started(['/no/such/program']))).toMatch(/^could not be started: .*ENOENT/)
})

it('stopping ends the whole group, grandchildren included', async () => {
  const child = started('sleep 1000 & echo "pid $!"; wait')
  await printed(child, /pid \d+/)
  const grandchild = Number(/pid (\d+)/.exec(child.output())?.[1])
  expect(isAlive(grandchild)).toBe(true)
  await child.stop()
  expect(child.ended()).toBe('was ended by SIGTERM')
  await gone(grandchild)
})

it('a program that ends leaves nothing of its group behind', async () => {
  const child = started('sleep 1000 & echo "pid $!"')
  expect(await ended(child)).toBe('ended with exit code 0')
  await printed(child, /pid \d+/)
  await gone(Number(/pid (\d+)/.exec(child.output())?.[1]))
})

it('a program that will not end is killed', { timeout: 20_000 }, async () => {
  const stubborn = "process.on('SIGTERM', () => console.log('no')); setInterval(() => 0, 1000)"
  const child = started([process.execPath, '-e', `${stubborn}; console.log('up')`])
  await printed(child, 'up')
  await child.stop()
  expect(child.ended()).toBe('was ended by SIGKILL')
  expect(child.output()).toContain('no')
})

it('stopping twice, or what has ended, is nothing', async () => {
  const child = started('exit 0')
  await ended(child)
  await child.stop()
  await child.stop()
  expect(child.ended()).toBe('ended with exit code 0')
})

it('a program ends with the harness', async () => {
  const file = path.join(root, 'dist/harness/target/process.js')
  const script = `
    const { startProcess } = await import(${JSON.stringify(file)})
    const child = startProcess('echo "pid $$"; exec sleep 1000', {})
    while (!child.output().includes('\\n')) await new Promise(setImmediate)
    console.log(child.output())
    process.exit(1)`
  const harness = spawn(process.execPath, ['--input-type=module', '-e', script])
  let output = ''
  harness.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(harness, 'close')
  const pid = Number(/pid (\d+)/.exec(output)?.[1])
  expect(pid).toBeGreaterThan(0)
  await gone(pid)
})
