import type { RequestHandler } from 'express'
import { toolSystem, type System } from '../resource-server/system.ts'
import { openRoutes } from './routes.ts'
import type { ClerkRules } from './rules.ts'
import type { ClerkSettings } from './settings.ts'
import { tools } from './tools.ts'

export const legacyPaths = { stream: '/mcp/sse', messages: '/mcp/messages/' } as const

/** Two tools on both transports, and the pages around them. */
export function createClerkSystem(settings: ClerkSettings, rules: ClerkRules): System {
  return {
    ...toolSystem('MCP OAuth Server Example', 'MCP OAuth Server Example', tools),
    openRoutes: [...rules.publicRoutes(settings), openRoutes(settings)],
    guardedRoutes: [answerNotFound],
    legacy: legacyPaths,
  }
}

const answerNotFound: RequestHandler = (_request, response) => {
  response.status(404).json({ detail: 'Not Found' })
}
