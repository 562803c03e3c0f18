import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** The end of what a program printed. */
export function keptOutput(output: string): string {
  return output.slice(-256 * 1024)
}

/** A child process with its whole process group, and the end of what it printed. */
export interface ServerProcess {
  output(): string
  /** Null while it runs, else what it ended with. */
  ended(): string | null
  /** What to look at when it runs and does not answer. */
  hint?: string
  stop(): Promise<void>
}

/** Starts what is to answer at a port of this machine. */
export type StartServer = (
  command: string | string[],
  env: Record<string, string>,
  directory: string | undefined,
  port: number,
) => ServerProcess

const running = new Set<ChildProcess>()

/** Children end with us, also when we are interrupted or crash. */
process.on('exit', () => {
  for (const child of running) killGroup(child, 'SIGKILL')
})

/** Starts a program in a process group of its own. `command` is a shell line, or a program with arguments. */
export function startProcess(
  command: string | string[],
  env: Record<string, string>,
  directory?: string,
): ServerProcess {
  const [program = '', ...args] = Array.isArray(command) ? command : ['/bin/sh', '-c', command]
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(directory === undefined ? {} : { cwd: directory }),
  })
  running.add(child)
  let output = ''
  let ended: string | null = null
  const keep = (chunk: Buffer): void => {
    output = keptOutput(output + chunk.toString('utf8'))
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  child.on('error', (error) => {
    ended = `could not be started: ${error.message}`
  })
  child.on('exit', (code, signal) => {
    ended ??= signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
    killGroup(child, 'SIGKILL')
    running.delete(child)
  })
  return {
    output: () => output,
    ended: () => ended,
    stop: async () => {
      if (ended !== null) return
      const exited = once(child, 'exit')
      killGroup(child, 'SIGTERM')
      await Promise.race([exited, delay(2000, undefined, { ref: false })])
      if (ended === null) {
        killGroup(child, 'SIGKILL')
        await exited
      }
    },
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group is gone already.
  }
}
