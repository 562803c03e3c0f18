import { KeyObject } from 'node:crypto'
import { Client, type ClientOptions } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CompactSign, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose'
import type { RunningServer } from '../resource-server/run-program.ts'
import { localRsa } from './server.ts'

// For tests alone: an issuer that answers what a test tells it to, and a server that trusts it.

export interface TestedIssuer {
  url: string
  privateKey: CryptoKey
  /** What is published; tests change it. */
  keys: JWK[]
  /** Status and body of the key set, when they are not to be 200 and `keys`. */
  outage: { status: number; body: string } | null
  /** The `issuer` member of the metadata. */
  named: string
  requests: { path: string; headers: IncomingHttpHeaders }[]
  mint(deviation?: Deviation): Promise<string>
  /** Adds the members of a JSON text to the good claims, as they are written. */
  mintText(members: string): Promise<string>
  close(): Promise<void>
}

export interface Deviation {
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
  key?: CryptoKey
}

const pair = generateKeyPair('RS256')

export async function startIssuer(): Promise<TestedIssuer> {
  const { publicKey, privateKey } = await pair
  const server = createServer((request, response) => {
    issuer.requests.push({ path: request.url ?? '', headers: request.headers })
    response.setHeader('content-type', 'application/json')
    if (request.url !== '/jwks') {
      return void response.end(JSON.stringify({ issuer: issuer.named, jwks_uri: `${url}/jwks` }))
    }
    response.statusCode = issuer.outage?.status ?? 200
    response.end(issuer.outage?.body ?? JSON.stringify({ keys: issuer.keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer: TestedIssuer = {
    url,
    privateKey,
    keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }],
    outage: null,
    named: url,
    requests: [],
    mint: ({ claims, header, key }: Deviation = {}) =>
      sign(JSON.stringify({ ...goodClaims(url), ...claims }), header, key ?? privateKey),
    mintText: (members) => {
      const good = JSON.stringify({ ...goodClaims(url), aud: undefined })
      return sign(`${good.slice(0, -1)},${members.slice(1)}`, {}, privateKey)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return issuer
}

function goodClaims(iss: string): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000)
  const caller = { iss, sub: 'alice', client_id: 'tester', scope: 'mcp:read mcp:write' }
  return { ...caller, aud: audience, jti: 'x', iat: now, exp: now + 600 }
}

function sign(payload: string, header: Deviation['header'], key: CryptoKey): Promise<string> {
  const object = key.algorithm.name.startsWith('RSA') ? KeyObject.from(key) : key
  return new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'one', ...header })
    .sign(object, { crit: { 'urn:test:x': true } })
}

/** The identifier of every tested server, whatever its port. */
export const audience = 'https://mcp.example/mcp'

export interface TestedServer extends RunningServer {
  issuer: TestedIssuer
  send(request: TestedRequest): Promise<Answer>
}

export interface TestedRequest {
  method?: string
  path?: string
  /** `undefined` sends a good token, null none. */
  token?: string | null
  headers?: Record<string, string>
  body?: unknown
}

export interface Answer {
  status: number
  headers: Headers
  challenge: string
  text: string
}

const running: { close(): Promise<void> }[] = []

export async function startTestedServer(env: Record<string, string> = {}): Promise<TestedServer> {
  const issuer = await startIssuer()
  const server = await localRsa.start({
    PORT: '0',
    ISSUER: issuer.url,
    RESOURCE: audience,
    JWKS_URI: `${issuer.url}/jwks`,
    KEY_COOLDOWN_MS: '0',
    KEY_MAX_AGE_MS: '60000',
    ...env,
  })
  running.push(issuer, server)
  return { ...server, issuer, send: (request) => send(server, issuer, request) }
}

/** The client of SDK 1.x, with a good token but for a deviation; closed with the servers. */
export async function connectClient(
  { url, issuer }: TestedServer,
  deviation: Deviation = {},
  options: ClientOptions = {},
): Promise<Client> {
  const headers = { Authorization: `Bearer ${await issuer.mint(deviation)}` }
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } })
  const client = new Client({ name: 'test', version: '1' }, options)
  await client.connect(transport as Parameters<Client['connect']>[0])
  running.unshift(client)
  return client
}

export async function closeTestedServers(): Promise<void> {
  await Promise.all(running.splice(0).map((each) => each.close()))
}

async function send(
  server: RunningServer,
  issuer: TestedIssuer,
  { method = 'POST', path, token, headers, body }: TestedRequest,
): Promise<Answer> {
  const bearer = token === undefined ? await issuer.mint() : token
  const response = await fetch(path === undefined ? server.url : new URL(path, server.url), {
    method,
    redirect: 'manual',
    headers: {
      Accept: 'application/json, text/event-stream',
      'Content-Type': 'application/json',
      ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    ...(method === 'POST' || body !== undefined
      ? { body: typeof body === 'string' ? body : JSON.stringify(body ?? initialize) }
      : {}),
  })
  return {
    status: response.status,
    headers: response.headers,
    challenge: response.headers.get('www-authenticate') ?? '',
    text: await response.text(),
  }
}

export const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  },
}

/** A request of the stateless wire, body and headers. */
export function stateless(
  method: string,
  params: Record<string, unknown> = {},
  capabilities: object = {},
): { headers: Record<string, string>; body: unknown } {
  const version = '2026-07-28'
  const name = params['name']
  return {
    headers: {
      'MCP-Protocol-Version': version,
      'Mcp-Method': method,
      ...(typeof name === 'string' ? { 'Mcp-Name': name } : {}),
    },
    body: {
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': version,
          'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': capabilities,
        },
      },
    },
  }
}
