import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Scenarios } from '../model.ts'
import { bundledScenarios } from './load.ts'
import { formatProblem, ScenarioError, uniqueProblems } from './problem.ts'
import { readScenarios } from './read.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'scenarios-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Read {
  scenarios: Scenarios
  problems: string[]
}

/** Reads files beside the bundled vocabulary; gives what is wrong without the folder's name. */
async function readFiles(texts: Record<string, string>): Promise<Read> {
  const own = Object.entries(texts).map(([name, text]) => {
    const file = path.join(folder, name)
    writeFileSync(file, text)
    return file
  })
  const vocabulary = path.join(bundledScenarios, 'vocabulary.yaml')
  const { scenarios, problems } = await readScenarios([...own, vocabulary], catalogue)
  const said = uniqueProblems(problems).map(formatProblem)
  return { scenarios, problems: said.map((each) => each.replaceAll(`${folder}${path.sep}`, '')) }
}

const catalogue = path.join(folder, 'requirements.yaml')
writeFileSync(
  catalogue,
  '[{ id: token.expired, level: MUST, role: resource-server, text: T, source: [] }]',
)

const read = (text: string): Promise<Read> => readFiles({ 'x.yaml': text })

/** A topic with one check, whose members stand on the lines from 6 on. */
function topic(members: string, rest = ''): string {
  const lines = members.trim().split('\n')
  return `title: T
checks:
  - id: token.expired/x
    title: A
    hint: H
${lines.map((line) => `    ${line}`).join('\n')}
${rest}`
}

const proof = 'fault: accept-expired'
const judged = `expect: refused\n${proof}`

it('takes a check that has all it needs', async () => {
  const { scenarios, problems } = await read(topic(`token: none\n${judged}`))
  expect(problems).toEqual([])
  expect(scenarios.checks).toMatchObject([
    {
      id: 'token.expired/x',
      requirement: 'token.expired',
      expect: [{ answer: [{ status: 401, mcp: 'none' }] }],
      faults: ['accept-expired'],
      position: { file: path.join(folder, 'x.yaml'), line: 3, column: 5 },
    },
  ])
})

