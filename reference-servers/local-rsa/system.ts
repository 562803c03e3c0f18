import type { Settings } from '../resource-server/config.ts'
import { accountOf } from '../resource-server/principal.ts'
import { toolSystem, type System } from '../resource-server/system.ts'
import type { NoteRules } from './rules.ts'
import { createTools } from './tools.ts'

/** Notes of several people behind one lock: tools, a resource and a prompt. */
export function createNoteSystem({ issuers }: Settings, rules: NoteRules): System {
  const notes = rules.newNotes()
  // Two people of the first issuer have a note from the start.
  for (const subject of ['alice', 'bob']) {
    const account = accountOf(String(issuers[0]?.issuer), subject)
    notes.add(account, ownNote(subject), `note-${subject}`)
  }
  return {
    ...toolSystem('local-rsa', 'Local RSA notes', createTools(notes, rules)),
    resources: [
      {
        uri: 'notes://archive',
        name: 'archive',
        text: 'What everybody noted long ago.',
        scopes: ['mcp:write'],
      },
      {
        uri: 'notes://alice',
        name: 'note of alice',
        text: ownNote('alice'),
        scopes: [],
        mayRead: ({ account }) => notes.read(account, 'note-alice') !== undefined,
      },
    ],
    prompts: [
      {
        name: 'summary',
        description: 'Asks for a summary of the archive.',
        words: ['yesterday', 'long ago'],
        scopes: ['mcp:write'],
        ask: (text) => ({
          messages: [{ role: 'user', content: { type: 'text', text: `Sum up what was ${text}.` } }],
        }),
      },
    ],
    impliedScopes: { 'mcp:admin': ['mcp:write', 'mcp:export'] },
  }
}

function ownNote(subject: string): string {
  return `The own note of ${subject}.`
}
