import type { Program } from '../resource-server/run-program.ts'
import { startResourceServer, type Blueprint } from '../resource-server/start.ts'
import { todoRules, type TodoRules } from './rules.ts'
import { readSettings } from './settings.ts'
import { createTodoSystem } from './system.ts'

const blueprint: Blueprint<TodoRules> = {
  defaultPort: 8000,
  readSettings,
  createSystem: createTodoSystem,
  rules: todoRules,
  faults: () => import('./faults.ts'),
}

/** The MCP server in front of a product with its own login; `todo-app/` is the product. */
export const byoaTodo: Program = {
  name: 'byoa-todo',
  start: (env) => startResourceServer(blueprint, { PORT: env['MCP_SERVER_PORT'], ...env }),
  faults: blueprint.faults,
}
