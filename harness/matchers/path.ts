import { isObject } from '../protocol/json.ts'
import type { JsonValue } from '../protocol/json.ts'

/**
 * Splits a path such as `a.b.0` into its members. A name with dots stands in brackets and quotes:
 * `claims['https://x.example/role'].admin`. `$` alone, or in front, is the whole.
 */
export function splitPath(path: string): string[] {
  const members: string[] = []
  const segment = /\[(?:'([^']*)'|"([^"]*)"|(\d+))\]|([^.[]+)/g
  for (const match of path.matchAll(segment)) {
    members.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '')
  }
  return members[0] === '$' ? members.slice(1) : members
}

/** What stands at a path; `undefined` when a member is missing. Numbers index lists. */
export function valueAt(path: string, root: JsonValue | undefined): JsonValue | undefined {
  return splitPath(path).reduce<JsonValue | undefined>(memberOf, root)
}

function memberOf(value: JsonValue | undefined, member: string): JsonValue | undefined {
  if (Array.isArray(value)) return /^\d+$/.test(member) ? value[Number(member)] : undefined
  if (!isObject(value) || !Object.hasOwn(value, member)) return undefined
  return value[member]
}
