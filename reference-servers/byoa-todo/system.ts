import type { RequestHandler } from 'express'
import type { Settings } from '../resource-server/config.ts'
import { toolSystem, type System } from '../resource-server/system.ts'
import type { TodoRules } from './rules.ts'
import type { TodoSettings } from './settings.ts'
import { createTools } from './tools.ts'

/** The todos of the product at TODO_APP_BASE_URL as tools. */
export function createTodoSystem(settings: Settings, rules: TodoRules): System {
  const { api } = settings as TodoSettings
  const system = toolSystem('Todo MCP Server', 'Todo app', createTools(api, rules))
  return {
    ...system,
    openRoutes: [
      redirectSlash(new URL(settings.resource).pathname),
      ...rules.publicRoutes(settings),
    ],
  }
}

/** `/mcp/` leads to `/mcp`, method and body unchanged. */
function redirectSlash(endpoint: string): RequestHandler {
  return (request, response, next) => {
    if (request.path !== `${endpoint}/`) return next()
    response.redirect(307, endpoint)
  }
}
