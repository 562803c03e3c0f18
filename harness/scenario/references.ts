import type { Check, Probe } from '../model.ts'
import type { JsonValue } from '../protocol/json.ts'
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
  user: ['a', 'b'],
  tool: [],
  resource: [],
  prompt: [],
  client: ['id', 'secret', 'redirect_uri', 'allowlist'],
  wire: ['revision', 'kind'],
  run: ['id'],
  fresh: ['id', 'verifier', 'key_id'],
  long: [],
  now: [],
  tokens: [],
}

const targetMembers = [
  'url',
  'origin',
  'path',
  'host',
  'port',
  'resource',
  'metadata_url',
  'root_metadata_url',
  'allowed_origin',
  'scopes',
  'introspection',
  'short_life',
  'key_cache',
  'protected',
  'legacy_sse',
  'documented',
]

/** Refuses templates that name nothing: neither a fact nor an earlier step. */
export function checkReferences(check: Check, probe: Probe, complain: Complain): void {
  const earlier: string[] = []
  for (const step of flatSteps(probe.steps)) {
    if (step.name in factRoots) {
      complain(['steps'], `a step may not be called "${step.name}": that is the name of a fact`)
    }
    if (earlier.includes(step.name)) complain(['steps'], `two steps are called "${step.name}"`)
    checkAll(step.argument, earlier, complain)
    earlier.push(step.name)
    checkAll(step.require ?? null, earlier, complain)
  }
  checkAll(check.expect as unknown as JsonValue, earlier, complain)
  checkAll(check.allow.map(({ is }) => is) as unknown as JsonValue, earlier, complain)
  checkAll(check.record, earlier, complain)
  for (const map of [...check.expect, ...check.allow.map(({ is }) => is)]) {
    for (const name of Object.keys(map)) {
      if (!earlier.includes(name)) {
        complain(
          ['expect', name],
          `there is no step "${name}"${didYouMean(name, earlier)} Steps: ${earlier.join(', ')}`,
          'key',
        )
      }
    }
  }
}

function checkAll(value: JsonValue, earlier: string[], complain: Complain): void {
  for (const { expression } of expressionsIn(value)) checkExpression(expression, earlier, complain)
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
