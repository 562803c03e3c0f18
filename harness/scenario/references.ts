import type { Check, Probe, StepExpectations, Verb } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { flatSteps } from './derive.ts'
import type { Complain } from './expectation.ts'
import { filters } from './filters.ts'
import { didYouMean } from './suggest.ts'
import { expressionsIn } from './template.ts'
import type { Expression } from './template.ts'

/** What facts a template can name. An empty list: the members are declared by the tester. */
export const factRoots: Record<string, string[]> = {
  target: [],
  issuer: [
    'url',
    'jwks_uri',
    'audience',
    'metadata_url',
    'exchange',
    'alg',
    'kid',
    'profile',
    'typ',
    'trusted',
    'refresh_token',
  ],
  'second-issuer': ['url', 'jwks_uri'],
  listener: ['url'],
  upstream: ['url'],
  'third-party': ['url'],
  user: ['a', 'b'],
  tool: [],
  resource: [],
  prompt: [],
  client: ['id', 'secret', 'redirect_uri', 'allowlist', 'actor'],
  wire: ['revision', 'kind'],
  run: ['id'],
  fresh: ['id', 'verifier', 'key_id'],
  long: [],
  now: [],
  tokens: [],
}

export const targetMembers: string[] = [
  'url',
  'origin',
  'path',
  'host',
  'port',
  'htu',
  'interface_url',
  'resource',
  'resource_origin',
  'metadata_url',
  'root_metadata_url',
  'allowed_origin',
  'scope',
  'scopes',
  'introspection',
  'short_life',
  'key_cache',
  'leeway',
  'state_life',
  'bursts',
  'protected',
  'legacy_sse',
  'own_login',
  'started_as',
  'documented',
  'local',
]

/** To whom faults are told: paths inside the check, and paths that start with the name of a step. */
interface Complaints {
  check: Complain
  steps: Complain
  /** Steps that were left out since they could not be read. */
  unreadable: string[]
}

/** Refuses names that stand for nothing: in templates a fact or an earlier step, elsewhere a step. */
export function checkReferences(check: Check, probe: Probe, complain: Complaints): void {
  const earlier = [...complain.unreadable]
  for (const step of flatSteps(probe.steps)) {
    const { name, verb, argument } = step
    const tell: Complain = (path, message, side) => complain.steps([name, ...path], message, side)
    if (name in factRoots) {
      tell(['name'], `a step may not be called "${name}": that is the name of a fact`)
    }
    if (earlier.includes(name)) tell(['name'], `two steps are called "${name}"`)
    checkTemplates(verb === 'together' ? null : argument, [verb], earlier, tell)
    if (isObject(argument)) checkStepNames(verb, argument, earlier, tell)
    earlier.push(name)
    checkTemplates(asJson(step.require), ['require'], earlier, tell)
    checkTemplates(asJson(step.assume), ['assume'], earlier, tell)
    checkTemplates(asJson(step.leaveOut), ['leave_out'], earlier, tell)
    checkTemplates(asJson(step.poll), ['poll'], earlier, tell)
  }
  check.expect.forEach((map) => checkJudged(map, ['expect'], earlier, complain.check))
  check.allow.forEach(({ is }) => checkJudged(is, ['allow'], earlier, complain.check))
  check.diagnose.forEach(({ is, say }, index) => {
    checkJudged(is, ['diagnose'], earlier, complain.check)
    checkTemplates(say, ['diagnose', index, 'say'], earlier, complain.check)
  })
  checkTemplates(check.record, ['record'], earlier, complain.check)
}

const asJson = (value: unknown): JsonValue => (value ?? null) as JsonValue

/** Members that name an earlier step. What else they may say is told by the runner. */
function checkStepNames(
  verb: Verb,
  argument: JsonObject,
  earlier: string[],
  complain: Complain,
): void {
  const check = (member: string, others: string[]): void => {
    const name = argument[member]
    if (typeof name !== 'string' || name.includes('{{')) return
    const allowed = [...others, ...earlier]
    if (!allowed.includes(name))
      complain(
        [verb, member],
        `found "${name}"${didYouMean(name, allowed)} Allowed: ${allowed.join(', ')}`,
      )
  }
  if (verb === 'send' || verb === 'open') check('in', ['own', 'none'])
  if (verb === 'arrange') check('undo', [])
  if (verb === 'browse') check('page_of', [])
  if (verb !== 'observe') return
  check('at', [
    'issuer',
    'second-issuer',
    'listener',
    'upstream',
    'third-party',
    'run',
    'session-ids',
  ])
  check('since', [])
}

function checkJudged(
  map: StepExpectations,
  at: PropertyKey[],
  steps: string[],
  complain: Complain,
): void {
  for (const [name, expectation] of Object.entries(map)) {
    checkTemplates(asJson(expectation), [...at, name], steps, complain)
    if (steps.includes(name)) continue
    complain(
      [...at, name],
      `there is no step "${name}"${didYouMean(name, steps)} Steps: ${steps.join(', ')}`,
      'key',
    )
  }
}

function checkTemplates(
  value: JsonValue,
  at: PropertyKey[],
  earlier: string[],
  complain: Complain,
): void {
  for (const { expression, path } of expressionsIn(value)) {
    checkExpression(expression, earlier, (_, message) => complain([...at, ...path], message))
  }
}

function checkExpression(expression: Expression, earlier: string[], complain: Complain): void {
  const [root = '', name = ''] = expression.path
  for (const filter of expression.filters) {
    if (!(filter in filters)) {
      complain(
        [],
        `unknown filter "${filter}" in {{${expression.text}}}${didYouMean(filter, Object.keys(filters))} Filters: ${Object.keys(filters).join(', ')}`,
      )
    }
  }
  if (root in factRoots) {
    const members = root === 'target' ? targetMembers : (factRoots[root] ?? [])
    if (members.length > 0 && !members.includes(name)) {
      complain(
        [],
        `"${root}" has no "${name}"${didYouMean(name, members)} It has: ${members.join(', ')}`,
      )
    }
    return
  }
  if (earlier.includes(root)) return
  complain(
    [],
    `"${root}" in {{${expression.text}}} is neither a fact nor an earlier step${didYouMean(root, [...Object.keys(factRoots), ...earlier])}`,
  )
}
