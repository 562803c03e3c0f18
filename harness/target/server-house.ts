import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { shortLived } from '../engine-flags.ts'
import type { ServerProcess } from './process.ts'

/** What a program is told beside its command: those variables that only a whole process can have. */
const ofProcess = 'NODE_EXTRA_CA_CERTS'

/** An instance inside a process. */
interface Guest {
  ended: string | null
  output: string
  leave(): void
}

/**
 * Runs bundled servers side by side in one process beside ours, and starts them anew without loading
 * their code anew: each instance still has its own sockets and nothing of another's.
 */
export class ServerHouse {
  private readonly processes = new Map<string, HouseProcess>()
  private readonly engineFlags: string[]

  /** @param engineFlags of V8, for its processes */
  constructor(engineFlags: string[] = shortLived) {
    this.engineFlags = engineFlags
  }

  /** Begins to load what will be started, for servers that need no authority of ours. */
  warm(main: string): void {
    this.processFor(main, '').load(main)
  }

  /** Stands in for `startProcess`, for commands of bundled servers. */
  readonly start = ([, main = '']: string[] | string, env: Record<string, string>): ServerProcess =>
    this.processFor(main, env[ofProcess] ?? '').start(main, env)

  private processFor(main: string, authority: string): HouseProcess {
    const known = this.processes.get(authority)
    if (known?.isOpen) return known
    const house = new HouseProcess(main, authority, this.engineFlags)
    this.processes.set(authority, house)
    return house
  }

  get pids(): number[] {
    return [...this.processes.values()].map(({ pid }) => pid)
  }

  async close(): Promise<void> {
    await Promise.all([...this.processes.values()].map((house) => house.close()))
    this.processes.clear()
  }
}

class HouseProcess {
  private readonly child: ChildProcess
  private readonly folder: string
  private readonly guests = new Map<number, Guest>()
  private arrivals = 0

  constructor(main: string, authority: string, engineFlags: string[]) {
    this.folder = main.slice(0, main.lastIndexOf(`${path.sep}reference-servers${path.sep}`) + 19)
    this.child = fork(path.join(this.folder, 'house.js'), [], {
      execArgv: [...process.execArgv, ...engineFlags],
      env: { ...process.env, ...(authority === '' ? {} : { [ofProcess]: authority }) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.child.stdout?.on('data', (chunk: Buffer) => this.keep(chunk))
    this.child.stderr?.on('data', (chunk: Buffer) => this.keep(chunk))
    this.child.on('message', ({ id, ended }: { id: number; ended: string }) =>
      this.seeOff(id, ended),
    )
    const gone = (why: string): void => {
      for (const id of this.guests.keys()) this.seeOff(id, why)
    }
    this.child.on('error', (error) => gone(`could not be started: ${error.message}`))
    this.child.on('exit', (code, signal) =>
      gone(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    )
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get isOpen(): boolean {
    return this.child.connected
  }

  load(main: string): void {
    this.child.send({ load: this.folderOf(main) })
  }

  start(main: string, env: Record<string, string>): ServerProcess {
    const id = (this.arrivals += 1)
    let leave = (): void => undefined
    const left = new Promise<void>((resolve) => {
      leave = resolve
    })
    const guest: Guest = { ended: null, output: '', leave }
    this.guests.set(id, guest)
    this.child.send({ id, start: this.folderOf(main), env })
    return {
      output: () => guest.output,
      ended: () => guest.ended,
      stop: async () => {
        if (guest.ended !== null) return
        this.child.send({ id, stop: true })
        await left
      },
    }
  }

  async close(): Promise<void> {
    if (!this.isOpen) return
    const exited = once(this.child, 'exit')
    this.child.disconnect()
    await exited
  }

  private folderOf(main: string): string {
    return path.dirname(path.relative(this.folder, main))
  }

  /** Nobody can tell which of them printed it. */
  private keep(chunk: Buffer): void {
    for (const guest of this.guests.values()) {
      guest.output = (guest.output + chunk.toString('utf8')).slice(-256 * 1024)
    }
  }

  private seeOff(id: number, ended: string): void {
    const guest = this.guests.get(id)
    if (!guest) return
    this.guests.delete(id)
    guest.ended = ended
    guest.leave()
  }
}
