import type { Program } from '../resource-server/run-program.ts'
import { startResourceServer, type Blueprint } from '../resource-server/start.ts'
import { greetingRules, type GreetingRules } from './rules.ts'
import { readSettings, readVendor } from './settings.ts'
import { createGreetingSystem } from './system.ts'
import { VendorKeys } from './vendor-keys.ts'

const blueprint: Blueprint<GreetingRules> = {
  defaultPort: 3002,
  readSettings,
  createSystem: createGreetingSystem,
  openKeys: (trusted, config, rules, env) =>
    new VendorKeys(trusted, config, rules, readVendor(env)),
  rules: greetingRules,
  faults: () => import('./faults.ts'),
}

/** Authorization as a layer of the web server, which asks Scalekit's SDK about each token. */
export const scalekitGreeting: Program = {
  name: 'scalekit-greeting',
  start: (env) => startResourceServer(blueprint, env),
  faults: blueprint.faults,
}
