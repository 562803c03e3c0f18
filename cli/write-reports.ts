import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Reporter, RunResult } from '../harness/model.ts'
import { UsageError } from '../harness/select.ts'
import { didYouMean } from '../harness/scenario/suggest.ts'

/** Each format is one file of `reports/`, imported when it is asked for. */
const reporters: Record<string, { file: string; load: () => Promise<Reporter> }> = {
  html: { file: 'report.html', load: async () => (await import('../reports/html.tsx')).html },
  json: { file: 'report.json', load: async () => (await import('../reports/json.ts')).json },
  junit: {
    file: 'report.junit.xml',
    load: async () => (await import('../reports/junit.ts')).junit,
  },
}

interface ReportFlags {
  reporter?: string[]
  out: string
  json?: boolean
  quiet?: boolean
  verbose?: boolean
}

/** Writes what `--reporter` names (terminal, html and json unless given) and prints the terminal report. */
export async function writeReports(result: RunResult, flags: ReportFlags): Promise<void> {
  const wanted = readReporters(flags.reporter)
  const toWrite: { text: string; file: string }[] = []
  let stdoutTaken = flags.json === true
  if (flags.json === true) process.stdout.write(await render('json', result))
  for (const { name, place } of wanted) {
    if (name === 'terminal') continue
    const text = await render(name, result)
    if (place === '-') {
      stdoutTaken = true
      process.stdout.write(text)
    } else {
      toWrite.push({ text, file: place ?? path.join(flags.out, reporters[name]?.file ?? name) })
    }
  }
  const files = await Promise.all(toWrite.map(({ text, file }) => write(text, file)))
  if (!wanted.some(({ name }) => name === 'terminal')) return
  const stream = stdoutTaken ? process.stderr : process.stdout
  const { terminal } = await import('../reports/terminal.ts')
  stream.write(
    terminal(result, {
      colour: colourful(stream),
      verbose: flags.verbose === true,
      quiet: flags.quiet === true,
    }),
  )
  if (files.length > 0 && flags.quiet !== true) stream.write(` report  ${files.join('  ')}\n`)
}

async function write(text: string, file: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text)
  return file
}

/** Loads what will write the reports; done while a run waits, it costs nothing. */
export async function loadReporters(flag?: string[]): Promise<void> {
  const names = readReporters(flag).map(({ name }) => name)
  await Promise.all(
    names.map((name) => reporters[name]?.load() ?? import('../reports/terminal.ts')),
  )
}

interface Wanted {
  name: string
  /** A path, `-` for standard output, or null for the usual place. */
  place: string | null
}

/**
 * What `--reporter` names.
 * @throws UsageError for a format that is not known
 */
export function readReporters(flag: string[] = ['terminal', 'html', 'json']): Wanted[] {
  return flag.flatMap((entry) => entry.split(',')).map(parseEntry)
}

function parseEntry(entry: string): Wanted {
  const [name = '', ...rest] = entry.split('=')
  const known = ['terminal', ...Object.keys(reporters)]
  if (!known.includes(name)) {
    throw new UsageError(
      `there is no reporter "${name}"${didYouMean(name, known)} Known: ${known.join(', ')}.`,
    )
  }
  return { name, place: rest.length > 0 ? rest.join('=') : null }
}

async function render(name: string, result: RunResult): Promise<string> {
  const reporter = reporters[name]
  if (!reporter) throw new UsageError(`there is no reporter "${name}".`)
  return (await reporter.load())(result)
}

function colourful(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return true
  return stream.isTTY && TERM !== 'dumb'
}
