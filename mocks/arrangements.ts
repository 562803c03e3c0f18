import { orderedKey } from './key-ring.ts'
import type { KeyOrder, RingKey } from './key-ring.ts'

type Json = string | number | boolean | null | Json[] | { [member: string]: Json }

/** How an endpoint fails: a status, a dropped connection, or no answer at all. */
export type Outage = 'reset' | 'stall' | number

/** One deviation. Several lie over each other and are taken away in any order. */
export type Overlay =
  | { kind: 'key'; key: RingKey; published: boolean }
  | { kind: 'jwk'; jwk: Record<string, Json> }
  | { kind: 'removed'; name: string }
  | { kind: 'outage'; endpoints: string[]; how: Outage }
  | { kind: 'metadata'; members: Record<string, Json> }
  | {
      kind: 'response'
      endpoint: string
      status: number
      header: Record<string, string>
      body: string
    }
  | { kind: 'revoked'; token: string }

export const endpoints = ['jwks', 'metadata', 'token', 'introspection'] as const

const powers: Record<string, (value: Record<string, Json>) => Overlay> = {
  'publish-key': (order) => ({
    kind: 'key',
    key: orderedKey(order as unknown as KeyOrder),
    published: true,
  }),
  'publish-jwk': (jwk) => ({ kind: 'jwk', jwk }),
  'remove-key': ({ name }) => ({ kind: 'removed', name: String(name) }),
  fail: ({ endpoints: names, how }) => ({
    kind: 'outage',
    endpoints: known(names),
    how: how as Outage,
  }),
  metadata: (members) => ({ kind: 'metadata', members }),
  response: ({ endpoint, status, header, body }) => ({
    kind: 'response',
    endpoint: known([endpoint ?? null])[0] ?? '',
    status: typeof status === 'number' ? status : 200,
    header: (header ?? { 'content-type': 'application/json' }) as Record<string, string>,
    body: String(body ?? ''),
  }),
  revoke: ({ token }) => ({ kind: 'revoked', token: String(token) }),
}

/**
 * Reads `{ power: value }`.
 * @throws Error that says which powers and endpoints there are
 */
export function overlayOf(arrangement: object): Overlay {
  const [entry] = Object.entries(arrangement) as [string, Record<string, Json>][]
  const power = entry ? powers[entry[0]] : undefined
  if (!entry || !power) {
    throw new Error(
      `an issuer cannot "${entry?.[0] ?? ''}". It can: ${Object.keys(powers).join(', ')}`,
    )
  }
  return power(entry[1])
}

function known(names: Json | undefined): string[] {
  const list = Array.isArray(names) ? names.map(String) : []
  const unknown = list.find((name) => !(endpoints as readonly string[]).includes(name))
  if (list.length === 0 || unknown !== undefined) {
    throw new Error(`an issuer has no endpoint "${unknown ?? ''}". It has: ${endpoints.join(', ')}`)
  }
  return list
}
