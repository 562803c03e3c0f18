import { commonFaults } from '../resource-server/faults/catalogue.ts'
import type { Fault } from '../resource-server/faults/fault.ts'
import type { TodoRules } from './rules.ts'
import { serverFaults } from './server-faults.ts'
import { todoAppFaults } from './todo-app/faults.ts'

/** Of the deviations that every resource server can have, those that this one is judged with. */
const chosen = [
  'accept-missing-exp',
  'audience-optional',
  'challenge-without-scope',
  'decision-cached',
  'empty-scopes-array',
  'error-without-credentials',
  'guest-without-token',
  'identity-from-request',
  'ignore-expiry',
  'ignore-nbf',
  'metadata-url-dead',
  'missing-subject-is-first-user',
  'no-host-guard',
  'no-metadata',
  'public-discovery',
  'resource-origin-only',
  'session-id-is-credential',
  'session-identity-sticky',
  'session-unbound',
  'skip-audience',
  'skip-issuer',
  'subject-coerced',
  'tools-call-unguarded',
]

function choose(names: string[]): Record<string, Fault<TodoRules>> {
  return Object.fromEntries(
    names.map((name) => {
      const fault = commonFaults[name]
      if (fault === undefined) throw new Error(`no fault is called ${name}`)
      return [name, fault]
    }),
  )
}

/** Every planted deviation, by name, of the MCP server and of the todo app. */
export const faults: Record<string, Fault<TodoRules>> = {
  ...choose(chosen),
  ...serverFaults,
  ...todoAppFaults,
}

/** The published example, with all that is wrong with it. */
export const original: string[] = [
  'skip-audience',
  'todo-default-user',
  'accept-missing-exp',
  'ignore-nbf',
  'empty-scopes-array',
  'issuer-not-advertised',
  'foreign-as-metadata',
  'resource-origin-only',
  'error-without-credentials',
  'no-host-guard',
  'session-unbound',
  'todo-default-user-header',
  'todo-raw-path',
  'todo-login-xss',
  'todo-login-unbound',
  'todo-stack-trace',
  'todo-leak-upstream-url',
]
