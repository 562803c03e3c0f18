import { isObject } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { KeyRing } from './key-ring.ts'
import { keyKinds } from './key-supply.ts'
import type { KeyKind } from './key-supply.ts'
import type { Outage, Overlay } from './overlays.ts'
import { endpoints } from './profile.ts'
import { replacement } from './replacement.ts'

/** What an arrangement may name. */
export interface Arrangeable {
  ring: KeyRing
  /** Endpoints beside those of the core. */
  extra: string[]
}

type Power = (value: JsonObject, issuer: Arrangeable) => Overlay | Promise<Overlay>

const powers: Record<string, Power> = {
  'publish-key': async (order, { ring }) => {
    only(order, 'publish-key', ['name', 'alg', 'kind', 'members', 'drop'])
    const { alg, kind, members = {}, drop = [] } = order
    const key = await ring.make({
      name: text(order['name'], 'publish-key.name'),
      ...(alg === undefined ? {} : { alg: text(alg, 'publish-key.alg') }),
      ...(kind === undefined ? {} : { kind: oneOf(keyKinds, kind, 'publish-key.kind') as KeyKind }),
      members: record(members, 'publish-key.members'),
      drop: list(drop, 'publish-key.drop').map((each) => text(each, 'publish-key.drop')),
    })
    return { kind: 'key', key }
  },
  'publish-jwk': (jwk) => ({ kind: 'jwk', jwk }),
  'remove-key': (order, { ring }) => {
    only(order, 'remove-key', ['name'])
    return { kind: 'removed', key: ring.named(text(order['name'], 'remove-key.name')) }
  },
  fail: (order, issuer) => {
    only(order, 'fail', ['endpoints', 'how'])
    const names = list(order['endpoints'], 'fail.endpoints')
    if (names.length === 0) throw new Error('fail.endpoints names no endpoint')
    return {
      kind: 'outage',
      endpoints: names.map((name) => endpoint(name, 'fail.endpoints', issuer)),
      how: outage(order['how']),
    }
  },
  metadata: (members) => ({ kind: 'metadata', members }),
  introspection: (members) => ({ kind: 'introspection', members }),
  response: (order, issuer) => {
    only(order, 'response', ['endpoint', 'status', 'header', 'body'])
    const { status = 200, header = { 'content-type': 'application/json' } } = order
    if (typeof status !== 'number') throw wrong('response.status', status, 'a number')
    const fields = Object.entries(record(header, 'response.header'))
    const takeover = {
      kind: 'response' as const,
      endpoints: [endpoint(order['endpoint'], 'response.endpoint', issuer)],
      status,
      header: Object.fromEntries(fields.map(([name, value]) => [name, String(value)])),
      body: text(order['body'] ?? '', 'response.body'),
    }
    replacement(takeover)
    return takeover
  },
  revoke: (order) => {
    only(order, 'revoke', ['token'])
    return { kind: 'revoked', token: text(order['token'], 'revoke.token') }
  },
  slow: (order, issuer) => {
    only(order, 'slow', ['endpoints', 'milliseconds'])
    const names = list(order['endpoints'], 'slow.endpoints')
    const { milliseconds } = order
    if (typeof milliseconds !== 'number' || !(milliseconds >= 0 && milliseconds <= 600_000)) {
      throw wrong('slow.milliseconds', milliseconds, 'a number from 0 to 600000')
    }
    return {
      kind: 'delay',
      endpoints: names.map((name) => endpoint(name, 'slow.endpoints', issuer)),
      milliseconds,
    }
  },
}

export const arrangementNames: string[] = Object.keys(powers)

/**
 * Reads `{ power: value }`, one power of the tester over an issuer.
 * @throws Error that says what was found and what is allowed
 */
export async function readArrangement(arrangement: object, issuer: Arrangeable): Promise<Overlay> {
  const entries = Object.entries(arrangement) as [string, JsonValue][]
  const [name, value] = entries[0] ?? ['', null]
  const power = Object.hasOwn(powers, name) ? powers[name] : undefined
  if (!power) {
    throw new Error(`an issuer cannot "${name}". It can: ${arrangementNames.join(', ')}`)
  }
  if (entries.length > 1) throw new Error('one arrangement holds one power; arrange twice for two')
  return power(record(value, name), issuer)
}

function outage(how: JsonValue | undefined): Outage {
  const isStatus = typeof how === 'number' && Number.isInteger(how) && how >= 400 && how <= 599
  if (how === 'reset' || how === 'stall' || isStatus) return how
  throw wrong('fail.how', how, 'reset, stall or a status from 400 to 599')
}

function endpoint(name: JsonValue | undefined, where: string, { extra }: Arrangeable): string {
  return oneOf([...endpoints, ...extra], name, where)
}

function oneOf(allowed: readonly string[], value: JsonValue | undefined, where: string): string {
  if (typeof value === 'string' && allowed.includes(value)) return value
  throw wrong(where, value, allowed.join(', '))
}

function only(value: JsonObject, where: string, allowed: string[]): void {
  const unknown = Object.keys(value).find((name) => !allowed.includes(name))
  if (unknown !== undefined) throw wrong(where, unknown, allowed.join(', '))
}

function text(value: JsonValue | undefined, where: string): string {
  if (typeof value === 'string') return value
  throw wrong(where, value, 'a text')
}

function list(value: JsonValue | undefined, where: string): JsonValue[] {
  if (Array.isArray(value)) return value
  throw wrong(where, value, 'a list')
}

function record(value: JsonValue | undefined, where: string): JsonObject {
  if (isObject(value)) return value
  throw wrong(where, value, 'a map')
}

function wrong(where: string, found: JsonValue | undefined, allowed: string): Error {
  return new Error(`${where}: found ${JSON.stringify(found) ?? 'nothing'}. Allowed: ${allowed}`)
}
