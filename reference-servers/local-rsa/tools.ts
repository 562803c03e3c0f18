import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import {
  defineTool,
  say,
  show,
  type Question,
  type Tool,
  type ToolContext,
  type ToolResult,
} from '../resource-server/system.ts'
import type { Notes } from './notes.ts'
import type { NoteRules } from './rules.ts'

export function createTools(notes: Notes, rules: NoteRules): Tool[] {
  const question = rules.askAboutReminder()
  return [greet, whoami, ...noteTools(notes), countAccounts, notify, remind(question), wait]
}

const greet = defineTool({
  name: 'greet',
  description: 'Greets someone and says who is asking.',
  input: { name: z.string() },
  readOnly: true,
  scopes: [],
  run: async ({ name }, { caller }) => say(`Hello, ${name}! Your userid is ${caller.subject}.`),
})

const whoami = defineTool({
  name: 'whoami',
  description: 'Says who the caller is.',
  input: {},
  readOnly: true,
  scopes: [],
  run: async (_input, { caller }) => show({ issuer: caller.issuer, subject: caller.subject }),
})

const countAccounts = defineTool({
  name: 'count_accounts',
  description: 'Says how many callers there may be; needs the scope mcp:admin.',
  input: {},
  readOnly: true,
  scopes: ['mcp:admin'],
  hidden: true,
  run: async () => show({ accounts: 2 }),
})

const notify = defineTool({
  name: 'notify',
  description: "Sends a message on the caller's open stream.",
  input: {},
  readOnly: true,
  scopes: [],
  run: async (_input, context) => {
    await context.notify()
    return say('Sent.')
  },
})

const remind = (question: Question): Tool =>
  defineTool({
    name: 'draft_reminder',
    description: 'Words a reminder, once its user has said for which day.',
    input: { text: z.string() },
    readOnly: true,
    scopes: [],
    question,
    run: async ({ text }, { answer }) => show({ ...answer, text }),
  })

const wait = defineTool({
  name: 'wait',
  description: 'Waits for so many milliseconds, as a task where the client likes.',
  input: { milliseconds: z.number().int().min(0).max(10_000) },
  readOnly: true,
  scopes: [],
  asTask: true,
  run: async ({ milliseconds }) => {
    await delay(milliseconds)
    return say('Waited.')
  },
})

function noteTools(notes: Notes): Tool[] {
  const adding = {
    input: { text: z.string() },
    readOnly: false,
    run: async ({ text }: { text: string }, { caller }: ToolContext): Promise<ToolResult> => {
      notes.add(caller.account, text)
      return say('Noted.')
    },
  }
  const listing = {
    input: {},
    readOnly: true,
    run: async (_input: object, { caller }: ToolContext): Promise<ToolResult> =>
      show({ notes: notes.list(caller.account) }),
  }
  return [
    defineTool({
      name: 'list_notes',
      description: "Lists the caller's own notes.",
      scopes: [],
      ...listing,
    }),
    defineTool({
      name: 'add_note',
      description: "Adds a line to the caller's own notes.",
      scopes: [],
      ...adding,
    }),
    defineTool({
      name: 'write_note',
      description: "Adds a line to the caller's own notes; needs the scope mcp:write.",
      scopes: ['mcp:write'],
      ...adding,
    }),
    defineTool({
      name: 'read_note',
      description: "Reads one of the caller's own notes.",
      input: { id: z.string() },
      readOnly: true,
      scopes: [],
      run: async ({ id }, { caller }) => {
        const text = notes.read(caller.account, id)
        if (text === undefined) throw new Error('There is no such note.')
        return show({ text })
      },
    }),
    defineTool({
      name: 'export_notes',
      description:
        "Lists the caller's own notes for another program; needs mcp:write and mcp:export.",
      scopes: ['mcp:write', 'mcp:export'],
      ...listing,
    }),
  ]
}
