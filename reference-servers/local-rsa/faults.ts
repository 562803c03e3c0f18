import { commonFaults } from '../resource-server/faults/catalogue.ts'
import type { Fault } from '../resource-server/faults/fault.ts'
import { Notes } from './notes.ts'
import type { NoteRules } from './rules.ts'

/** Every planted deviation, by name. */
export const faults: Record<string, Fault<NoteRules>> = {
  ...commonFaults,
  'object-owner-unchecked': {
    about: 'A note is found by its id, whoever asks.',
    plant: () => ({
      newNotes: () =>
        new (class extends Notes {
          protected override mayRead(): boolean {
            return true
          }
        })(),
    }),
  },
}

/**
 * The published example: nothing but the signature and exp is checked, whoever opened a session is
 * its user, and nothing says where tokens come from.
 */
export const original: string[] = []
