import type { Program } from '../../resource-server/run-program.ts'
import { openServer, readRules } from '../../resource-server/start.ts'
import { todoRules } from '../rules.ts'
import { createTodoApp } from './app.ts'
import { readTodoAppSettings } from './settings.ts'

const planted = { rules: todoRules, faults: () => import('../faults.ts') }

/** The product behind the MCP server, on HOST and TODO_APP_PORT. */
export const todoApp: Program = {
  name: 'todo-app',
  start: async (env) => {
    const rules = await readRules(planted, env['FAULT'])
    const app = createTodoApp(readTodoAppSettings(env), rules)
    const { server, origin, close } = await openServer({ ...env, PORT: env['TODO_APP_PORT'] }, 3001)
    server.on('request', app)
    return { url: origin, close }
  },
  faults: planted.faults,
}
