import { z } from 'zod'
import { defineTool, say, show, type Tool, type ToolResult } from '../resource-server/system.ts'
import { askApi } from './api-client.ts'
import type { CtePrincipal, CteRules } from './rules.ts'
import type { ApiSettings } from './settings.ts'

export function createTools(api: ApiSettings, rules: CteRules): Tool[] {
  const hidden = rules.hidesDeniedTools() ? ({ hidden: true } as const) : {}
  return [{ ...whoami, ...hidden }, { ...greet(api, rules), ...hidden }, getDatetime]
}

const whoami = defineTool({
  name: 'whoami',
  title: 'Who Am I Tool',
  description: 'Says who the caller is, by the token, and which scopes it has.',
  input: {},
  outputSchema: schemaOf({
    user: z.record(z.string(), z.unknown()),
    scopes: z.array(z.string()),
  }),
  readOnly: true,
  scopes: ['tool:whoami'],
  run: async (_input, { caller }) => {
    const { profile, scopes } = caller as CtePrincipal
    const structuredContent = { user: profile, scopes }
    return { ...say(indented(structuredContent)), structuredContent }
  },
})

const greet = (api: ApiSettings, rules: CteRules): Tool =>
  defineTool({
    name: 'greet',
    title: 'Greet User with Custom Token Exchange',
    description: 'Greets the caller, and asks the upstream API in his name for something to add.',
    input: { name: z.string() },
    outputSchema: schemaOf({ result: z.string() }),
    readOnly: true,
    scopes: ['tool:greet'],
    run: async ({ name }, { caller }) => {
      try {
        const answer = await askApi(caller, api, rules)
        const greeting = `Hello, ${name.trim()} (${caller.subject})!`
        return result(`${greeting}\nUpstream API Response: ${indented(answer)}`)
      } catch (error) {
        if (api.debug) console.error('greet:', error)
        return {
          ...say(`Error executing tool greet: ${rules.describeFailure(error)}`),
          isError: true,
        }
      }
    },
  })

const getDatetime = defineTool({
  name: 'get_datetime',
  title: 'Get DateTime',
  description: 'Says the time, in UTC.',
  input: {},
  outputSchema: schemaOf({ result: z.string() }),
  readOnly: true,
  scopes: [],
  run: async () => result(new Date().toISOString().replace('Z', '000+00:00')),
})

function schemaOf(shape: z.ZodRawShape): NonNullable<Tool['outputSchema']> {
  return { ...z.toJSONSchema(z.object(shape)), type: 'object' }
}

function result(text: string): ToolResult {
  return { ...show({ result: text }), ...say(text) }
}

function indented(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
