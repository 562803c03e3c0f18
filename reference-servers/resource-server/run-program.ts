import type { Environment } from './config.ts'
import type { Breaks } from './faults/fault.ts'

export interface RunningServer {
  /** The URL of the endpoint on this machine. */
  url: string
  close(): Promise<void>
}

/** A server as a process, or as part of another one. */
export interface Program {
  name: string
  start(env: Environment): Promise<RunningServer>
  faults(): Promise<{
    faults: Record<string, { about: string; notYetJudged?: Breaks }>
    original: string[]
  }>
}

/** The process around a server: `--list-faults`, one line when it listens, an end on a signal. */
export function runProgram({ name, start, faults }: Program): void {
  const main = async (): Promise<void> => {
    if (process.argv.includes('--list-faults')) {
      const planted = await faults()
      for (const [fault, { about }] of Object.entries(planted.faults)) {
        console.log(`${fault}  ${about}`)
      }
      if (planted.original.length > 0) console.log(`original  ${planted.original.join(', ')}`)
      return
    }
    const server = await start(process.env)
    const end = (): void => {
      // A connection that does not want to close must not keep us.
      setTimeout(() => process.exit(0), 50)
      void server.close().finally(() => process.exit(0))
    }
    process.once('SIGTERM', end)
    process.once('SIGINT', end)
    console.log(`${name} listens on ${server.url}`)
  }
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  })
}
