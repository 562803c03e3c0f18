import { parentPort } from 'node:worker_threads'
import type { ConformanceOptions, RunResult } from '../harness/index.ts'
import { ServerHouse } from '../harness/target/server-house.ts'
import { judgePage } from './judge-page.ts'
import type { Page } from './judge-page.ts'

/** What the main thread asks of another one. */
export type Asked = { id: number; page: Page; options: ConformanceOptions } | 'interrupt' | 'close'

export type Answered = { id: number; result: RunResult } | { id: number; error: string }

const house = new ServerHouse()
const interrupt = new AbortController()

parentPort?.on('message', (asked: Asked) => {
  if (asked === 'interrupt') interrupt.abort()
  else if (asked === 'close') void house.close().then(() => parentPort?.close())
  else void answer(asked)
})

async function answer({ id, page, options }: Exclude<Asked, string>): Promise<void> {
  let answered: Answered
  try {
    const powers = { startProcess: house.start, signal: interrupt.signal }
    answered = { id, result: await judgePage(page, { ...options, ...powers }) }
  } catch (error) {
    answered = {
      id,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }
  }
  parentPort?.postMessage(answered)
}
