import type { Config } from './config.ts'
import { isRecord } from './key-set.ts'
import type { Principal } from './principal.ts'
import { Refusal } from './refusal.ts'
import type { System } from './system.ts'

/**
 * Decided on the message, before anything is dispatched: a batch is refused as a whole when one of
 * its calls is forbidden, and the answer names every scope that the request needs.
 */
export function checkOperation(body: unknown, caller: Principal, config: Config): void {
  const { requiredScopes, system } = config
  const needed = messagesOf(body).flatMap((message) => scopesOf(message, system))
  const scopes = [...new Set([...requiredScopes, ...needed])]
  if (scopes.some((scope) => !caller.scopes.includes(scope))) {
    throw new Refusal('insufficient', 'the token lacks a scope', scopes)
  }
}

export function messagesOf(body: unknown): unknown[] {
  return Array.isArray(body) ? body : [body]
}

/** Data is guarded, whatever the method that gives it away. */
function scopesOf(message: unknown, { tools, resources, prompts }: System): string[] {
  if (!isRecord(message)) return []
  const params = isRecord(message['params']) ? message['params'] : {}
  switch (message['method']) {
    case 'tools/call':
      return tools.find(({ name }) => name === params['name'])?.scopes ?? []
    case 'resources/read':
    case 'resources/subscribe':
      return resources.find(({ uri }) => uri === params['uri'])?.scopes ?? []
    case 'subscriptions/listen': {
      const wanted = JSON.stringify(params)
      return resources.filter(({ uri }) => wanted.includes(uri)).flatMap(({ scopes }) => scopes)
    }
    case 'prompts/get':
      return prompts.find(({ name }) => name === params['name'])?.scopes ?? []
    case 'completion/complete': {
      const ref = isRecord(params['ref']) ? params['ref'] : {}
      return prompts.find(({ name }) => name === ref['name'])?.scopes ?? []
    }
    default:
      return []
  }
}
