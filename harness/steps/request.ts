import type { HeaderList } from '../model.ts'
import { mcpBatch, mcpRequest, mcpResponse } from '../protocol/mcp-request.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { fill } from '../scenario/template.ts'
import { lookupIn } from '../scope.ts'
import { CannotTake } from './context.ts'
import type { RunContext } from './context.ts'

/** The message of a `send`, before a credential is added. */
export interface Operation {
  httpMethod: string
  headers: HeaderList
  body: string | undefined
  /** Whether a stateful server expects it inside a session. */
  needsSession: boolean
  /** The id whose answer ends an event stream; null when none is due. */
  answerId: string | number | null
}

const roleMethods = {
  call: { root: 'tool', method: 'tools/call' },
  read: { root: 'resource', method: 'resources/read' },
  subscribe: { root: 'resource', method: 'resources/subscribe' },
  'get-prompt': { root: 'prompt', method: 'prompts/get' },
  complete: { root: 'prompt', method: 'completion/complete' },
} as const

const handshakes = ['initialize', 'server/discover']

/** Builds the message that a `send` asks for, in the form of the run's wire. */
export function operationOf(
  argument: JsonObject,
  session: string | null,
  run: RunContext,
): Operation {
  const { capabilities } = argument
  const complete = ({ method, params }: Message): Message => ({
    method,
    params: mergeParams(params, argument),
    ...(isObject(capabilities) ? { capabilities } : {}),
  })
  const named = namedMethod(argument, run)
  if (named) return message(complete(named), session, run)
  if (typeof argument['notify'] === 'string') return notification(argument['notify'], session, run)
  if (argument['respond'] === true) return response(session, run)
  if (Array.isArray(argument['batch'])) return batch(argument['batch'], session, run)
  if (argument['terminate'] === true) return bodiless('DELETE', session, run)
  const base = message(complete(run.base), session, run)
  if (!isObject(argument['raw'])) return base
  return raw(
    argument['raw'],
    session === null ? base : { ...base, headers: headersFor(session, run) },
  )
}

function namedMethod(argument: JsonObject, run: RunContext): Message | null {
  const { request } = argument
  if (isObject(request)) {
    return {
      method: String(request['method']),
      ...(isObject(request['params']) ? { params: request['params'] } : {}),
    }
  }
  for (const [operation, { root, method }] of Object.entries(roleMethods)) {
    const role = argument[operation]
    if (typeof role === 'string') return { method, params: paramsOfRole(root, role, argument, run) }
  }
  return null
}

/** The operation on what was declared for a role; throws `CannotTake` where nothing was. */
export function paramsOfRole(
  root: string,
  role: string,
  argument: JsonObject,
  run: RunContext,
): JsonObject {
  const table = run.facts[root]
  const fact = isObject(table) ? table[role] : undefined
  if (!isObject(fact)) throw new CannotTake('assume', `the server declares no ${root}.${role}`)
  if (root === 'resource') return { uri: fact['uri'] ?? '' }
  const own = isObject(argument['arguments']) ? argument['arguments'] : fact['arguments']
  if (argument['complete'] !== undefined) {
    return {
      ref: { type: 'ref/prompt', name: fact['name'] ?? '' },
      argument: { name: 'text', value: '' },
    }
  }
  const lookup = lookupIn({ facts: run.facts, steps: new Map(), tokens: {}, now: run.now })
  return { name: fact['name'] ?? '', arguments: isObject(own) ? fill(own, lookup) : {} }
}

function mergeParams(params: JsonObject | undefined, argument: JsonObject): JsonObject | undefined {
  const edits = argument['params']
  return isObject(edits) ? mergeDeep(params ?? {}, edits) : params
}

function mergeDeep(base: JsonObject, edits: JsonObject): JsonObject {
  const merged: JsonObject = { ...base }
  for (const [name, value] of Object.entries(edits)) {
    const before = merged[name]
    merged[name] = isObject(before) && isObject(value) ? mergeDeep(before, value) : value
  }
  return merged
}

let nextId = 1

interface Message {
  method: string
  params?: JsonObject | undefined
  /** What the client says that it can do. */
  capabilities?: JsonObject
}

function message({ params, ...said }: Message, session: string | null, run: RunContext): Operation {
  const id = nextId++
  const { revision } = run
  const parts = { revision, id, ...said, ...(params ? { params } : {}), ...inSession(session) }
  return {
    httpMethod: 'POST',
    ...mcpRequest(parts),
    needsSession: run.wire === 'stateful' && !handshakes.includes(said.method),
    answerId: id,
  }
}

/** The headers of a message inside a session, for bodies that are no request of ours. */
function headersFor(session: string | null, run: RunContext): HeaderList {
  if (run.wire === 'stateless') return message(run.base, null, run).headers
  return mcpResponse({ revision: run.revision, id: 0, ...inSession(session) }).headers
}

function inSession(session: string | null): { sessionId?: string } {
  return session === null ? {} : { sessionId: session }
}

function notification(method: string, session: string | null, run: RunContext): Operation {
  const built = mcpRequest({
    revision: run.revision,
    method,
    ...inSession(session),
  })
  return { httpMethod: 'POST', ...built, needsSession: false, answerId: null }
}

function response(session: string | null, run: RunContext): Operation {
  return {
    httpMethod: 'POST',
    headers: headersFor(session, run),
    body: JSON.stringify({ jsonrpc: '2.0', id: 'unasked', result: {} }),
    needsSession: false,
    answerId: null,
  }
}

function batch(calls: JsonValue[], session: string | null, run: RunContext): Operation {
  const messages = calls
    .filter(isObject)
    .map((call) => JSON.parse(operationOf(call, session, run).body ?? 'null') as JsonValue)
  const built = mcpBatch({ revision: run.revision, messages, ...inSession(session) })
  return { httpMethod: 'POST', ...built, needsSession: true, answerId: null }
}

function bodiless(httpMethod: string, session: string | null, run: RunContext): Operation {
  const headers = headersFor(session, run).filter(([name]) => !/^content-type$/i.test(name))
  return { httpMethod, headers, body: undefined, needsSession: false, answerId: null }
}

const withoutBody = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE'])

function raw(edits: JsonObject, base: Operation): Operation {
  const httpMethod = typeof edits['method'] === 'string' ? edits['method'] : 'POST'
  const text = typeof edits['text'] === 'string' ? edits['text'] : undefined
  const filler = edits['bytes'] === undefined ? undefined : 'x'.repeat(Number(edits['bytes']))
  const own = text ?? filler
  if (own === undefined && withoutBody.has(httpMethod)) {
    const headers = base.headers.filter(
      ([name]) => !/^(content-type|mcp-method|mcp-name)$/i.test(name),
    )
    return { httpMethod, headers, body: undefined, needsSession: false, answerId: null }
  }
  return {
    ...base,
    httpMethod,
    body: own ?? base.body,
    needsSession: false,
    answerId: own === undefined ? base.answerId : null,
  }
}
