import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runConformance } from '../harness/index.ts'
import type { ConformanceOptions, RunResult } from '../harness/index.ts'
import type { Revision } from '../harness/model.ts'
import { bundledServers } from '../harness/target/bundled.ts'
import { ServerHouse } from '../harness/target/server-house.ts'
import { overview } from '../reports/overview.tsx'
import { html } from '../reports/html.tsx'
import { json } from '../reports/json.ts'
import { terminalLine } from '../reports/terminal-line.ts'

/** Both wires: the last revision with sessions, and the one without. */
const wires: Revision[] = ['2025-11-25', '2026-07-28']
/** Runs at once: most of a run is waiting for keys to change and tokens to run out. */
const atOnce = 4

/**
 * Judges every reference server on both wires, and writes one page for each run and one over all.
 * Gives the worst exit code.
 */
export async function runAll(options: ConformanceOptions, out: string): Promise<number> {
  const revisions = options.revision === undefined ? wires : [options.revision]
  const waiting = Object.keys(bundledServers).flatMap((server) =>
    revisions.map((revision) => ({ server, revision })),
  )
  const pages = waiting.map(({ server, revision }) => `${server}-${revision}.html`)
  const results = new Map<string, RunResult>()
  const house = new ServerHouse()
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (options.signal?.aborted) return
      const startProcess = house.start
      const result = await runConformance({ ...options, ...next, instances: 2, startProcess })
      const page = `${next.server}-${next.revision}.html`
      results.set(page, result)
      await write(path.join(out, page), html(result))
      await write(path.join(out, page.replace(/html$/, 'json')), json(result))
      console.log(terminalLine(result))
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, worker))
  } finally {
    await house.close()
  }
  const entries = pages.flatMap((page) => {
    const result = results.get(page)
    return result ? [{ result, page }] : []
  })
  const report = path.join(out, 'report.html')
  await write(report, overview(entries))
  console.log(`\n report  ${report}`)
  return worst(entries.map(({ result }) => result.verdict.exitCode))
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text)
}

/** Our own error before an interruption, before what is wrong with a server. */
function worst(codes: number[]): number {
  return [70, 130, 3, 2, 1, 4].find((code) => codes.includes(code)) ?? 0
}
