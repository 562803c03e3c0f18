import type { RequestHandler } from 'express'
import { checkUse } from '../resource-server/claims.ts'
import type { Settings } from '../resource-server/config.ts'
import { toPrincipal, type Claims } from '../resource-server/principal.ts'
import { invalid } from '../resource-server/refusal.ts'
import { conformantRules, type Rules } from '../resource-server/rules.ts'
import { todoAppRules, type TodoAppRules } from './todo-app/rules.ts'
import { describeFailure, todoPath, type TodoFailure } from './todo-client.ts'

/** What this server decides beside its lock, and what the todo app decides. */
export interface TodoRules extends Rules, TodoAppRules {
  /** Served to everybody, beside the metadata. */
  publicRoutes(settings: Settings): RequestHandler[]
  /** Where a todo is in the REST API; null for what is no id of a todo. */
  todoPath(id: string): string | null
  /** What the caller of a tool is told about a call of the REST API that failed. */
  describeFailure(failure: TodoFailure): string
}

export const todoRules: TodoRules = {
  ...conformantRules,
  ...todoAppRules,
  checkType,
  checkUse: (claims) => {
    checkUse(claims)
    // Access tokens and ID tokens are typed alike, and only these belong to a login.
    if (['at_hash', 'c_hash', 'nonce'].some((name) => name in claims)) throw invalid('an ID token')
  },
  toPrincipal: (claims, token, config) =>
    toPrincipal({ ...claims, scope: claims['scope'] ?? joined(claims) }, token, config),
  publicRoutes: () => [],
  todoPath,
  describeFailure,
}

/** Scalekit types its tokens JWT; what is typed for another purpose is no access token (RFC 8725 section 3.11). */
function checkType({ typ }: Record<string, unknown>): void {
  if (typ === undefined) return
  if (typeof typ === 'string' && /^(application\/)?(at\+)?jwt$/i.test(typ)) return
  throw invalid('the token is typed for another purpose')
}

/** Tokens of Scalekit hold a list beside the text of RFC 9068, and some of them the list alone. */
function joined({ scopes }: Claims): string | undefined {
  const isList = Array.isArray(scopes) && scopes.every((each) => typeof each === 'string')
  return isList ? scopes.join(' ') : undefined
}
