import type { Program } from '../resource-server/run-program.ts'
import { startResourceServer, type Blueprint } from '../resource-server/start.ts'
import { clerkRules, type ClerkRules } from './rules.ts'
import { readSettings } from './settings.ts'
import { createClerkSystem } from './system.ts'

const blueprint: Blueprint<ClerkRules> = {
  defaultPort: 8000,
  readSettings,
  createSystem: createClerkSystem,
  rules: clerkRules,
  faults: () => import('./faults.ts'),
}

/** A server that takes the access tokens of a Clerk instance. */
export const clerkBearer: Program = {
  name: 'clerk-bearer',
  start: (env) => startResourceServer(blueprint, env),
  faults: blueprint.faults,
}
