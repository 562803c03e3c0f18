import { readNumber, type Environment, type Settings } from '../resource-server/config.ts'
import { toolSystem, type System } from '../resource-server/system.ts'
import { serveDocuments } from './documents.ts'
import { limitCalls } from './limiter.ts'
import { answerOtherWellKnown, serveHealth } from './open-routes.ts'
import type { GreetingRules } from './rules.ts'
import { createTools } from './tools.ts'

/** Greetings, and what a web server has beside them. */
export function createGreetingSystem(
  { resource }: Settings,
  rules: GreetingRules,
  env: Environment,
): System {
  const endpoint = new URL(resource).pathname
  const callsPerMinute = readNumber(env, 'RATE_LIMIT', 10)
  return {
    ...toolSystem('Greeting MCP', 'Greeting MCP', createTools(rules)),
    openRoutes: [serveHealth, answerOtherWellKnown, limitCalls(endpoint, callsPerMinute)],
    guardedRoutes: [serveDocuments(endpoint)],
  }
}
