import type { RequestHandler } from 'express'
import type { Settings } from '../resource-server/config.ts'
import type { Principal } from '../resource-server/principal.ts'
import { conformantRules, type Rules } from '../resource-server/rules.ts'
import { scalekitTokens } from '../resource-server/scalekit-tokens.ts'
import { todoAppRules, type TodoAppRules } from './todo-app/rules.ts'
import { describeFailure, todoPath, userHeaders, type TodoFailure } from './todo-client.ts'

/** What this server decides beside its lock, and what the todo app decides. */
export interface TodoRules extends Rules, TodoAppRules {
  /** Served to everybody, beside the metadata. */
  publicRoutes(settings: Settings): RequestHandler[]
  /** Where a todo is in the REST API; null for what is no id of a todo. */
  todoPath(id: string): string | null
  /** Header fields of a call of the REST API, beside the key. */
  userHeaders(caller: Principal): Record<string, string>
  /** What the caller of a tool is told about a call of the REST API that failed. */
  describeFailure(failure: TodoFailure): string
}

export const todoRules: TodoRules = {
  ...conformantRules,
  ...todoAppRules,
  ...scalekitTokens,
  publicRoutes: () => [],
  todoPath,
  userHeaders,
  describeFailure,
}
