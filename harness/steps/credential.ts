import type { RawRequest } from '../client/http.ts'
import type { HeaderList } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { CannotTake } from './context.ts'
import type { RunContext } from './context.ts'
import type { Operation } from './request.ts'
import { splitUrl } from './split-url.ts'

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
  const path =
    typeof argument['path'] === 'string' ? ownPath(argument['path'], url.origin) : carried.path
  return {
    method: operation.httpMethod,
    url: url.origin,
    path: withQuery(path, argument['query']),
    headers,
    ...(carried.body === undefined ? {} : { body: carried.body }),
  }
}

/** A path, or the path of an absolute URL at the target's own origin. */
function ownPath(path: string, origin: string): string {
  if (!/^https?:\/\//i.test(path)) return path
  const split = splitUrl(path)
  if (!URL.canParse(path) || new URL(path).origin !== origin)
    throw new CannotTake('assume', `${path} is not at the target's own origin`)
  return split.path
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
  if (carry['in'] !== 'meta') return parts
  const written = typeof carry['scheme'] === 'string' ? `${carry['scheme']} ${token}` : token
  return { ...parts, body: withMeta(parts.body, name, written) }
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
