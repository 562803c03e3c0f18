import type { JsonObject, JsonValue } from './json.ts'
import { isObject } from './json.ts'

/** A revision of the MCP specification that this file can speak. */
export type McpRevision = '2025-03-26' | '2025-06-18' | '2025-11-25' | '2026-07-28'

/** Header lines in their order. */
export type HeaderLines = [name: string, value: string][]

/** The body of a POST to an MCP endpoint, and the headers that the transport asks for. */
export interface McpHttpMessage {
  headers: HeaderLines
  body: string
}

export interface McpRequestParts {
  revision: McpRevision
  method: string
  params?: JsonObject
  /** Without an id the message is a notification. */
  id?: string | number
  /** Of the stateful revisions. */
  sessionId?: string
  /** What the client says that it can do: in `initialize`, without a handshake in each request. */
  capabilities?: JsonObject
}

const client = { name: 'mcp-auth-conformance', version: '0.1.0' }

/** A request or a notification, exactly as a client of the revision sends it; without a credential. */
export function mcpRequest(parts: McpRequestParts): McpHttpMessage {
  const { revision, method, id } = parts
  const params = isStateless(revision) ? withEnvelope(parts) : withHandshake(parts)
  const message = {
    jsonrpc: '2.0',
    ...(id === undefined ? {} : { id }),
    method,
    ...(params === undefined ? {} : { params }),
  }
  return { headers: headersOf(parts, params), body: JSON.stringify(message) }
}

/** What a client answers to a request of the server, such as `ping` or `roots/list`. */
export function mcpResponse(parts: {
  revision: McpRevision
  id: string | number
  result?: JsonObject
  sessionId?: string
}): McpHttpMessage {
  const { id, result = {} } = parts
  return { headers: transportHeaders(parts), body: JSON.stringify({ jsonrpc: '2.0', id, result }) }
}

/** A batch of JSON-RPC messages. Only revision 2025-03-26 knows them; to others they are malformed. */
export function mcpBatch(parts: {
  revision: McpRevision
  messages: JsonValue[]
  sessionId?: string
}): McpHttpMessage {
  return { headers: transportHeaders(parts), body: JSON.stringify(parts.messages) }
}

function isStateless(revision: McpRevision): boolean {
  return revision >= '2026-07-28'
}

function withHandshake(parts: McpRequestParts): JsonObject | undefined {
  const { revision, method, params, capabilities = {} } = parts
  if (method !== 'initialize') return params
  return { protocolVersion: revision, capabilities, clientInfo: client, ...params }
}

/** Revision 2026-07-28: each request says all by itself. */
function withEnvelope({ revision, params, capabilities = {} }: McpRequestParts): JsonObject {
  const own = params?.['_meta']
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientInfo': client,
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  }
  return { ...params, _meta: { ...envelope, ...(isObject(own) ? own : {}) } }
}

function headersOf(parts: McpRequestParts, params: JsonObject | undefined): HeaderLines {
  const stateless = isStateless(parts.revision)
  // The version is not agreed upon before `initialize` is answered.
  if (!stateless && parts.method === 'initialize')
    return transportHeaders({ revision: '2025-03-26' })
  const headers = transportHeaders(parts)
  if (!stateless) return headers
  headers.push(['Mcp-Method', encodeHeaderValue(parts.method)])
  const name = params?.[nameMembers.get(parts.method) ?? '']
  if (typeof name === 'string') headers.push(['Mcp-Name', encodeHeaderValue(name)])
  return headers
}

/** Headers of every POST. The version header came with 2025-06-18. */
function transportHeaders(parts: { revision: McpRevision; sessionId?: string }): HeaderLines {
  const headers: HeaderLines = [
    ['Content-Type', 'application/json'],
    ['Accept', 'application/json, text/event-stream'],
  ]
  if (parts.revision !== '2025-03-26') headers.push(['MCP-Protocol-Version', parts.revision])
  const session = isStateless(parts.revision) ? undefined : parts.sessionId
  if (session !== undefined) headers.push(['Mcp-Session-Id', session])
  return headers
}

/** Method → the member of its params that `Mcp-Name` repeats. */
const nameMembers: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
])

/** A value that is no plain printable ASCII travels as Base64 between marks. */
function encodeHeaderValue(value: string): string {
  const plain = /^[!-~](?:[ -~]*[!-~])?$/.test(value) && !/^=\?base64\?.*\?=$/i.test(value)
  return plain ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`
}
