import { isRecord } from './key-set.ts'
import { archive, summary } from './primitives.ts'
import type { Principal } from './principal.ts'
import { Refusal } from './refusal.ts'
import { tools } from './tools.ts'

/**
 * Decided on the message, before anything is dispatched: a batch is refused as a whole when one of
 * its calls is forbidden, and the answer names every scope that the request needs.
 */
export function checkOperation(body: unknown, caller: Principal, requiredScopes: string[]): void {
  const needed = [...requiredScopes, ...messagesOf(body).flatMap(scopesOf)]
  const scopes = [...new Set(needed)]
  if (scopes.some((scope) => !caller.scopes.includes(scope))) {
    throw new Refusal('insufficient', 'the token lacks a scope', scopes)
  }
}

export function messagesOf(body: unknown): unknown[] {
  return Array.isArray(body) ? body : [body]
}

/** Data is guarded, whatever the method that gives it away. */
function scopesOf(message: unknown): string[] {
  if (!isRecord(message)) return []
  const params = isRecord(message['params']) ? message['params'] : {}
  switch (message['method']) {
    case 'tools/call':
      return tools.find((tool) => tool.name === params['name'])?.scopes ?? []
    case 'resources/read':
    case 'resources/subscribe':
      return params['uri'] === archive.uri ? archive.scopes : []
    case 'subscriptions/listen':
      return JSON.stringify(params).includes(archive.uri) ? archive.scopes : []
    case 'prompts/get':
      return params['name'] === summary.name ? summary.scopes : []
    case 'completion/complete': {
      const ref = isRecord(params['ref']) ? params['ref'] : {}
      return ref['name'] === summary.name ? summary.scopes : []
    }
    default:
      return []
  }
}
