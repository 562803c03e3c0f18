import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import type { ConformanceOptions, RunResult } from '../harness/index.ts'
import type { Revision } from '../harness/model.ts'
import { bundledServers } from '../harness/target/bundled.ts'
import { overview } from '../reports/overview.tsx'
import { terminalLine } from '../reports/terminal-line.ts'
import { judgeBeside, judgeHere } from './judging-threads.ts'
import type { Judge } from './judging-threads.ts'
import type { Page } from './judge-page.ts'

/** Both wires: the last revision with sessions, and the one without. */
const wires: Revision[] = ['2025-11-25', '2026-07-28']
/** Runs at once on one thread: while one waits for keys to change and tokens to run out, another works. */
const width = 2

/**
 * Judges every reference server on both wires, and writes one page for each run and one over all.
 * Gives the worst exit code.
 */
export async function runAll(options: ConformanceOptions, out: string): Promise<number> {
  const revisions = options.revision === undefined ? wires : [options.revision]
  const pages = Object.keys(bundledServers).flatMap((server) =>
    revisions.map((revision): Page => ({
      server,
      revision,
      file: path.join(out, `${server}-${revision}.html`),
    })),
  )
  const threads = Math.min(availableParallelism(), Math.ceil(pages.length / width))
  const judges = Array.from({ length: threads }, (_, index) =>
    index === 0 ? judgeHere(options) : judgeBeside(options),
  )
  const results = await judgeAll(pages, judges, options.signal)
  const entries = pages.flatMap((page) => {
    const result = results.get(page)
    return result ? [{ result, page: path.basename(page.file) }] : []
  })
  const report = path.join(out, 'report.html')
  await writeFile(report, overview(entries))
  console.log(`\n report  ${report}`)
  return worst(entries.map(({ result }) => result.verdict.exitCode))
}

async function judgeAll(
  pages: Page[],
  judges: Judge[],
  signal: AbortSignal | undefined,
): Promise<Map<Page, RunResult>> {
  const waiting = [...pages]
  const results = new Map<Page, RunResult>()
  const work = async (judge: Judge): Promise<void> => {
    for (let page = waiting.shift(); page !== undefined; page = waiting.shift()) {
      if (signal?.aborted) return
      const result = await judge.judge(page)
      results.set(page, result)
      console.log(terminalLine(result))
    }
  }
  try {
    await Promise.all(judges.flatMap((judge) => Array.from({ length: width }, () => work(judge))))
  } finally {
    await Promise.all(judges.map((judge) => judge.close()))
  }
  return results
}

/** Our own error before an interruption, before what is wrong with a server. */
function worst(codes: number[]): number {
  return [70, 130, 3, 2, 1, 4].find((code) => codes.includes(code)) ?? 0
}