describe('says with place, finding, what is allowed and a suggestion', () => {
  it.each<[what: string, members: string, message: RegExp]>([
    [
      'an unknown key of a check',
      `tocken: none\nsend: base\n${judged}`,
      /^x\.yaml:6:5 token\.expired\/x\.tocken: unknown key "tocken"; did you mean "token"\? Allowed: id, title, hint, token,/,
    ],
    [
      'an unknown key of a send',
      `send: { tokn: none }\n${judged}`,
      /^x\.yaml:6:13 .*\.send\.tokn: unknown key "tokn"; did you mean "token"\? Allowed: call, read,/,
    ],
    [
      'an unknown key of a recipe',
      `token: { claim: { aud: x } }\n${judged}`,
      /^x\.yaml:6:14 .*\.token\.claim: unknown key "claim"; did you mean "claims"\? Allowed: from, kind,/,
    ],
    [
      'an unknown key of a step',
      `steps: [{ name: a, sned: base }]\nexpect: { a: refused }\n${proof}`,
      /^x\.yaml:6:13 .*\.steps\.0: a step has exactly one verb, found sned; did you mean "send"\? Verbs: send, open,/,
    ],
    [
      'an unknown key of a matcher',
      `token: none\nexpect: { challenge: { schem: Bearer } }\n${proof}`,
      /^x\.yaml:7:28 .*\.expect\.challenge\.schem: unknown key "schem"; did you mean "scheme"\? Allowed: well-formed,/,
    ],
    [
      'a value of the wrong type',
      `send: { token: none, path: 5 }\n${judged}`,
      /^x\.yaml:6:32 .*\.send\.path: found 5, allowed: a string$/,
    ],
    [
      'a list where a map belongs',
      `token: { claims: [aud] }\n${judged}`,
      /^x\.yaml:6:22 .*\.token\.claims: found \["aud"\], allowed: a map$/,
    ],
    [
      'a value outside a closed list',
      `token: { encoding: flat }\n${judged}`,
      /^x\.yaml:6:24 .*\.token\.encoding: found "flat", allowed: compact, json-flattened,/,
    ],
    [
      'an unknown named expectation',
      `token: none\nexpect: refusd\n${proof}`,
      /^x\.yaml:7:13 .*\.expect: unknown expectation "refusd"; did you mean "refused"\? Known: accepted,/,
    ],
    [
      'an unknown expectation after like',
      `token: none\nexpect: [refused, { like: refusd }]\n${proof}`,
      /^x\.yaml:7:31 .*\.expect\.1\.like: unknown expectation "refusd"; did you mean "refused"\?/,
    ],
    [
      'an unknown matcher',
      `token: none\nexpect: { statuss: 401 }\n${proof}`,
      /^x\.yaml:7:15 .*: unknown matcher "statuss"; did you mean "status"\? Matchers: status, challenge,/,
    ],
    [
      'a matcher that is given nonsense',
      `token: none\nexpect: { status: [401, often] }\n${proof}`,
      /^x\.yaml:7:23 .*\.expect\.status: found \[401,"often"\]: a status is a code, 2xx to 5xx, none, or a list/,
    ],
    [
      'an unknown token',
      `token: tampred\n${judged}`,
      /^x\.yaml:6:12 .*\.token: unknown token "tampred"; did you mean "tampered"\? Known: none, good,/,
    ],
    [
      'an unknown recipe to start from',
      `token: { from: tampred }\n${judged}`,
      /^x\.yaml:6:20 .*\.token\.from: unknown token "tampred"; did you mean "tampered"\?/,
    ],
    [
      'recipes in a circle',
      `tokens: { a: { from: a } }\ntoken: a\n${judged}`,
      /^x\.yaml:6:26 .*\.tokens\.a\.from: recipes in a circle: a → a$/,
    ],
    [
      'an unknown token in a template',
      `steps: [{ name: a, send: { header: { x: '{{tokens.tampred}}' } } }]\nexpect: { a: refused }\n${proof}`,
      /^x\.yaml:6:45 .*unknown token "tampred"; did you mean "tampered"\?/,
    ],
    [
      'an unknown probe',
      `on: missing-tokn\nexpect: { answer: refused }\n${proof}`,
      /^x\.yaml:6:9 .*\.on: unknown probe "missing-tokn"; did you mean "missing-token"\? Known: missing-token,/,
    ],
    [
      'an unknown condition',
      `token: none\nwhen: [guarded-tol]\n${judged}`,
      /^x\.yaml:7:12 .*\.when\.0: unknown condition "guarded-tol"; did you mean "guarded-tool"\?/,
    ],
    [
      'an unknown means',
      `token: none\nmeans: [isuer]\n${judged}`,
      /^x\.yaml:7:13 .*\.means\.0: found "isuer", allowed: url, token, issuer,/,
    ],
    [
      'a revision that nobody knows',
      `token: none\nrevisions: ['2024-11-05']\n${judged}`,
      /^x\.yaml:7:17 .*\.revisions\.0: found "2024-11-05", allowed: 2025-03-26,/,
    ],
    [
      'an unknown member of a fact',
      `steps: [{ name: a, send: { path: '{{target.pth}}' } }]\nexpect: { a: refused }\n${proof}`,
      /^x\.yaml:6:38 .*\.steps\.0\.send\.path: "target" has no "pth"; did you mean "path"\? It has: url,/,
    ],
    [
      'an unknown filter',
      `steps: [{ name: a, send: { path: '{{target.path | upper-hots}}' } }]\nexpect: { a: refused }\n${proof}`,
      /^x\.yaml:6:38 .*: unknown filter "upper-hots" in \{\{target\.path \| upper-hots\}\}; did you mean "upper-host"\? Filters:/,
    ],
    [
      'an unknown filter of the short form',
      `token: { claims: { aud: '{{target.url | siblin}}' } }\n${judged}`,
      /^x\.yaml:6:29 .*\.token\.claims\.aud: unknown filter "siblin" in .*; did you mean "sibling"\?/,
    ],
    [
      'a template that names no step',
      `steps: [{ name: first, send: { path: '{{fist.url}}' } }]\nexpect: { first: refused }\n${proof}`,
      /^x\.yaml:6:42 .*"fist" in \{\{fist\.url\}\} is neither a fact nor an earlier step; did you mean "listener"\?|^x\.yaml:6:42 .*"fist" in/,
    ],
    [
      'a template in what is expected',
      `token: none\nexpect: { header: { x: '{{target.pth}}' } }\n${proof}`,
      /^x\.yaml:7:13 .*\.expect\.answer\.0\.header\.x: "target" has no "pth"/,
    ],
    [
      'a template inside of together',
      `steps:\n  - name: both\n    together:\n      - { name: a, send: { path: '{{target.pth}}' } }\nexpect: { a: refused }\n${proof}`,
      /^x\.yaml:9:38 .*\.steps\.0\.together\.0\.send\.path: "target" has no "pth"/,
    ],
    [
      'an expectation of a step that is not taken',
      `steps: [{ name: one, send: { token: none } }]\nexpect: { onee: refused }\n${proof}`,
      /^x\.yaml:7:15 .*\.expect\.onee: there is no step "onee"; did you mean "one"\? Steps: one$/,
    ],
    [
      'a diagnosis of a step that is not taken',
      `steps: [{ name: one, send: { token: none } }]\nexpect: { one: refused }\ndiagnose: [{ is: { on: accepted }, say: S }]\n${proof}`,
      /^x\.yaml:8:5 .*\.diagnose\.on: there is no step "on"; did you mean "one"\?/,
    ],
    [
      'a session that no step opened',
      `steps: [{ name: one, send: { token: none, in: opend } }]\nexpect: { one: refused }\n${proof}`,
      /^x\.yaml:6:51 .*\.steps\.0\.send\.in: found "opend"; did you mean .*Allowed: own, none$|^x\.yaml:6:51 .*found "opend"\. Allowed: own, none$/,
    ],
    [
      'a place that cannot be observed',
      `steps: [{ name: one, send: { token: none } }, { name: seen, observe: { at: isuer } }]\nexpect: { one: refused }\n${proof}`,
      /^x\.yaml:6:80 .*\.steps\.1\.observe\.at: found "isuer"; did you mean "issuer"\? Allowed: issuer,/,
    ],
    [
      'two steps of one name',
      `steps: [{ name: one, send: base }, { name: one, send: { token: none } }]\nexpect: { one: refused }\n${proof}`,
      /^x\.yaml:6:21 .*two steps are called "one"$/,
    ],
    [
      'a step that is called like a fact',
      `steps: [{ name: user, send: { token: none } }]\nexpect: { user: refused }\n${proof}`,
      /^x\.yaml:6:21 .*\.steps\.0\.name: a step may not be called "user"/,
    ],
    [
      'a name of an axis that is not in the matrix',
      `matrix: { aud: { a: 1 } }\ntoken: { claims: { aud: '{{matrix.adu}}' } }\n${judged}`,
      /^x\.yaml:7:29 token\.expired\/x\.token\.claims\.aud: \{\{matrix\.adu\}\} is not in the matrix\. Axes: aud$/,
    ],
    [
      'a wrong value of an axis, at its own line',
      `matrix:\n  how:\n    good: flip-bit\n    bad: flip-bits\ntoken: { after-signing: { signature: '{{matrix.how}}' } }\n${judged}`,
      /^x\.yaml:9:14 .*\.signature: found "flip-bits", allowed: flip-bit, empty,/,
    ],
    [
      'an axis without values',
      `matrix: { aud: [] }\ntoken: none\n${judged}`,
      /^x\.yaml:6:20 .*\.matrix\.aud: found \[\], allowed: at least 1$/,
    ],
    [
      'an axis of an empty map',
      `matrix: { aud: {} }\ntoken: none\n${judged}`,
      /^x\.yaml:6:20 .*\.matrix\.aud: found \{\}, allowed: an axis has at least one value$/,
    ],
    [
      'an axis that is no list',
      `matrix: { aud: 5 }\ntoken: none\n${judged}`,
      /^x\.yaml:6:20 .*\.matrix\.aud: found 5, allowed: a (list|map)$/,
    ],
    [
      'a matrix that is no map',
      `matrix: [a]\ntoken: none\n${judged}`,
      /^x\.yaml:6:13 .*\.matrix: found \["a"\], allowed: a map$/,
    ],
    [
      'two variants of one name',
      `matrix: { aud: [1, '1'] }\ntoken: none\n${judged}`,
      /^x\.yaml:3:5 token\.expired\/x \[1\]: two variants of the matrix have this name$/,
    ],
    [
      'two forms at once',
      `token: none\nsend: base\n${judged}`,
      /^x\.yaml:3:5 .*: a check has exactly one of token, send, steps, on; found token and send$/,
    ],
    [
      'a check without a fault',
      'token: none\nexpect: refused',
      /^x\.yaml:3:5 .*: a check names the fault that turns it red/,
    ],
    [
      'fault and no-fault',
      `token: none\n${judged}\nno-fault: N`,
      /^x\.yaml:9:15 .*: a check has either fault or no-fault$/,
    ],
    [
      'a control that is waived without a reason',
      `token: none\ncontrol: none\n${judged}`,
      /^x\.yaml:7:14 .*\.control: control: none needs a reason in because$/,
    ],
    [
      'what belongs to the probe',
      `on: missing-token\ncontrol: none\nexpect: { answer: refused }\n${proof}`,
      /^x\.yaml:7:5 .*"control" is written at the probe, not at a check on it$/,
    ],
    [
      'a bare expectation of a shared probe',
      `on: missing-token\n${judged}`,
      /^x\.yaml:7:13 .*\.expect: found a bare expectation, allowed: a map of step names to expectations$/,
    ],
    [
      'a check that a dead server would pass',
      `steps: [{ name: seen, observe: { at: issuer } }]\nexpect: { seen: { status: 4xx } }\n${proof}`,
      /^x\.yaml:3:5 .*would pass against a server that is down or refuses everything/,
    ],
  ])('%s', async (_, members, message) => {
    const { problems } = await read(topic(members))
    expect(problems).toEqual([expect.stringMatching(message)])
  })
})

