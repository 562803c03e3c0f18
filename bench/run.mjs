import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/*
 * Measures what the README states: start-up, one full run, all runs, memory, and the time a check takes
 * beside the official conformance suite. Each is a ratio to something of the same session.
 *   npm run bench              everything that needs no other Node
 *   npm run bench -- --peer    and @modelcontextprotocol/conformance, by npx under Node 24
 */
const root = path.resolve(import.meta.dirname, '..')
const main = path.join(root, 'dist/cli/main.js')
const out = mkdtempSync(path.join(tmpdir(), 'bench-'))

function time(command, args, options = {}) {
  const started = performance.now()
  const ended = spawnSync(command, args, { encoding: 'utf8', ...options })
  return { milliseconds: performance.now() - started, ...ended }
}

const median = (numbers) =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)]
const repeat = (count, task) => Array.from({ length: count }, task)
const line = (name, value, bound) => console.log(`${name.padEnd(44)} ${value.padEnd(28)} ${bound}`)

function startUp() {
  const bare = median(repeat(15, () => time(process.execPath, ['-e', '0']).milliseconds))
  const help = median(repeat(15, () => time(process.execPath, [main, '--help']).milliseconds))
  line(
    '--help beside node -e 0',
    `${(help / bare).toFixed(2)} (${help.toFixed(0)} / ${bare.toFixed(0)} ms)`,
    'at most 2.5',
  )
}

const firstAreas = ['challenge', 'methods', 'prm', 'token', 'jwks']

/**
 * The run of local-rsa over some areas, all unless given, process start included. Declared waits stand
 * beside it. Gives the milliseconds of work for each verdict.
 */
function runOf(name, areas, bound) {
  const only = areas.flatMap((area) => ['--only', `${area}.*`])
  const args = [main, 'run', '--server', 'local-rsa', '--out', out, '--quiet', ...only]
  const runs = repeat(5, () => {
    const { milliseconds } = time(process.execPath, args)
    const report = JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8'))
    return { working: milliseconds - report.waited, report }
  })
  const { working, report } = runs.toSorted((one, other) => one.working - other.working)[2]
  const judged = report.coverage.outcomes.pass + report.coverage.outcomes.violation
  line(name, `${(working / 1000).toFixed(2)} s`, bound)
  line('  declared waits beside it', `${(report.waited / 1000).toFixed(2)} s`, 'shown apart')
  line(
    '  verdicts judged, a verdict',
    `${judged}, ${(working / judged).toFixed(1)} ms`,
    report.verdict.kind,
  )
  return working / judged
}

/** Peak memory is read from /usr/bin/time where it is there, else left out. */
function memory() {
  const measure = '/usr/bin/time'
  if (!existsSync(measure)) return line('peak memory of a run', 'not measured', 'needs GNU time')
  const { stderr } = time(measure, [
    '-f',
    '%M',
    process.execPath,
    main,
    'run',
    '--server',
    'local-rsa',
    '--out',
    out,
    '--quiet',
  ])
  const kilobytes = Number(stderr.trim().split('\n').at(-1))
  return line('peak memory of a run', `${(kilobytes / 1024).toFixed(0)} MB`, 'under 200 MB')
}

/** All five servers on both wires, as `npm start` runs them once it is built. */
function everyServer() {
  const { milliseconds, status } = time(process.execPath, [
    '--max-semi-space-size=64',
    main,
    '--out',
    out,
  ])
  line(
    'all five servers on both wires',
    `${(milliseconds / 1000).toFixed(1)} s, exit ${status}`,
    'at most 15 s',
  )
}

/** Of harness and server together, which share the pages of Node itself. Read from /proc. */
async function idleMemory() {
  if (!existsSync('/proc/self/status'))
    return line('a served system, idle', 'not measured', '/proc')
  for (const server of ['scalekit-greeting', 'auth0-cte']) {
    const served = spawn(process.execPath, [main, 'serve', server], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(served.stdout, 'data')
    await delay(1000)
    const children = readFileSync(`/proc/${served.pid}/task/${served.pid}/children`, 'utf8')
    const pids = [served.pid, ...children.trim().split(' ')]
    const kilobytes = pids.map((pid) =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
    )
    served.kill('SIGINT')
    await once(served, 'exit')
    const megabytes = kilobytes.reduce((sum, each) => sum + each, 0) / 1024
    line(`${server}, served and idle`, `${megabytes.toFixed(0)} MB`, 'under 150 MB')
  }
}

/** The official suite judges an open server: it has no check of a protected one. It needs Node 22. */
function peer(ours, everything) {
  const command = `node '${path.join(root, 'bench/peer.mjs')}' "$(readlink -f "$(which conformance)")"`
  const packages = ['-p', 'node@24', '-p', '@modelcontextprotocol/conformance@0.1.16']
  const ended = time('npx', ['-y', ...packages, '-c', command], { cwd: out })
  const last = ended.stdout.trim().split('\n').at(-1) ?? ''
  if (!last.startsWith('{')) return line('official suite', 'could not be run', ended.stderr.trim())
  const { checks, milliseconds } = JSON.parse(last)
  const theirs = milliseconds / checks
  const times = (each) => (theirs / each).toFixed(1)
  return line(
    'a check beside the official suite',
    `${times(ours)} times faster, ${times(everything)} over every area`,
    `at least 10 (${theirs.toFixed(0)} ms)`,
  )
}

startUp()
const ours = runOf(`local-rsa: ${firstAreas.join(', ')}`, firstAreas, 'at most 3 s')
const everything = runOf('local-rsa: every area', [], '')
memory()
everyServer()
await idleMemory()
if (process.argv.includes('--peer')) peer(ours, everything)
