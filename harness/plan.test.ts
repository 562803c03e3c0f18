import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { means as allMeans } from './model.ts'
import type { Means, Revision, Verdict } from './model.ts'
import { howToGive, plan } from './plan.ts'
import type { PlanContext } from './plan.ts'
import type { JsonObject } from './protocol/json.ts'
import { readScenarios } from './scenario/read.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'plan-'))
afterAll(() => rmSync(folder, { recursive: true }))

const catalogue = path.join(folder, 'requirements.yaml')
writeFileSync(
  catalogue,
  `- { id: token.x, level: MUST, role: resource-server, text: T, source: [], revisions: ['2025-06-18', '2025-11-25', { rev: '2026-07-28', level: SHOULD }] }
- { id: grant.x, level: MUST, role: authorization-server, text: T, source: [] }
`,
)

const facts: JsonObject = {
  target: { url: 'http://127.0.0.1:8000/mcp', scopes: { required: ['a'] }, legacy_sse: 'none' },
  tool: { safe: { name: 's' }, guarded: 'none', writes: { name: 'w' } },
  issuer: { alg: 'RS256' },
}

const everything = new Set<Means>(allMeans)

/** What becomes of a check: it is sent, has its verdict without, or belongs to another role. */
type Planned = 'sent' | 'passed over' | Verdict

async function planned(
  members: string,
  changes: Partial<PlanContext> = {},
  rest = '',
): Promise<Planned> {
  const file = path.join(folder, 'x.yaml')
  const own = members.includes('expect') ? '' : 'expect: refused\n'
  const id = members.includes('id:') ? '' : 'id: token.x\n'
  const body = `${id}title: A\nhint: H\nno-fault: N\n${own}${members}`.replaceAll('\n', '\n    ')
  const words = 'expectations: { refused: { status: 401 } }'
  writeFileSync(file, `title: T\nchecks:\n  - ${body}\n${words}\n${rest}`)
  const { scenarios, problems } = await readScenarios([file], catalogue)
  expect(problems).toEqual([])
  const { pending, decided } = plan(scenarios, scenarios.checks, {
    role: 'resource-server',
    revision: '2025-11-25',
    facts,
    held: everything,
    allowWrites: true,
    openServer: false,
    ...changes,
  })
  const [verdict] = decided
  return verdict ?? (pending.length > 0 ? 'sent' : 'passed over')
}

const outcomeOf = (found: Planned): string => (typeof found === 'string' ? found : found.outcome)
const held = (...list: Means[]): { held: Set<Means> } => ({
  held: new Set<Means>(['url', ...list]),
})

describe('without the means a check is untested, and says how to give them', () => {
  it.each<[needs: string, members: string, holds: Means[]]>([
    ['token', 'token: { after-signing: { signature: empty } }', []],
    ['issuer', 'token: { claims: { aud: x } }', []],
    ['issuer', 'token: { claims: { aud: x } }', ['token']],
    ['second-user', 'send: { call: safe, user: b }', ['token']],
    ['second-issuer', 'token: { sign: { key: second-issuer } }', ['issuer', 'token']],
    [
      'restart',
      'steps: [{ name: a, arrange: { target: restart } }, { name: b, send: { token: none } }]\nexpect: { b: refused }',
      [],
    ],
    ['token', 'token: none\nmeans: [token]', []],
  ])('needs %s: %s', async (needs, members, holds) => {
    const how = howToGive[needs as Means]
    expect(await planned(members, held(...holds))).toMatchObject({
      outcome: 'untested',
      missing: [needs],
      reason: `needs ${needs}: ${how}`,
    })
    expect(await planned(members)).toBe('sent')
  })

  it('and names the least that says it all', async () => {
    const both = 'send: { call: safe, user: b, token: { claims: { aud: x } } }'
    expect(await planned(both, held())).toMatchObject({ missing: ['issuer'] })
    expect(await planned('send: { call: safe, user: b }', held())).toMatchObject({
      missing: ['token', 'second-user'],
      reason: `needs token and second-user: ${howToGive.token}; ${howToGive['second-user']}`,
    })
  })

  it('an issuer gives tokens of both users', async () => {
    expect(await planned('send: { call: safe, user: b }', held('issuer'))).toBe('sent')
  })

  it('counts what a condition needs', async () => {
    const rest = `probes: { opened: { steps: [{ name: a, send: base }] } }
conditions: { asked: { on: opened, is: { a: { status: 200 } }, else: E } }
`
    const members = 'token: none\nwhen: [asked]'
    expect(await planned(members, held(), rest)).toMatchObject({ missing: ['token'] })
    expect(await planned(members, held('token'), rest)).toBe('sent')
  })

  it('names no option that does not exist', () => {
    expect(Object.keys(howToGive)).toEqual([...allMeans])
    expect(Object.values(howToGive).join()).not.toMatch(/--browser|--upstream/)
  })
})

