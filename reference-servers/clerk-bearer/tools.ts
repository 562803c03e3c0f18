import { z } from 'zod'
import { defineTool, say, type Tool } from '../resource-server/system.ts'

const hello = defineTool({
  name: 'hello',
  description: 'Greets somebody by name.',
  input: { name: z.string() },
  readOnly: true,
  scopes: [],
  run: async ({ name }) => say(`Hello, ${name}! This is a protected endpoint.`),
})

const addNumbers = defineTool({
  name: 'add_numbers',
  description: 'Adds two whole numbers.',
  input: { a: z.int(), b: z.int() },
  readOnly: true,
  scopes: [],
  run: async ({ a, b }) => say(String(a + b)),
})

export const tools: Tool[] = [hello, addNumbers]
