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
  /** Listed only for callers who may use it. */
  hidden?: true
  run(input: Record<string, string>, context: ToolContext): Promise<ToolResult>
}

/** A type and not an interface, so that it is assignable to the SDKs' open result types. */
export type ToolListing = {
  name: string
  description: string
  inputSchema: { type: 'object'; [member: string]: unknown }
  annotations: { readOnlyHint: boolean }
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
    name: 'read_note',
    description: "Reads one of the caller's own notes.",
    input: { id: z.string() },
    readOnly: true,
    scopes: [],
    run: async ({ id }, { caller, notes }) => {
      const text = notes.read(caller.account, String(id))
      if (text === undefined) throw new Error('There is no such note.')
      return show({ text })
    },
  },
  {
    name: 'export_notes',
    description:
      "Lists the caller's own notes for another program; needs mcp:write and mcp:export.",
    input: {},
    readOnly: true,
    scopes: ['mcp:write', 'mcp:export'],
    run: async (_input, { caller, notes }) => show({ notes: notes.list(caller.account) }),
  },
  {
    name: 'count_accounts',
    description: 'Says how many callers there may be; needs the scope mcp:admin.',
    input: {},
    readOnly: true,
    scopes: ['mcp:admin'],
    hidden: true,
    run: async () => show({ accounts: 2 }),
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

/** The answer to tools/list for a caller with these scopes; the SDKs list the same for everybody. */
export function listTools(scopes: string[]): ToolListing[] {
  return tools
    .filter(
      ({ hidden, scopes: needed }) => !hidden || needed.every((each) => scopes.includes(each)),
    )
    .map(({ name, description, input, readOnly }) => ({
      name,
      description,
      inputSchema: { ...z.toJSONSchema(z.object(input)), type: 'object' as const },
      annotations: { readOnlyHint: readOnly },
    }))
}

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