describe('a fact has three values', () => {
  it.each<[what: string, members: string, path: string]>([
    ['of a role that is called', 'send: { call: ROLE }', 'tool'],
    ['of a resource', 'send: { read: ROLE }', 'resource'],
    ['of a prompt', 'send: { get-prompt: ROLE }', 'prompt'],
    ['in a template', "send: { path: '{{tool.ROLE.name}}' }", 'tool'],
    ['in what is expected', "token: none\nexpect: { header: { x: '{{tool.ROLE.name}}' } }", 'tool'],
  ])('%s', async (_, members, root) => {
    const fact = members.includes('.name') ? `${root}.some.name` : `${root}.some`
    const text = members.replace('ROLE', 'some')
    const withFact = (value: JsonObject | 'none'): Partial<PlanContext> => ({
      facts: { ...facts, [root]: { some: value } },
    })
    expect(await planned(text, withFact({ name: 'n', uri: 'u:x' }))).toBe('sent')
    expect(await planned(text, withFact('none'))).toMatchObject({
      outcome: 'not-applicable',
      reason: `the server declares no ${fact}`,
      missing: [],
    })
    expect(await planned(text, { facts })).toMatchObject({
      outcome: 'untested',
      missing: [`facts.${fact}`],
      reason: `nothing is declared about ${fact}; declare facts.${fact} in the configuration file (a value, or none)`,
    })
  })

  const conditions = (condition: string): string => `conditions: { asked: ${condition} }\n`
  const when = 'token: none\nwhen: [asked]'

  it.each<[outcome: string, condition: string]>([
    ['sent', '{ fact: tool.safe, else: E }'],
    ['not-applicable', '{ fact: tool.guarded, else: E }'],
    ['untested', '{ fact: tool.notifies, else: E }'],
    ['sent', "{ fact: issuer.alg, is: { matches: '^RS' }, else: E }"],
    ['not-applicable', "{ fact: issuer.alg, is: { matches: '^ES' }, else: E }"],
    ['sent', "{ fact: target.url, is: '{{target.url}}', else: E }"],
    ['not-applicable', "{ fact: target.url, is: '{{target.scopes.required.0}}', else: E }"],
  ])('%s under the condition %s', async (outcome, condition) => {
    const found = await planned(when, {}, conditions(condition))
    expect(outcomeOf(found)).toBe(outcome)
    expect(typeof found === 'string' || outcome === 'untested' ? 'E' : found.reason).toBe('E')
  })

  it('asks for a token where the fact can be read off one', async () => {
    const condition = conditions("{ fact: issuer.typ, is: 'at+jwt', else: E }")
    expect(await planned(when, held(), condition)).toMatchObject({ missing: ['token'] })
    expect(await planned(when, held('token'), condition)).toMatchObject({
      missing: ['facts.issuer.typ'],
    })
  })

  it('and what does not apply is told before what is missing', async () => {
    const condition = conditions('{ fact: tool.guarded, else: E }')
    const members = 'send: { call: notifies, token: { claims: { a: 1 } } }\nwhen: [asked]'
    expect(await planned(members, held(), condition)).toMatchObject({ outcome: 'not-applicable' })
  })

  it('needs the identity of the caller where an answer is compared with it', async () => {
    const members = 'send: { call: safe, token: { from: good, user: b } }\nexpect: { identity: b }'
    expect(await planned(members)).toMatchObject({
      missing: ['facts.tool.reveals-caller.identity'],
    })
  })
})

it('leaves out a variant whose filter changes nothing, but not for what is expected', async () => {
  const sent = "token: { claims: { aud: '{{target.url | upper-host}}' } }"
  expect(await planned(sent)).toMatchObject({
    outcome: 'not-applicable',
    reason: 'upper-host changes nothing in http://127.0.0.1:8000/mcp',
  })
  const judged = "token: none\nexpect: [refused, { header: { x: '{{target.url | upper-host}}' } }]"
  expect(await planned(judged)).toBe('sent')
})

describe('the revision', () => {
  it('that does not know a requirement makes it not applicable', async () => {
    expect(await planned('token: none', { revision: '2025-03-26' })).toMatchObject({
      outcome: 'not-applicable',
      reason: 'the requirement does not exist in revision 2025-03-26',
    })
    const narrowed = "token: none\nrevisions: ['2025-06-18']"
    expect(await planned(narrowed)).toMatchObject({ outcome: 'not-applicable' })
    expect(await planned(narrowed, { revision: '2025-06-18' })).toBe('sent')
  })

  it('gives the level', async () => {
    const lacking = (revision: Revision): Promise<Planned> =>
      planned('send: { call: notifies }', { revision })
    expect(await lacking('2025-11-25')).toMatchObject({ level: 'MUST' })
    expect(await lacking('2026-07-28')).toMatchObject({ level: 'SHOULD' })
  })

  it.each<[operation: string, sent: Revision[], reason: string]>([
    ['terminate: true', ['2025-06-18', '2025-11-25'], 'revision 2026-07-28 has no sessions to end'],
  ])('decides whether there is %s', async (operation, sent, reason) => {
    for (const revision of ['2025-06-18', '2025-11-25', '2026-07-28'] as const) {
      const found = await planned(`send: { ${operation} }`, { revision })
      const said = typeof found === 'string' ? found : found.reason
      expect(said).toContain(sent.includes(revision) ? 'sent' : reason)
    }
  })
})

it('changes data only where that is allowed', async () => {
  const members = 'send: { call: writes, token: none }'
  expect(await planned(members, { allowWrites: false })).toMatchObject({
    outcome: 'untested',
    missing: ['--allow-writes'],
  })
  expect(await planned('token: none', { allowWrites: false })).toBe('sent')
})

describe('of an open server', () => {
  it.each<[outcome: string, members: string]>([
    ['not-applicable', 'token: none'],
    ['sent', 'send: { call: safe, token: none }'],
    ['sent', 'send: { request: { method: tools/list }, token: none }'],
    [
      'sent',
      'steps: [{ name: a, discover: { what: resource-metadata } }]\nexpect: { a: { status: 200 } }',
    ],
  ])('%s: %s', async (outcome, members) => {
    const found = await planned(members, { openServer: true })
    expect(outcomeOf(found)).toBe(outcome)
  })
})

it('passes over checks of another role', async () => {
  const members = 'id: grant.x\ntoken: none'
  expect(await planned(members, { facts: {}, held: new Set() })).toBe('passed over')
})
