import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { json, parseReport, UnreadableReport } from './json.ts'
import { reportSchema } from './report-schema.ts'
import { sampleResult } from './sample.ts'
import type { RunResult } from '../harness/model.ts'

const ajv = new Ajv2020({ strict: false, validateFormats: false })
const validate = ajv.compile(reportSchema())

function altered(change: (result: RunResult) => void): RunResult {
  const result = sampleResult()
  change(result)
  return result
}

test('what was written is read back the same', () => {
  expect(parseReport(json(sampleResult()))).toEqual(sampleResult())
})

test('the text holds no tag and no control character', () => {
  const text = json(sampleResult())
  expect(text).not.toContain('<')
  // oxlint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/)
})

test('the published schema is the one of this source', async () => {
  const text = `${JSON.stringify(reportSchema(), null, 2)}\n`
  await expect(text).toMatchFileSnapshot('./report.schema.json')
})

test('the schema accepts the sample and members that are added later', () => {
  expect(validate(JSON.parse(json(sampleResult())))).toBe(true)
  expect(validate({ ...sampleResult(), grade: 'B' })).toBe(true)
})

test.each<[string, (result: RunResult) => void]>([
  ['an unknown outcome', (result) => Object.assign(result.verdicts[0] ?? {}, { outcome: 'ok' })],
  ['a missing verdict list', (result) => Reflect.deleteProperty(result, 'verdicts')],
  [
    'a header without a value',
    (result) =>
      Object.assign(result.roundTrips[0] ?? {}, {
        request: { method: 'GET', url: '', headers: [['a']], body: '' },
      }),
  ],
  ['a negative duration', (result) => Object.assign(result, { elapsed: -1 })],
  [
    'a status that is a text',
    (result) => Object.assign(result.roundTrips[0]?.response ?? {}, { status: '200' }),
  ],
])('the schema and the reader refuse %s', (_what, change) => {
  const result = altered(change)
  expect(validate(JSON.parse(JSON.stringify(result)))).toBe(false)
  expect(() => parseReport(JSON.stringify(result))).toThrow('The report is damaged: ')
})

test.each([
  ['no JSON', '<html>', 'This is not a report: it is not JSON'],
  ['a list', '[]', 'it has no schemaVersion'],
  ['another file', '{"name":"x"}', 'it has no schemaVersion'],
  ['a strange version', '{"schemaVersion":"one"}', 'its schemaVersion is "one"'],
  ['a newer major', '{"schemaVersion":2}', 'has format version 2; this release reads up to 1'],
])('%s is refused with the reason', (_what, text, message) => {
  expect(() => parseReport(text)).toThrow(message)
  expect(() => parseReport(text)).toThrow(UnreadableReport)
})
