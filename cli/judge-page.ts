import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runConformance } from '../harness/run-conformance.ts'
import type { ConformanceOptions, RunResult } from '../harness/index.ts'
import type { Revision } from '../harness/model.ts'
import { html } from '../reports/html.tsx'
import { json } from '../reports/json.ts'

/** One run of several: which server, on which wire, and the file of its page. */
export interface Page {
  server: string
  revision: Revision
  /** Ends in `.html`; its report stands beside it in `.json`. */
  file: string
}

/** Judges the server and writes its page and its report. Gives the result without what is in these. */
export async function judgePage(
  { server, revision, file }: Page,
  options: ConformanceOptions,
): Promise<RunResult> {
  const result = await runConformance({ ...options, server, revision })
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, html(result))
  await writeFile(file.replace(/html$/, 'json'), json(result))
  return { ...result, evidence: [], roundTrips: [] }
}
