import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { shortLived } from '../harness/engine-flags.ts'
import type { ConformanceOptions } from '../harness/index.ts'
import type { RunResult, Verdict } from '../harness/model.ts'

/** What the matrix reads of a run. */
export interface Judged {
  verdict: RunResult['verdict']
  verdicts: Pick<Verdict, 'id' | 'check' | 'outcome' | 'reason' | 'remarks'>[]
}

interface Job {
  options: ConformanceOptions
  /** The server runs on the thread that judges it; else it is a process, as users start it. */
  here: boolean
  resolve(judged: Judged): void
  reject(error: Error): void
}

/** Runs at once on one thread: while one waits for a server, another works. */
const width = 2

/** Megabytes. What a run leaves behind is collected seldom, for it is collected all at once. */
const resourceLimits = { maxYoungGenerationSizeMb: 128 }

/** Threads that judge servers, one for each core. */
export class JudgingPool {
  readonly #workers: Worker[] = []
  readonly #free: Worker[] = []
  readonly #waiting: Job[] = []
  readonly #running = new Map<number, Job>()
  #jobs = 0

  constructor(threads: number = Math.min(availableParallelism(), 4)) {
    for (const flag of shortLived) setFlagsFromString(flag)
    for (let count = 0; count < threads; count += 1) {
      const worker = new Worker(new URL('matrix-worker.mjs', import.meta.url), { resourceLimits })
      worker.on('message', (answer) => this.#settle(worker, answer))
      worker.on('error', (error) => this.#fail(error as Error))
      this.#workers.push(worker)
      this.#free.push(...Array.from({ length: width }, () => worker))
    }
  }

  judge(options: ConformanceOptions, here: boolean): Promise<Judged> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ options, here, resolve, reject })
      this.#next()
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #next(): void {
    const worker = this.#free[0]
    const job = this.#waiting[0]
    if (worker === undefined || job === undefined) return
    this.#free.shift()
    this.#waiting.shift()
    this.#jobs += 1
    this.#running.set(this.#jobs, job)
    worker.postMessage({ job: this.#jobs, options: job.options, here: job.here })
  }

  #settle(worker: Worker, answer: { job: number; result?: Judged; error?: string }): void {
    const job = this.#running.get(answer.job)
    this.#running.delete(answer.job)
    this.#free.push(worker)
    if (answer.result) job?.resolve(answer.result)
    else job?.reject(new Error(answer.error))
    this.#next()
  }

  #fail(error: Error): void {
    for (const job of [...this.#running.values(), ...this.#waiting.splice(0)]) job.reject(error)
    this.#running.clear()
  }
}
