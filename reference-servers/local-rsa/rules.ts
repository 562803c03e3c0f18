import { conformantRules, type Rules } from '../resource-server/rules.ts'
import type { Question } from '../resource-server/system.ts'
import { Notes } from './notes.ts'

export interface NoteRules extends Rules {
  newNotes(): Notes
  /** What is asked before a reminder is drafted. */
  askAboutReminder(): Question
}

export const noteRules: NoteRules = {
  ...conformantRules,
  newNotes: () => new Notes(),
  askAboutReminder: () => askFor('day', 'On which day shall you be reminded?', 'Day'),
}

/** A form of one field. */
export function askFor(field: string, message: string, title: string): Question {
  return {
    name: 'reminder',
    message,
    requestedSchema: {
      type: 'object',
      properties: { [field]: { type: 'string', title } },
      required: [field],
    },
  }
}
