import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { faultProblems, plantedFaults } from '../cli/faults-page.ts'
import { describeLevels, fillMarkers, generateAll } from '../cli/generate.ts'
import type { Check } from '../harness/model.ts'
import { editorSchema } from '../harness/scenario/editor-schema.ts'
import { loadScenarios } from '../harness/scenario/load.ts'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const validate = new Ajv({ strict: false }).compile(editorSchema())

describe('the generated files', async () => {
  const generated = await generateAll()
  it.each([...generated])('%s is what npm run generate writes', (file, text) => {
    expect(read(file)).toBe(text)
  })
  it('name every planted fault with the server that has it', () => {
    expect(generated.get('docs/faults.md')).not.toContain('Planted in no reference server')
  })
})

describe('the faults', async () => {
  const scenarios = await loadScenarios()
  const planted = await plantedFaults()
  const [check] = scenarios.checks.filter(({ faults }) => faults.includes('skip-audience'))

  it('are each listed by a check, or say what they break; each requirement has one or a reason', () => {
    expect(faultProblems(scenarios, planted)).toEqual([])
  })

  const fault = { about: 'A.', servers: ['local-rsa'] }
  it.each([
    ['that a check lists and that is not yet judged', { 'skip-audience': ['prm.scopes-minimal'] }],
    ['that no check lists and that says nothing', { new: undefined }],
    ['that breaks what nobody knows', { new: ['token.no-such'] }],
    ['of a requirement that has a reason for none', { new: ['transport.tls'] }],
  ])('are refused: one %s', (_what, more) => {
    const others = Object.entries(more).map(([name, notYetJudged]) => [
      name,
      { ...fault, ...(notYetJudged && { notYetJudged }) },
    ]) as [string, typeof fault][]
    expect(faultProblems(scenarios, new Map([...planted, ...others]))).toHaveLength(1)
  })

  it('are missed where a requirement has neither check nor reason', () => {
    const fewer = [...planted].filter(([name]) => name !== 'dev-token-open')
    const checks = scenarios.checks.filter(({ id }) => !id.startsWith('dev.'))
    expect(faultProblems({ ...scenarios, checks }, new Map(fewer))).toEqual([
      'dev.no-open-token-endpoint: it needs a fault, or else a reason why there is none',
    ])
  })

  it('leave no reason standing where a check lists one', () => {
    const tls = { ...(check as Check), requirement: 'transport.tls' }
    const checks = [...scenarios.checks, tls]
    expect(faultProblems({ ...scenarios, checks }, planted)).toEqual([
      'transport.tls: a check proves it by a fault',
    ])
  })
})

describe("the editor's schema", () => {
  const files = readdirSync(path.join(root, 'scenarios')).filter(
    (name) => name.endsWith('.yaml') && name !== 'requirements.yaml',
  )
  it.each(files)('accepts scenarios/%s, which names it', (file) => {
    const text = read(`scenarios/${file}`)
    const accepted = validate(parse(text))
    const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'anyOf')
    expect(accepted ? [] : errors.map((each) => `${each.instancePath} ${each.message}`)).toEqual([])
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/scenario\.schema\.json\n/)
  })

  const good = {
    id: 'token.x',
    title: 'T',
    hint: 'H',
    token: 'none',
    expect: 'refused',
    fault: 'f',
  }
  const topic = (check: object): object => ({ title: 'T', checks: [{ ...good, ...check }] })
  it.each([
    ['the plain check', {}],
    ['a typed value from the matrix', { token: { embed: '{{matrix.form}}' } }],
    ['a list from the matrix', { token: { drop: '{{matrix.claims}}' } }],
    ['a list of expectations', { expect: ['refused', { status: [400, 401], mcp: 'none' }] }],
  ])('accepts %s', (_what, change) => {
    validate(topic(change))
    expect(validate.errors).toBe(null)
  })
  it.each([
    ['an unknown member of a check', { levl: 'MUST' }],
    ['an unknown member of a recipe', { token: { claim: { aud: 'x' } } }],
    ['an unknown encoding', { token: { encoding: 'xml' } }],
    ['an unknown matcher value', { expect: { mcp: 'maybe' } }],
    ['an unknown verb', { token: undefined, steps: [{ name: 'a', sleep: '2s' }] }],
    [
      'an unknown verb side by side',
      { steps: [{ name: 'a', together: [{ name: 'b', wait: 1 }] }] },
    ],
    [
      'a member of another verb',
      { steps: [{ name: 'a', open: { what: 'session', call: 'safe' } }] },
    ],
    ['an id without an area', { id: 'audience' }],
  ])('refuses %s', (_what, change) => {
    expect(validate(JSON.parse(JSON.stringify(topic(change))))).toBe(false)
  })
})

describe('levels', () => {
  it('stand alone where all revisions agree', () => {
    const levels = {
      '2025-03-26': 'MUST',
      '2025-06-18': 'MUST',
      '2025-11-25': 'MUST',
      '2026-07-28': 'MUST',
    } as const
    expect(describeLevels(levels, ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'])).toBe(
      'MUST',
    )
    expect(describeLevels(levels, ['2025-03-26'])).toBe('MUST (2025-03-26)')
  })
  it('name the revisions where they differ', () => {
    const levels = {
      '2025-03-26': 'SHOULD',
      '2025-06-18': 'MUST',
      '2025-11-25': 'MUST',
      '2026-07-28': 'MUST',
    } as const
    expect(describeLevels(levels, ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'])).toBe(
      'SHOULD (2025-03-26), MUST (from 2025-06-18)',
    )
  })
})

it('refuses a page without its markers', () => {
  expect(() => fillMarkers('text', 'checks', 'new')).toThrow('the markers of checks are missing')
  expect(fillMarkers('<!-- a:start -->old<!-- a:end -->', 'a', 'new')).toBe(
    '<!-- a:start -->\n\nnew\n\n<!-- a:end -->',
  )
})
