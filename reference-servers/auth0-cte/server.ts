import type { Program } from '../resource-server/run-program.ts'
import { startResourceServer, type Blueprint } from '../resource-server/start.ts'
import { toolSystem } from '../resource-server/system.ts'
import { cteRules, type CteRules } from './rules.ts'
import { readApiSettings, readSettings } from './settings.ts'
import { createTools } from './tools.ts'

const blueprint: Blueprint<CteRules> = {
  defaultPort: 3001,
  readSettings,
  createSystem: (_settings, rules, env) =>
    toolSystem(
      'auth0-cte',
      'Example MCP Server with Custom Token Exchange',
      createTools(readApiSettings(env), rules),
    ),
  rules: cteRules,
  faults: () => import('./faults.ts'),
}

/** A server of Auth0's tokens that calls an API with tokens of its own. */
export const auth0Cte: Program = {
  name: 'auth0-cte',
  start: (env) => startResourceServer(blueprint, env),
  faults: blueprint.faults,
}
