import { isRecord } from './key-set.ts'
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

function messagesOf(body: unknown): unknown[] {
  return Array.isArray(body) ? body : [body]
}

function scopesOf(message: unknown): string[] {
  if (!isRecord(message) || message['method'] !== 'tools/call') return []
  const params = message['params']
  const name = isRecord(params) ? params['name'] : undefined
  return tools.find((tool) => tool.name === name)?.scopes ?? []
}
