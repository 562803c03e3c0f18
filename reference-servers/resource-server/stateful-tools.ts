import { randomUUID } from 'node:crypto'
import type { ToolTaskHandler } from '@modelcontextprotocol/sdk/experimental/tasks/interfaces.js'
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { UrlElicitationRequiredError } from '@modelcontextprotocol/sdk/types.js'
import type { CallToolResult, RequestId } from '@modelcontextprotocol/sdk/types.js'
import type { Principal } from './principal.ts'
import { PageNeeded, say, sayWhere, type Question, type Tool, type ToolContext } from './system.ts'

const pollMs = 100

/** Offers a tool on SDK 1.x: as it is, after a question to its user, or as a task. */
export function registerTool(server: McpServer, tool: Tool, offersTasks: boolean): void {
  const { name, description, input: inputSchema, readOnly, question, run } = tool
  const described = { description, inputSchema, annotations: { readOnlyHint: readOnly } }
  const contextOf = ({ authInfo }: Asking): ToolContext => ({
    caller: authInfo?.extra?.['caller'] as Principal,
    notify: () => server.sendLoggingMessage({ level: 'info', data: 'You asked for this message.' }),
  })
  if (tool.asTask === true && offersTasks) {
    const task = { ...described, execution: { taskSupport: 'optional' as const } }
    server.experimental.tasks.registerToolTask(name, task, taskHandler(tool, contextOf))
    return
  }
  server.registerTool(name, described, async (values, extra) => {
    if (question === undefined)
      return run(values, contextOf(extra)).catch((error: unknown) => sendToPage(server, error))
    const answer = await ask(server, question, extra.requestId)
    if (answer === undefined) return say('Nothing was done.')
    return run(values, { ...contextOf(extra), answer })
  })
}

/** MCP 2025-11-25, URLElicitationRequiredError. */
function sendToPage(server: McpServer, error: unknown): CallToolResult {
  if (!(error instanceof PageNeeded)) throw error
  if (!server.server.getClientCapabilities()?.elicitation?.url) return sayWhere(error)
  const { message, url } = error
  const page = { mode: 'url' as const, elicitationId: randomUUID(), url, message }
  throw new UrlElicitationRequiredError([page])
}

interface Asking {
  authInfo?: { extra?: Record<string, unknown> } | undefined
}

/** What the user filled in; nothing where the user would not. */
async function ask(
  server: McpServer,
  { message, requestedSchema }: Question,
  relatedRequestId: RequestId,
): Promise<Record<string, unknown> | undefined> {
  const form = { mode: 'form' as const, message, requestedSchema }
  const { action, content } = await server.server.elicitInput(form, { relatedRequestId })
  return action === 'accept' ? content : undefined
}

function taskHandler(
  { run }: Tool,
  contextOf: (asking: Asking) => ToolContext,
): ToolTaskHandler<Tool['input']> {
  return {
    createTask: async (values, extra) => {
      const { taskStore, taskRequestedTtl: ttl = null } = extra
      const task = await taskStore.createTask({ ttl, pollInterval: pollMs })
      void run(values, contextOf(extra))
        .then((result) => taskStore.storeTaskResult(task.taskId, 'completed', result))
        // a task that was cancelled meanwhile takes no result
        .catch(() => undefined)
      return { task }
    },
    getTask: (_values, { taskId, taskStore }) => taskStore.getTask(taskId),
    getTaskResult: async (_values, { taskId, taskStore }) =>
      (await taskStore.getTaskResult(taskId)) as CallToolResult,
  }
}
