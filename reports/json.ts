/**
 * `report.json`: the run result itself, the one format that every other is made from.
 */
import type { z } from 'zod'
import type { RunResult } from '../harness/model.ts'
import { report, reportVersion } from './report-schema.ts'

/** Characters that JSON allows and that steer terminals or, in a page, start a tag. */
const unsafe = /[<\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g

/**
 * The result as JSON on one line, with a final line feed. Reading it gives the same result back;
 * control characters and `<` are written as escapes.
 */
export function json(result: RunResult): string {
  return `${members(result)}\n`
}

/** Written piece by piece, since the whole is long, and escaping it would take as much again. */
function members(result: RunResult): string {
  const written = Object.entries(result).flatMap(([name, value]: [string, unknown]) => {
    const text = Array.isArray(value)
      ? `[${value.map((item) => piece(item) ?? 'null').join(',')}]`
      : piece(value)
    return text === undefined ? [] : [`${piece(name)}:${text}`]
  })
  return `{${written.join(',')}}`
}

function piece(value: unknown): string | undefined {
  return (JSON.stringify(value) as string | undefined)?.replace(unsafe, escape)
}

/** A file that is not a report this release can read. The message says what to do. */
export class UnreadableReport extends Error {
  override readonly name = 'UnreadableReport'
}

/** Reads a `report.json` of this major. Throws {@link UnreadableReport}. */
export function parseReport(text: string): RunResult {
  const value = readJson(text.replace(/^\ufeff/, ''))
  const version = versionOf(value)
  if (version > reportVersion) {
    throw new UnreadableReport(
      `The report has format version ${version}; this release reads up to ${reportVersion}. Use a newer release.`,
    )
  }
  const read = report.safeParse(value)
  if (read.success) return value as RunResult
  throw new UnreadableReport(`The report is damaged: ${describeIssues(read.error.issues)}.`)
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw new UnreadableReport(`This is not a report: it is not JSON (${detail}).`, {
      cause: error,
    })
  }
}

function versionOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || !('schemaVersion' in value)) {
    throw new UnreadableReport(
      'This is not a report: it has no schemaVersion. Give the report.json of a run.',
    )
  }
  const { schemaVersion } = value
  if (typeof schemaVersion === 'number' && Number.isInteger(schemaVersion) && schemaVersion > 0) {
    return schemaVersion
  }
  throw new UnreadableReport(
    `This is not a report: its schemaVersion is ${JSON.stringify(schemaVersion)}, not a whole number.`,
  )
}

function describeIssues(issues: z.core.$ZodIssue[]): string {
  const shown = issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'the whole'}: ${issue.message}`)
  const left = issues.length - shown.length
  return shown.join('; ') + (left > 0 ? `; and ${left} more` : '')
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
