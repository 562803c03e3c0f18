import type { Asked } from '../request-state.ts'
import type { Fault } from './fault.ts'

/** What a server hands out for its caller to come back with: states of a request, and names of tasks. */
export const handleFaults: Record<string, Fault> = {
  'request-state-plain': {
    about: 'The state of a request is JSON in base64, and taken as it comes back.',
    plant: () => ({
      sealRequestState: () => ({
        mint: async (asked) => Buffer.from(JSON.stringify(asked)).toString('base64url'),
        verify: async (state) => JSON.parse(Buffer.from(state, 'base64url').toString()) as Asked,
      }),
    }),
  },
  'request-state-lenient': {
    about:
      'The state of a request is JSON in base64; what cannot be read is taken for an empty one.',
    plant: () => ({
      sealRequestState: () => ({
        mint: async (asked) => Buffer.from(JSON.stringify(asked)).toString('base64url'),
        verify: async (state) => readLeniently(state),
      }),
    }),
  },
  'request-state-unbound': {
    about: 'The state of a request is signed, and good for every user and for every call.',
    plant: () => ({ bindRequestState: () => '' }),
  },
  'request-state-endless': {
    about: 'The state of a request is good for a year.',
    plant: () => ({ requestStateLife: () => 31_536_000 }),
  },
  'task-owner-unchecked': {
    about: 'A task is found by its id, whoever asks, and all tasks are listed.',
    plant: () => ({ taskOwner: () => undefined }),
  },
}

function readLeniently(state: string): Asked {
  try {
    return JSON.parse(Buffer.from(state, 'base64url').toString()) as Asked
  } catch {
    return { input: {} }
  }
}
