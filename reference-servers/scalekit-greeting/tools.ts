import { z } from 'zod'
import { defineTool, say, show, type Tool } from '../resource-server/system.ts'
import type { GreetingRules, Member } from './rules.ts'

export function createTools({ greet }: GreetingRules): Tool[] {
  return [
    defineTool({
      name: 'greet_user',
      description: 'Greets the user with a personalized message.',
      input: { name: z.string() },
      readOnly: true,
      scopes: [],
      run: async ({ name }) => greet(`Hi ${name}, welcome to Scalekit!`),
    }),
    defineTool({
      name: 'admin_tool',
      description: 'Says that the caller may administrate; needs the scope admin.',
      input: {},
      readOnly: true,
      scopes: ['admin'],
      run: async () => say('Welcome, administrator.'),
    }),
    defineTool({
      name: 'get_org_data',
      description: "Shows what there is about the caller's organization.",
      input: {},
      readOnly: true,
      scopes: [],
      run: async (_input, { caller }) => show({ org_id: (caller as Member).organization }),
    }),
  ]
}
