import type { JsonObject } from '../json.ts'

/** These members alone. */
export function only(members: JsonObject, names: string[]): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([name]) => names.includes(name)))
}

/** All members but these. */
export function without(members: JsonObject, names: string[]): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)))
}