describe('says of a file', () => {
  it.each<[what: string, text: string, problems: string[]]>([
    [
      'that is no YAML only that, since the rest cannot be read',
      'title: T\nchecks:\n  - id: "token.x\n',
      ['x.yaml:4:1 Missing closing "quote'],
    ],
    [
      'that it is of no kind',
      'title: T\n',
      ['x.yaml:1:1 found neither "checks" (a topic) nor "vocabulary" at the top of the file'],
    ],
    [
      'that anchors, aliases and tags are not for it',
      'vocabulary: V\ntokens:\n  a: &b { literal: x }\n  c: *b\n',
      [
        'x.yaml:3:9 anchors and tags are not part of the language',
        'x.yaml:4:6 aliases are not part of the language; use a named recipe, expectation or probe',
        'x.yaml:4:6 tokens.c: found null, allowed: a map',
      ],
    ],
    [
      'that a key comes twice',
      'vocabulary: V\nvocabulary: W\n',
      ['x.yaml:2:1 Map keys must be unique'],
    ],
    ['that a check is no map', 'title: T\nchecks: [5]\n', ['x.yaml:2:10 checks: a check is a map']],
    [
      'which top-level key it does not know',
      'title: T\nchecks: []\nexpectation: {}\n',
      [
        'x.yaml:3:1 expectation: unknown key "expectation"; did you mean "expectations"? Allowed: title, about, requirements, checks, probes, tokens, expectations, conditions',
      ],
    ],
    [
      'that an id is of the catalogue',
      'title: T\nchecks: []\nrequirements:\n  token.expired: { level: MUST, role: client, text: x }\n',
      ['x.yaml:4:3 requirements.token.expired: the catalogue has this id already; choose another'],
    ],
    [
      'that a level is none',
      'title: T\nchecks: []\nrequirements:\n  our.x: { level: MUSST, role: client, text: x }\n',
      [
        'x.yaml:4:19 requirements.our.x.level: found "MUSST", allowed: MUST, MUST NOT, SHOULD, SHOULD NOT, MAY',
      ],
    ],
  ])('%s', async (_, text, problems) => {
    expect((await read(text)).problems).toEqual(problems)
  })
})

