import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'

/*
 * Runs the official suite, whose program is the first argument, against the open server and prints
 * how many checks it judged in how many milliseconds, process start included.
 */
const suite =
  process.argv[2] ?? createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance')
const out = mkdtempSync(path.join(tmpdir(), 'peer-'))
const server = spawn(process.execPath, [path.join(import.meta.dirname, 'open-server.mjs')])
const [line] = await once(server.stdout, 'data')
const started = performance.now()
spawnSync(process.execPath, [suite, 'server', '--url', String(line).trim(), '-o', out], {
  encoding: 'utf8',
})
const milliseconds = performance.now() - started
server.kill()

const checks = readdirSync(out, { recursive: true })
  .filter((name) => String(name).endsWith('checks.json'))
  .flatMap((name) => JSON.parse(readFileSync(path.join(out, String(name)), 'utf8')))
  .filter(({ status }) => status === 'SUCCESS' || status === 'FAILURE').length
console.log(JSON.stringify({ checks, milliseconds }))
