/** A type and not an interface, so that it is assignable to the SDKs' open result types. */
export type PromptResult = {
  messages: { role: 'user'; content: { type: 'text'; text: string } }[]
}

interface Guarded {
  name: string
  /** Beyond those that every request needs. */
  scopes: string[]
}

/** What is there to read, beside the tools. */
export const archive: Guarded & { uri: string; text: string } = {
  uri: 'notes://archive',
  name: 'archive',
  text: 'What everybody noted long ago.',
  scopes: ['mcp:write'],
}

export interface Summary extends Guarded {
  description: string
  /** What the argument may be completed to. */
  words: string[]
  ask(text: string): PromptResult
}

/** What is there to be prompted with. */
export const summary: Summary = {
  name: 'summary',
  description: 'Asks for a summary of the archive.',
  words: ['yesterday', 'long ago'],
  scopes: ['mcp:write'],
  ask: (text) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Sum up what was ${text}.` } }],
  }),
}
