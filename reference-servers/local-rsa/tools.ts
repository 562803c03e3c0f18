import { z } from 'zod'
import type { Notes } from './notes.ts'
import type { Principal } from './principal.ts'

/** What a tool may use, whatever the wire. */
export interface ToolContext {
  caller: Principal
  notes: Notes
  /** Sends a message on the caller's open stream. */
  notify(): Promise<void>
}

/** A type and not an interface, so that it is assignable to the SDKs' open result types. */
export type ToolResult = {
  content: { type: 'text'; text: string }[]
  structuredContent?: Record<string, unknown>
}

export interface Tool {
  name: string
  description: string
  input: Record<string, z.ZodString>
  readOnly: boolean
  /** Beyond those that every request needs. */
  scopes: string[]
  run(input: Record<string, string>, context: ToolContext): Promise<ToolResult>
}

export const tools: Tool[] = [
  {
    name: 'greet',
    description: 'Greets someone and says who is asking.',
    input: { name: z.string() },
    readOnly: true,
    scopes: [],
    run: async ({ name }, { caller }) => say(`Hello, ${name}! Your userid is ${caller.subject}.`),
  },
  {
    name: 'whoami',
    description: 'Says who the caller is.',
    input: {},
    readOnly: true,
    scopes: [],
    run: async (_input, { caller }) => show({ issuer: caller.issuer, subject: caller.subject }),
  },
  {
    name: 'list_notes',
    description: "Lists the caller's own notes.",
    input: {},
    readOnly: true,
    scopes: [],
    run: async (_input, { caller, notes }) => show({ notes: notes.list(caller.account) }),
  },
  {
    name: 'add_note',
    description: "Adds a line to the caller's own notes.",
    input: { text: z.string() },
    readOnly: false,
    scopes: [],
    run: addNote,
  },
  {
    name: 'write_note',
    description: "Adds a line to the caller's own notes; needs the scope mcp:write.",
    input: { text: z.string() },
    readOnly: false,
    scopes: ['mcp:write'],
    run: addNote,
  },
  {
    name: 'notify',
    description: "Sends a message on the caller's open stream.",
    input: {},
    readOnly: true,
    scopes: [],
    run: async (_input, { notify }) => {
      await notify()
      return say('Sent.')
    },
  },
]

async function addNote(
  { text }: Record<string, string>,
  { caller, notes }: ToolContext,
): Promise<ToolResult> {
  notes.add(caller.account, String(text))
  return say('Noted.')
}

function say(text: string): ToolResult {
  return { content: [{ type: 'text', text }] }
}

function show(structuredContent: Record<string, unknown>): ToolResult {
  return { ...say(JSON.stringify(structuredContent)), structuredContent }
}
