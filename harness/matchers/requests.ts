import type { ObservedRequest } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { describeMembers, describeValue } from './describe-value.ts'
import type { StepMatcher } from './matcher.ts'
import { unmetMembers, unmetValue } from './value.ts'
import { both } from './words.ts'

/** What an `observe` step found in a ledger. */
export const requests: StepMatcher = {
  on: 'step',
  needsNoAnswer: true,
  describe: (value) => {
    const members = Object.entries(isObject(value) ? value : {})
    return both(members.map(([name, argument]) => describePart(name, argument)))
  },
  match: (value, { requests: found }) => {
    if (found === null) return 'no ledger was read'
    for (const [name, argument] of Object.entries(isObject(value) ? value : {})) {
      const unmet = unmetPart(name, argument, found)
      if (unmet !== null) return unmet
    }
    return null
  },
}

function unmetPart(name: string, argument: JsonValue, found: ObservedRequest[]): string | null {
  const count = found.length === 1 ? '1 request' : `${found.length} requests`
  if (name === 'count') return unmetValue(argument, found.length) === null ? null : count
  if (name === 'every') {
    if (found.length === 0) return 'no request'
    return firstOf(found.map((request) => unmetRequest(argument, request)))
  }
  if (name === 'some') {
    const met = found.some((request) => unmetRequest(argument, request) === null)
    return met ? null : `${count}, none like it`
  }
  const carried = [argument].flat().filter((secret) => isCarried(String(secret), found))
  if (name === 'never-carry') return carried.length === 0 ? null : `a request carries ${carried[0]}`
  return carried.length === [argument].flat().length ? null : `${count} without it`
}

function unmetRequest(wanted: JsonValue, request: ObservedRequest): string | null {
  for (const [part, value] of Object.entries(isObject(wanted) ? wanted : {})) {
    const found = (request as unknown as JsonObject)[part]
    const nested = isNested(part)
    const unmet = nested ? unmetMembers(value, found) : unmetValue(value, found)
    if (unmet !== null) return `${request.method} ${request.path} with ${part} ${unmet}`
  }
  return null
}

function isCarried(secret: string, found: ObservedRequest[]): boolean {
  return found.some(({ path, query, header, body = '' }) =>
    [path, body, ...Object.values(query), ...Object.values(header)].some((text) =>
      text.includes(secret),
    ),
  )
}

const isNested = (part: string): boolean => ['header', 'query', 'json'].includes(part)

function firstOf(reasons: (string | null)[]): string | null {
  return reasons.find((reason) => reason !== null) ?? null
}

function describePart(name: string, argument: JsonValue): string {
  if (name === 'count') return `${describeValue(argument)} requests`
  if (name === 'every' || name === 'some') {
    const parts = Object.entries(isObject(argument) ? argument : {}).map(([part, value]) =>
      isNested(part) ? `${part} ${describeMembers(value)}` : `${part} ${describeValue(value)}`,
    )
    return `${name === 'every' ? 'every request' : 'a request'} with ${both(parts)}`
  }
  const list = both([argument].flat().map(String))
  return name === 'carry' ? `a request that carries ${list}` : `no request that carries ${list}`
}
