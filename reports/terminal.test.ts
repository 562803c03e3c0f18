import { expect, test } from 'vitest'
import { sampleResult } from './sample.ts'
import { terminal } from './terminal.ts'

const plain = { colour: false, verbose: true, quiet: false }
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/

test('the report of the sample is as committed', async () => {
  const text = terminal(sampleResult(), { colour: false, verbose: false, quiet: false })
  await expect(text).toMatchFileSnapshot('../fixtures/golden/report.txt')
})

test('without colour there is no control character, whatever the target said', () => {
  expect(terminal(sampleResult(), plain)).not.toMatch(control)
})

test('colour adds sequences and nothing else', () => {
  const coloured = terminal(sampleResult(), { ...plain, colour: true })
  expect(coloured).toContain('\u001b[31m✗\u001b[39m')
  // oxlint-disable-next-line no-control-regex
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(terminal(sampleResult(), plain))
})

test('no line can pass for a command of a build runner', () => {
  const result = sampleResult()
  result.verdict.sentence = '::error::owned'
  const text = terminal(result, plain)
  expect(text).not.toMatch(/^\s*::/m)
  expect(text).not.toContain('##[')
})

test('a violation names what was expected, what came, the fix, the clause and the definition', () => {
  const text = terminal(sampleResult(), plain)
  const block = text.split('\n\n').find((part) => part.includes('✗ token.audience')) ?? ''
  expect(block).toContain('expected  401, Bearer error="invalid_token"')
  expect(block).toContain('actual    200, tools/list result  round trip #31')
  expect(block).toContain(
    'fix       Compare aud with https://mcp.sample.example/mcp, byte for byte.',
  )
  expect(block).toContain(
    'clause    RFC 8707 §2  https://www.rfc-editor.org/rfc/rfc8707.html#section-2',
  )
  expect(block).toContain('defined   scenarios/sample.yaml:5:5')
})

test('variants that fail alike are one block', () => {
  const text = terminal(sampleResult(), plain)
  expect(text).toContain('3 of 4 variants')
  expect(text).toContain('variants  sibling · subdomain · upper-host')
  expect(text.match(/✗ token\.audience-mismatch/g)).toHaveLength(1)
})

test('under strict a violated SHOULD is a violation', () => {
  const result = { ...sampleResult(), strict: true }
  expect(terminal(result, plain)).toContain('✗ challenge.scope-parameter  SHOULD')
  expect(terminal(sampleResult(), plain)).toContain('! challenge.scope-parameter  SHOULD')
})

test('quiet keeps violations, errors of the tool and the verdict', () => {
  const text = terminal(sampleResult(), { colour: false, verbose: false, quiet: true })
  expect(text).toContain('✗ token.audience-mismatch-rejected')
  expect(text).toContain('NOT CONFORMANT')
  expect(text).not.toContain('scope-parameter')
  expect(text).not.toContain('revision')
})

test('an empty run still has a verdict', () => {
  const result = { ...sampleResult(), verdicts: [], checks: [] }
  expect(terminal(result, plain)).toContain('NOT CONFORMANT · nothing judged')
})

test('missing means are said with what they unlock', () => {
  expect(terminal(sampleResult(), plain)).toContain('+33 with issuer: start the server')
})
