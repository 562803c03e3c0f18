import { conformantRules, type Rules } from '../resource-server/rules.ts'
import { Notes } from './notes.ts'

export interface NoteRules extends Rules {
  newNotes(): Notes
}

export const noteRules: NoteRules = { ...conformantRules, newNotes: () => new Notes() }
