import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ConformanceOptions, RunResult } from '../harness/index.ts'
import { ServerHouse } from '../harness/target/server-house.ts'
import { judgePage } from './judge-page.ts'
import type { Page } from './judge-page.ts'
import type { Answered, Asked } from './judging-thread.ts'

/** Judges pages, on this thread or another one. */
export interface Judge {
  judge(page: Page): Promise<RunResult>
  close(): Promise<void>
}

export function judgeHere(options: ConformanceOptions): Judge {
  const house = new ServerHouse()
  return {
    judge: (page) => judgePage(page, { ...options, startProcess: house.start }),
    close: () => house.close(),
  }
}

/** On a thread of its own, which loads its own code. */
export function judgeBeside(given: ConformanceOptions): Judge {
  const { signal, progress: _progress, ...options } = given
  const worker = new Worker(new URL('judging-thread.js', import.meta.url))
  const ask = (asked: Asked): void => worker.postMessage(asked)
  const waiting = new Map<number, (answered: Answered) => void>()
  let failed: Error | null = null
  let pages = 0
  worker.on('message', (answered: Answered) => waiting.get(answered.id)?.(answered))
  worker.on('error', (error) => {
    failed = error as Error
    for (const [id, settle] of waiting) settle({ id, error: failed.message })
  })
  signal?.addEventListener('abort', () => ask('interrupt'), { once: true })
  return {
    judge: async (page) => {
      const id = (pages += 1)
      const answered = await new Promise<Answered>((resolve) => {
        waiting.set(id, resolve)
        ask({ id, page, options })
      })
      if ('result' in answered) return answered.result
      throw new Error(answered.error)
    },
    close: async () => {
      if (failed) return
      const exited = once(worker, 'exit')
      ask('close')
      await exited
    },
  }
}
