import { programs, upstreams } from './programs.ts'
import type { Program, RunningServer } from './resource-server/run-program.ts'

/** What the parent asks for: to load a program by its folder, to start it, or to end one that runs. */
type Asked =
  | { load: string }
  | { id: number; start: string; env: Record<string, string> }
  | { id: number; stop: true }

const running = new Map<number, Promise<RunningServer | null>>()

/**
 * One process for any number of reference servers. Its parent asks for them by messages and is told
 * `{ id, ended }` of each that could not start or was ended; it does not outlive its parent.
 */
process.on('message', (asked: Asked) => {
  if ('start' in asked) running.set(asked.id, start(asked.id, asked.start, asked.env))
  else if ('stop' in asked) void stop(asked.id)
  else void load(asked.load).catch(() => undefined)
})
process.on('disconnect', () => process.exit(0))

function load(folder: string): Promise<Program> {
  const loading = (programs[folder] ?? upstreams[folder])?.()
  return loading ?? Promise.reject(new Error(`there is no reference server in ${folder}`))
}

async function start(
  id: number,
  folder: string,
  env: Record<string, string>,
): Promise<RunningServer | null> {
  try {
    const program = await load(folder)
    const server = await program.start({ ...process.env, ...env })
    console.log(`${program.name} listens on ${server.url}`)
    return server
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.send?.({ id, ended: 'ended with exit code 1' })
    return null
  }
}

async function stop(id: number): Promise<void> {
  const server = await running.get(id)
  running.delete(id)
  await server?.close()
  process.send?.({ id, ended: 'was ended' })
}
