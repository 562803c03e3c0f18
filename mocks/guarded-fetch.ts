import { lookup } from 'node:dns/promises'
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { isObject } from './json.ts'
import type { JsonObject } from './json.ts'

export interface FetchedJson {
  json: JsonObject
  /** Seconds that it may be kept, at most an hour. */
  maxAge: number
}

/** Where documents may come from, beside public addresses. */
export interface DocumentSites {
  /** Loopback addresses, by http as well, are allowed: for documents of the tester's own. */
  loopback?: boolean
  /** Addresses of a host name; the system's resolver unless given. */
  resolve?: (host: string) => Promise<string[]>
  /** PEM text of an authority that is trusted instead of the system's. */
  authority?: string
}

export interface Guard extends DocumentSites {
  /** Nothing but https to public addresses when true; when false, as a careless server fetches. */
  guarded: boolean
}

const deadline = 5_000
const mostBytes = 64 * 1024
const longestAge = 3_600
const usualAge = 300

/**
 * Fetches a JSON object from an address that a stranger named: https, public addresses only (those
 * that were checked are those that are connected to), no redirect, 5 s, 64 KiB.
 * @throws Error that says what is wrong
 */
export async function guardedFetch(address: string, guard: Guard): Promise<FetchedJson> {
  const url = new URL(address)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) ? [host] : await (guard.resolve ?? resolveHost)(host)
  const allowed = guard.guarded ? addresses.filter((each) => isAllowed(each, guard)) : addresses
  if (allowed.length === 0 || allowed.length < addresses.length) {
    throw new Error('its host has no public address')
  }
  const local = allowed.every((each) => loopbackAddresses.check(each, familyOf(each)))
  if (url.protocol !== 'https:' && guard.guarded && !local) throw new Error('it is not https')
  const response = await request(url, allowed, guard.authority)
  const { statusCode = 0, headers } = response
  if (statusCode !== 200) throw end(response, `it answers ${statusCode}`)
  if (!/^application\/([\w.-]+\+)?json *(;|$)/i.test(headers['content-type'] ?? '')) {
    throw end(response, 'it is no JSON')
  }
  const json = parse(await read(response))
  return { json, maxAge: ageOf(headers['cache-control'] ?? '') }
}

async function resolveHost(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true }).catch(() => [])
  return found.map(({ address }) => address)
}

async function request(
  url: URL,
  addresses: string[],
  authority: string | undefined,
): Promise<IncomingMessage> {
  const { request: open } = await import(url.protocol === 'https:' ? 'node:https' : 'node:http')
  const pinned: LookupFunction = (_, options, callback) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }))
    if (options.all) callback(null, all)
    else callback(null, all[0]?.address ?? '', all[0]?.family)
  }
  return new Promise((resolve, reject) => {
    const sent = (open as typeof import('node:https').request)(url, {
      lookup: pinned,
      agent: false,
      ...(authority === undefined ? {} : { ca: authority }),
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(deadline),
    })
    sent.once('response', resolve)
    sent.once('error', () => reject(new Error('it cannot be fetched')))
    sent.end()
  })
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > mostBytes) throw end(response, 'it is too long')
      chunks.push(chunk)
    }
  } catch (error) {
    throw size > mostBytes ? error : new Error('it cannot be fetched', { cause: error })
  }
  return Buffer.concat(chunks).toString('utf8')
}

function end(response: IncomingMessage, problem: string): Error {
  response.destroy()
  return new Error(problem)
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // the same problem as for JSON that is no object
  }
  throw new Error('it is no JSON object')
}

function ageOf(cacheControl: string): number {
  if (/\bno-(store|cache)\b/i.test(cacheControl)) return 0
  const seconds = /\bmax-age=(\d{1,9})\b/i.exec(cacheControl)?.[1]
  return Math.min(seconds === undefined ? usualAge : Number(seconds), longestAge)
}

const loopbackAddresses = new BlockList()
loopbackAddresses.addSubnet('127.0.0.0', 8, 'ipv4')
loopbackAddresses.addAddress('::1', 'ipv6')

/** Special-purpose addresses (RFC 6890) and those that lead to them by translation. */
const specialAddresses = new BlockList()
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  specialAddresses.addSubnet(address, bits, 'ipv4')
}
const publicAddresses = new BlockList()
publicAddresses.addSubnet('2000::', 3, 'ipv6')
for (const [address, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  specialAddresses.addSubnet(address, bits, 'ipv6')
}

function isAllowed(address: string, { loopback }: Guard): boolean {
  const family = familyOf(address)
  if (loopbackAddresses.check(address, family)) return loopback === true
  if (specialAddresses.check(address, family)) return false
  return family === 'ipv4' || publicAddresses.check(address, family)
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
