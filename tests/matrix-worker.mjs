import path from 'node:path'
import { parentPort } from 'node:worker_threads'
import { runConformance } from '../dist/harness/index.js'
import { ServerHouse } from '../dist/harness/target/server-house.js'
import { programs, upstreams } from '../dist/reference-servers/programs.js'

/* Judges servers for tests/matrix.ts, on a thread whose code is warm after the first run. */

const house = new ServerHouse()
const servers = path.resolve(import.meta.dirname, '..', 'dist', 'reference-servers')

/** Starts a reference server, or its upstream, on this very thread. Its sockets are as real as ever. */
function startHere(command, env) {
  const folder = path.dirname(path.relative(servers, command[1]))
  const load = programs[folder] ?? upstreams[folder]
  let ended = load ? null : `is not known: ${folder}`
  const server = load?.().then((program) => program.start(env))
  server?.catch((error) => {
    ended = `ended: ${error}`
  })
  return {
    output: () => '',
    ended: () => ended,
    stop: async () => {
      ended = 'was ended'
      await (await server?.catch(() => undefined))?.close()
    },
  }
}

parentPort.on('message', async ({ job, options, here }) => {
  try {
    const { verdict, verdicts } = await runConformance({
      ...options,
      startProcess: here ? startHere : house.start,
    })
    const kept = verdicts.map(({ id, check, outcome, reason, remarks }) => ({
      id,
      check,
      outcome,
      reason,
      remarks,
    }))
    parentPort.postMessage({ job, result: { verdict, verdicts: kept } })
  } catch (error) {
    parentPort.postMessage({ job, error: String(error?.stack ?? error) })
  }
})