it('suggests the requirement that is nearest', async () => {
  const text = topic(`token: none\n${judged}`).replace('token.expired/x', 'token.expird')
  expect((await read(text)).problems).toEqual([
    'x.yaml:3:9 token.expird.id: "token.expird" names no requirement; did you mean "token.expired"?',
  ])
})

it('names the place of both checks that have one id, in one file or in two', async () => {
  const text = topic(`token: none\n${judged}`)
  const twice = `${text}${text.slice(text.indexOf('  - id'))}`
  expect((await read(twice)).problems).toEqual([
    'x.yaml:9:5 token.expired/x: this id is used twice, first at x.yaml:3; add a /variant',
  ])
  const { problems } = await readFiles({ 'a.yaml': text, 'b.yaml': text })
  expect(problems).toEqual([
    'b.yaml:3:5 token.expired/x: this id is used twice, first at a.yaml:3; add a /variant',
  ])
})

it('points into the conditions and probes that a check uses', async () => {
  const { problems } = await read(
    topic(
      `on: mine\nwhen: [odd, asked]\nexpect: { a: refused }\n${proof}`,
      `probes:
  mine: { steps: [{ name: a, send: { token: none, paht: /x } }] }
conditions:
  odd: { fact: tol.safe, else: E }
  asked: { on: mien, is: { a: refused }, else: E }
`,
    ),
  )
  expect(problems).toEqual([
    expect.stringMatching(
      /^x\.yaml:11:51 mine\.steps\.0\.send\.paht: unknown key "paht"; did you mean "path"\?/,
    ),
    expect.stringMatching(/^x\.yaml:13:16 conditions: "tol" is no fact; did you mean "tool"\?$/),
    expect.stringMatching(/^x\.yaml:14:16 conditions: unknown probe "mien"; did you mean "mine"\?/),
  ])
})

