import type { Program } from '../resource-server/run-program.ts'
import { startResourceServer, type Blueprint } from '../resource-server/start.ts'
import { noteRules, type NoteRules } from './rules.ts'
import { readSettings } from './settings.ts'
import { createNoteSystem } from './system.ts'

const blueprint: Blueprint<NoteRules> = {
  defaultPort: 8000,
  readSettings,
  createSystem: createNoteSystem,
  rules: noteRules,
  faults: () => import('./faults.ts'),
}

/** A server that knows the public key of its tokens, from a file or from a key set. */
export const localRsa: Program = {
  name: 'local-rsa',
  start: (env) => startResourceServer(blueprint, env),
  faults: blueprint.faults,
}
