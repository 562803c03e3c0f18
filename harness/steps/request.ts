import type { RawRequest } from '../client/http.ts'
import type { HeaderList } from '../model.ts'
import { mcpRequest } from '../protocol/mcp-request.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
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
  const named = namedMethod(argument, run)
  if (named) return message(named.method, mergeParams(named.params, argument), session, run)
  if (typeof argument['notify'] === 'string') return notification(argument['notify'], session, run)
  if (argument['respond'] === true) return response(session, run)
  if (Array.isArray(argument['batch'])) return batch(argument['batch'], session, run)
  if (argument['terminate'] === true) return bodiless('DELETE', session, run)
  const base = message(run.base.method, mergeParams(run.base.params, argument), session, run)
  return isObject(argument['raw']) ? raw(argument['raw'], base) : base
}

function namedMethod(
  argument: JsonObject,
  run: RunContext,
): { method: string; params?: JsonObject } | null {
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

function paramsOfRole(
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
  return { name: fact['name'] ?? '', arguments: isObject(own) ? own : {} }
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

function message(
  method: string,
  params: JsonObject | undefined,
  session: string | null,
  run: RunContext,
): Operation {
  const id = nextId++
  const built = mcpRequest({
    revision: run.revision,
    method,
    id,
    ...(params ? { params } : {}),
    ...(session === null ? {} : { sessionId: session }),
  })
  return {
    httpMethod: 'POST',
    ...built,
    needsSession: run.wire === 'stateful' && !handshakes.includes(method),
    answerId: id,
  }
}

/** The headers of a message, for bodies that `mcpRequest` does not write. */
function headersFor(session: string | null, run: RunContext): HeaderList {
  return message(run.base.method, run.base.params, session, run).headers
}

function notification(method: string, session: string | null, run: RunContext): Operation {
  const built = mcpRequest({
    revision: run.revision,
    method,
    ...(session === null ? {} : { sessionId: session }),
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
  const elements = calls.filter(isObject).map((call) => {
    const single = operationOf(call, session, run)
    return JSON.parse(single.body ?? 'null') as JsonValue
  })
  return {
    httpMethod: 'POST',
    headers: headersFor(session, run),
    body: JSON.stringify(elements),
    needsSession: true,
    answerId: null,
  }
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

/** Sets, replaces or (null) removes header lines; a list gives one line for each value. */
export function editHeaders(headers: HeaderList, edits: JsonValue | undefined): HeaderList {
  if (!isObject(edits)) return headers
  let edited = headers
  for (const [name, value] of Object.entries(edits)) {
    edited = edited.filter(([existing]) => existing.toLowerCase() !== name.toLowerCase())
    const values = value === null ? [] : Array.isArray(value) ? value : [value]
    edited = [...edited, ...values.map((each): [string, string] => [name, String(each)])]
  }
  return edited
}

/** The request that carries an operation with a credential. */
export function requestFor(
  operation: Operation,
  argument: JsonObject,
  token: string | null,
  run: RunContext,
): RawRequest {
  const url = new URL(run.targetUrl)
  const written = run.targetUrl.slice(url.origin.length) || '/'
  const carry = isObject(argument['carry']) ? argument['carry'] : null
  const carried = carryToken(carry, token, {
    headers: operation.headers,
    path: written,
    body: operation.body,
  })
  const credential = authorizationLines(argument, token, carry)
  const headers = editHeaders(
    [...carried.headers, ...credential, ...run.extraHeaders],
    argument['header'],
  )
  const path = typeof argument['path'] === 'string' ? argument['path'] : carried.path
  return {
    method: operation.httpMethod,
    url: url.origin,
    path: withQuery(path, argument['query']),
    headers,
    ...(carried.body === undefined ? {} : { body: carried.body }),
  }
}

function authorizationLines(
  argument: JsonObject,
  token: string | null,
  carry: JsonObject | null,
): HeaderList {
  const { authorization } = argument
  if (authorization !== undefined) {
    const lines = Array.isArray(authorization) ? authorization : [authorization]
    return lines.map((line) => ['Authorization', String(line)])
  }
  if (token === null) return []
  if (carry === null) return [['Authorization', `Bearer ${token}`]]
  if (carry['in'] !== undefined && carry['in'] !== 'header') return []
  const scheme = typeof carry['scheme'] === 'string' ? carry['scheme'] : 'Bearer'
  const name = typeof carry['name'] === 'string' ? carry['name'] : 'Authorization'
  return [[name, scheme === '' ? token : `${scheme} ${token}`]]
}

interface Parts {
  headers: HeaderList
  path: string
  body: string | undefined
}

/** Puts the token where a careless server might look for it: query, cookie, form or `_meta`. */
function carryToken(carry: JsonObject | null, token: string | null, parts: Parts): Parts {
  if (carry === null || token === null) return parts
  const name = typeof carry['name'] === 'string' ? carry['name'] : 'access_token'
  if (carry['in'] === 'query') return { ...parts, path: withQuery(parts.path, { [name]: token }) }
  if (carry['in'] === 'cookie')
    return { ...parts, headers: [...parts.headers, ['Cookie', `${name}=${token}`]] }
  if (carry['in'] === 'form') {
    const headers = editHeaders(parts.headers, {
      'Content-Type': 'application/x-www-form-urlencoded',
    })
    return { ...parts, headers, body: new URLSearchParams({ [name]: token }).toString() }
  }
  return carry['in'] === 'meta' ? { ...parts, body: withMeta(parts.body, name, token) } : parts
}

function withMeta(body: string | undefined, name: string, token: string): string {
  const json = JSON.parse(body ?? '{}') as JsonObject
  const params = isObject(json['params']) ? json['params'] : {}
  const meta = isObject(params['_meta']) ? params['_meta'] : {}
  return JSON.stringify({ ...json, params: { ...params, _meta: { ...meta, [name]: token } } })
}

function withQuery(path: string, query: JsonValue | undefined): string {
  if (!isObject(query)) return path
  const added = Object.entries(query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  )
  return added.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${added.join('&')}`
}
