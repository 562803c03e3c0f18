import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { junit } from './junit.ts'
import { sampleResult } from './sample.ts'

const xml = junit(sampleResult())

/** The parser of libxml2, which shares no code with the writer. */
function query(path: string): string {
  const run = spawnSync('xmllint', ['--xpath', path, '-'], { input: xml, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
  return run.stdout.trim()
}

const hasParser = spawnSync('xmllint', ['--version']).status === 0

test('the report of the sample is as committed', async () => {
  await expect(xml).toMatchFileSnapshot('../fixtures/golden/report.junit.xml')
})

test('no control character and no open end of CDATA is left', () => {
  // oxlint-disable-next-line no-control-regex
  expect(xml).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/)
  expect(xml).not.toContain('[31m')
})

test('classname and name together are unique', () => {
  const names = [...xml.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"/g)]
  expect(names).toHaveLength(19)
  expect(new Set(names.map((match) => `${match[1]} ${match[2]}`)).size).toBe(19)
})

// Skipped where the parser is missing, but never on a build server.
describe.skipIf(!hasParser && process.env['CI'] !== 'true')('read by libxml2', () => {
  test('another parser reads it and counts the same', () => {
    expect(query('count(//testcase)')).toBe('19')
    expect(query('count(//failure)')).toBe('4')
    expect(query('count(//error)')).toBe('4')
    expect(query('count(//skipped)')).toBe('4')
    expect(query('string(/testsuites/@tests)')).toBe('19')
    expect(query('string(/testsuites/@failures)')).toBe('4')
    expect(query('string(/testsuites/@skipped)')).toBe('4')
  })

  test('a failure holds the whole story as content', () => {
    const content = query('string((//testcase[contains(@name,"[sibling]")]/failure)[1])')
    expect(content).toContain('expected: 401, Bearer error="invalid_token"')
    expect(content).toContain('actual: 200, tools/list result')
    expect(content).toContain('fix: Compare aud')
    expect(content).toContain(
      'clause: RFC 8707 §2 https://www.rfc-editor.org/rfc/rfc8707.html#section-2',
    )
    expect(content).toContain('$ACCESS_TOKEN_2"')
    expect(query('string(//testcase[contains(@name,"[sibling]")]/@classname)')).toBe(
      'resource-server.token',
    )
  })

  test('hostile text is text', () => {
    const content = query('string(//testcase[starts-with(@name,"challenge.syntax")]/failure)')
    expect(content).toContain('<script>alert(1)</script>')
    expect(content).toContain(']]> &lt; &amp;')
    expect(query('count(//script)')).toBe('0')
  })

  test('skipped says what is needed, a warning is no failure', () => {
    expect(query('string(//testcase[starts-with(@name,"scope.insuff")]/skipped/@message)')).toBe(
      'needs issuer',
    )
    expect(
      query('string(//testcase[starts-with(@name,"challenge.scope-p")]/system-out)'),
    ).toContain('Warning (SHOULD)')
    expect(query('count(//testcase[starts-with(@name,"challenge.scope-p")]/failure)')).toBe('0')
  })
})