it('hands back all problems of all files at once, in the order of files and lines', async () => {
  const broken = topic(`tokn: x\nsend: { token: nobody }\nexpect: refusd\n${proof}`)
  const { problems } = await readFiles({ 'b.yaml': broken, 'a.yaml': 'title: T\n' })
  expect(problems.map((each) => each.split(' ')[0])).toEqual([
    'a.yaml:1:1',
    'b.yaml:6:5',
    'b.yaml:7:20',
    'b.yaml:8:13',
  ])
})

it('throws one error that lists each problem once', () => {
  const position = { file: 'x.yaml', line: 2, column: 3 }
  const first = { ...position, line: 1, column: 1 }
  const error = new ScenarioError([
    { position, path: 'a [one]', message: 'wrong' },
    { position, path: 'a [two]', message: 'wrong' },
    { position: first, path: '', message: 'also wrong' },
  ])
  expect(error.message).toBe('x.yaml:1:1 also wrong\nx.yaml:2:3 a [one]: wrong')
})

it("lets a topic's own words hide those of the vocabulary, for itself alone", async () => {
  const own = topic(`token: none\n${judged}`, 'expectations: { refused: { status: 418 } }\n')
  const { scenarios, problems } = await readFiles({
    'a.yaml': own,
    'b.yaml': topic(`token: none\n${judged}`).replace('expired/x', 'expired/y'),
  })
  expect(problems).toEqual([])
  expect(scenarios.checks.map(({ expect: expectations }) => expectations)).toEqual([
    [{ answer: [{ status: 418 }] }],
    [{ answer: [{ status: 401, mcp: 'none' }] }],
  ])
})

it('gives equal steps one probe, whoever judges them', async () => {
  const check = (id: string, members: string): string =>
    topic(`${members}\n${proof}`).replace('token.expired/x', id)
  const { scenarios } = await readFiles({
    'a.yaml': check('token.expired/a', 'token: none\nexpect: refused'),
    'b.yaml': check(
      'token.expired/b',
      'steps: [{ name: answer, send: { token: none }, expect: { status: 401 } }]',
    ),
    'c.yaml': check('token.expired/c', 'on: missing-token\nexpect: { answer: refused }'),
    'd.yaml': check('token.expired/d', 'token: random\nexpect: refused'),
  })
  const [a, b, c, d] = scenarios.checks.map(({ probe }) => probe)
  expect([b, c]).toEqual([a, a])
  expect(d).not.toBe(a)
  expect(scenarios.probes.size).toBe(2)
})
