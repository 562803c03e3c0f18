/**
 * The shape of `report.json` as a schema: what {@link parseReport} accepts and what is published.
 * Objects are open, because a later release of the same major may add members.
 */
import { z } from 'zod'
import { means, outcomes, revisions, verbs } from '../harness/model.ts'
import type { RunResult } from '../harness/model.ts'

/** The major of the report format that this release writes. */
export const reportVersion = 1

const json = z.json()
const jsonMap = z.record(z.string(), json)
const text = z.string()
const milliseconds = z.number().min(0)
const count = z.int().min(0)
const id = z.int().min(0)
const level = z.enum(['MUST', 'MUST NOT', 'SHOULD', 'SHOULD NOT', 'MAY'])
const role = z.enum(['resource-server', 'authorization-server', 'client'])
const revision = z.enum(revisions)
const headerList = z.array(z.tuple([text, text]))

const roundTrip = z.looseObject({
  id,
  at: milliseconds.describe('Milliseconds since the start of the run'),
  elapsed: milliseconds,
  request: z.looseObject({ method: text, url: text, headers: headerList, body: text }),
  response: z
    .looseObject({ status: z.int(), headers: headerList, body: text, bytes: count })
    .nullable(),
  failure: z.looseObject({ code: text, message: text }).nullable(),
  revision,
  token: z
    .looseObject({ marker: text, header: json, claims: json, note: text.exactOptional() })
    .exactOptional(),
})

const observedRequest = z.looseObject({
  endpoint: text,
  method: text,
  path: text,
  query: z.record(text, text),
  header: z.record(text, text),
  status: z.int(),
  at: z.number().describe('Milliseconds since the epoch'),
  json: z.record(text, json).exactOptional(),
})

const stepEvidence = z.looseObject({
  name: text,
  verb: z.enum(verbs),
  answers: z.array(
    z.looseObject({
      roundTrip: id.nullable(),
      opening: z.literal(true).exactOptional(),
      json: json.exactOptional(),
      claims: z.record(text, json).exactOptional().describe('Of an access token that was issued'),
      events: z.array(json).exactOptional(),
      screenshots: z.array(text).exactOptional().describe('PNG in base64'),
    }),
  ),
  roundTrips: z.array(id),
  requests: z.array(observedRequest).exactOptional(),
  elapsed: z.number().min(0).describe('Seconds'),
})

const evidence = z.looseObject({
  probe: text,
  sibling: z.int().min(0).exactOptional(),
  steps: z.array(stepEvidence),
  tokens: z.record(text, text),
  unmet: z
    .looseObject({
      step: text,
      kind: z.enum([
        'require',
        'assume',
        'control',
        'cut-short',
        'unheld',
        'out-of-reach',
        'void',
        'broken',
        'error',
      ]),
      reason: text,
    })
    .nullable(),
  control: z
    .looseObject({
      what: text,
      accepted: z.boolean(),
      reason: text.nullable(),
      ran: z.boolean(),
      roundTrips: z.array(id),
    })
    .nullable(),
})

const verdict = z.looseObject({
  id: text.min(1),
  check: text.min(1),
  requirement: text,
  variant: text.nullable(),
  level,
  outcome: z.enum(outcomes),
  reason: text,
  remarks: z.array(z.looseObject({ text, faults: z.array(text) })),
  expected: text.nullable(),
  actual: text.nullable(),
  step: text.nullable(),
  roundTrip: id.nullable(),
  missing: z.array(text),
  recorded: jsonMap,
  probe: text.nullable(),
})

const checkSummary = z.looseObject({
  id: text.min(1),
  requirement: text,
  area: text,
  title: text,
  hint: text,
  text,
  level,
  role,
  sources: z.array(z.looseObject({ doc: text, section: text, url: text })),
  faults: z.array(text),
  defined: text.describe('file:line:column'),
})

const coverage = z.looseObject({
  outcomes: z.record(z.enum(outcomes), count),
  must: z.looseObject({ total: count, applicable: count, judged: count }),
  unlocks: z.array(z.looseObject({ means: text, checks: count, how: text })),
})

const runVerdict = z.looseObject({
  kind: z.enum([
    'conformant',
    'unconfirmed',
    'not-conformant',
    'inconclusive',
    'not-graded',
    'unreachable',
    'interrupted',
  ]),
  sentence: text,
  advice: text.nullable(),
  decidedBy: text.nullable(),
  exitCode: z.int().min(0).max(255),
})

const shape = z.looseObject({
  schemaVersion: z.literal(reportVersion),
  tool: z.looseObject({ name: text, version: text }),
  target: z.looseObject({
    name: text,
    url: text,
    resource: text,
    role,
    kind: z.enum(['url', 'command', 'server', 'image']),
  }),
  revision,
  wire: z.enum(['stateful', 'stateless']),
  negotiated: text,
  started: z.iso.datetime({ offset: true }),
  elapsed: milliseconds,
  waited: milliseconds,
  command: text,
  means: z.array(z.enum(means)),
  strict: z.boolean(),
  verdict: runVerdict,
  coverage,
  checks: z.array(checkSummary),
  verdicts: z.array(verdict),
  evidence: z.array(evidence),
  roundTrips: z.array(roundTrip),
  facts: jsonMap,
  siblings: z.array(z.looseObject({ url: text, facts: jsonMap })),
  targetOutput: text.nullable(),
})

type Json = RunResult['facts'][string]
/** Interfaces as plain objects, which may be compared with open ones; JSON values as they are. */
type Plain<T> = [Json] extends [T]
  ? Json
  : T extends object
    ? { [Member in keyof T]: Plain<T[Member]> }
    : T

/**
 * A whole report. The types hold both ways: what it reads is a result, and every result that the
 * harness can make is read.
 */
export const report: z.ZodType<RunResult> = shape satisfies Plain<RunResult> extends z.input<
  typeof shape
>
  ? z.ZodType<RunResult>
  : never

/** JSON Schema (draft 2020-12) of `report.json`, as published in `reports/report.schema.json`. */
export function reportSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(report, { target: 'draft-2020-12', io: 'input' })
  return {
    $schema,
    title: 'Report of mcp-auth-conformance',
    description: `The result of one run, format version ${reportVersion}. Members may be added within a version, never removed or given another meaning.`,
    ...schema,
  }
}
