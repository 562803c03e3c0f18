import { z } from 'zod'
import type { Principal } from '../resource-server/principal.ts'
import {
  defineTool,
  PageNeeded,
  show,
  type Tool,
  type ToolResult,
} from '../resource-server/system.ts'
import type { TodoRules } from './rules.ts'
import { calendarPath, callTodoApi, TodoFailure, todosPath, type TodoApi } from './todo-client.ts'

const outputSchema = { type: 'object' as const, additionalProperties: true }
const todoId = z.string().describe('The id of the todo')

/** The todos of whoever the token speaks for. No tool needs a scope of its own. */
export function createTools(api: TodoApi, rules: TodoRules): Tool[] {
  const call = async (
    tool: string,
    caller: Principal,
    { path, ...request }: { method: string; path: string | null; body?: object },
  ): Promise<ToolResult> => {
    if (path === null) return failed(tool, 'Todo not found')
    try {
      return show(await callTodoApi(api, rules.userHeaders(caller), { path, ...request }))
    } catch (error) {
      if (error instanceof TodoFailure && error.connect !== null)
        throw new PageNeeded(error.connect, 'Your calendar is not connected yet.')
      if (error instanceof TodoFailure) return failed(tool, rules.describeFailure(error))
      throw error
    }
  }
  return [
    defineTool({
      name: 'list_todos',
      description: 'Lists the todos of the current user.',
      input: {},
      outputSchema,
      readOnly: true,
      scopes: [],
      run: async (_input, { caller }) =>
        call('list_todos', caller, { method: 'GET', path: todosPath }),
    }),
    defineTool({
      name: 'create_todo',
      description: 'Creates a todo for the current user.',
      input: { title: z.string().describe('What is to be done') },
      outputSchema,
      readOnly: false,
      scopes: [],
      run: async ({ title }, { caller }) =>
        call('create_todo', caller, { method: 'POST', path: todosPath, body: { title } }),
    }),
    defineTool({
      name: 'update_todo',
      description: 'Changes the title or the completion of a todo of the current user.',
      input: {
        todo_id: todoId,
        title: z.string().nullable().default(null),
        completed: z.boolean().nullable().default(null),
      },
      outputSchema,
      readOnly: false,
      scopes: [],
      run: async ({ todo_id: id, title, completed }, { caller }) =>
        call('update_todo', caller, {
          method: 'PUT',
          path: rules.todoPath(id),
          body: {
            ...(title === null ? {} : { title }),
            ...(completed === null ? {} : { completed }),
          },
        }),
    }),
    defineTool({
      name: 'delete_todo',
      description: 'Deletes a todo of the current user.',
      input: { todo_id: todoId },
      outputSchema,
      readOnly: false,
      scopes: [],
      run: async ({ todo_id: id }, { caller }) =>
        call('delete_todo', caller, { method: 'DELETE', path: rules.todoPath(id) }),
    }),
    defineTool({
      name: 'show_calendar',
      description: 'Tells which calendar the current user has connected to the todo app.',
      input: {},
      outputSchema,
      readOnly: true,
      scopes: [],
      run: async (_input, { caller }) =>
        call('show_calendar', caller, { method: 'GET', path: calendarPath }),
    }),
  ]
}

function failed(tool: string, why: string): ToolResult {
  const text = `Error calling tool '${tool}': ${why}`
  return { content: [{ type: 'text', text }], isError: true }
}
