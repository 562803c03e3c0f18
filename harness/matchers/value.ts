import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { valueAt } from './path.ts'
import { show } from './words.ts'

type Actual = JsonValue | undefined
/** Null when the operator holds of a value that is there, else what is wrong, in words. */
type Operator = (argument: JsonValue, actual: JsonValue) => string | null

/**
 * The value language: a scalar means equal, byte for byte; a map of operators means all of them.
 * Gives null when met, else what was found instead, in words. A missing value (`undefined`) meets
 * nothing but `present: false`, and `if-present`.
 */
export function unmetValue(expected: JsonValue, actual: Actual): string | null {
  if (!isOperatorMap(expected)) return meets(isDeepStrictEqual(expected, actual), actual)
  for (const [name, argument] of Object.entries(expected)) {
    const unmet = unmetOperator(name, argument, actual)
    if (unmet !== null) return unmet
  }
  return null
}

function unmetOperator(name: string, argument: JsonValue, actual: Actual): string | null {
  if (name === 'present') return meets((actual !== undefined) === argument, actual)
  if (name === 'if-present') return actual === undefined ? null : unmetValue(argument, actual)
  if (name === 'any-of') {
    const met = listOf(argument).some((value) => unmetValue(value, actual) === null)
    return meets(met, actual)
  }
  if (actual === undefined) return 'missing'
  return operators[name]?.(argument, actual) ?? null
}

function isOperatorMap(value: JsonValue): value is JsonObject {
  if (!isObject(value)) return false
  const names = Object.keys(value)
  return names.length > 0 && names.every((name) => operatorNames.includes(name))
}

const operators: Record<string, Operator> = {
  is: (expected, actual) => meets(isDeepStrictEqual(expected, actual), actual),
  not: (value, actual) => meets(unmetValue(value, actual) !== null, actual),
  'one-of': (list, actual) =>
    meets(
      listOf(list).some((item) => isDeepStrictEqual(item, actual)),
      actual,
    ),
  matches: (pattern, actual) =>
    meets(typeof actual === 'string' && matchesPattern(String(pattern), actual), actual),
  contains: (wanted, actual) =>
    meets(
      listOf(wanted).every((item) => holds(item, actual)),
      actual,
    ),
  lacks: (unwanted, actual) =>
    meets(isSearchable(actual) && !listOf(unwanted).some((item) => holds(item, actual)), actual),
  lists: (names, actual) => {
    const found = String(actual)
      .split(',')
      .map((name) => name.trim().toLowerCase())
    return meets(
      typeof actual === 'string' &&
        listOf(names).every((name) => found.includes(String(name).toLowerCase())),
      actual,
    )
  },
  min: (bound, actual) => meets(typeof actual === 'number' && actual >= Number(bound), actual),
  max: (bound, actual) => meets(typeof actual === 'number' && actual <= Number(bound), actual),
  type: (types, actual) =>
    meets(
      listOf(types).some((type) => isOfType(type, actual)),
      actual,
    ),
  every: (value, actual) => {
    const items = itemsOf(actual)
    if (items.length === 0) return `${show(actual)}, without any item`
    const unmet = items.map((item) => unmetValue(value, item)).find((reason) => reason !== null)
    return unmet === undefined ? null : `an item: ${unmet}`
  },
  some: (value, actual) =>
    meets(
      itemsOf(actual).some((item) => unmetValue(value, item) === null),
      actual,
    ),
  items: (value, actual) => {
    if (!Array.isArray(actual)) return show(actual)
    const unmet = unmetValue(value, actual.length)
    return unmet === null ? null : `${unmet} items`
  },
  members: (map, actual) => unmetMembers(map, actual),
  'same-set-as': (list, actual) => meets(isSameSet(listOf(list), actual), actual),
  'differs-from': (other, actual) => meets(!isDeepStrictEqual(other, actual), actual),
}

/** The names of all operators, in the order of the reference. */
export const operatorNames: readonly string[] = [
  ...Object.keys(operators),
  'present',
  'if-present',
  'any-of',
]

/** Null when each path of the map leads to a value that holds, else the first that does not. */
export function unmetMembers(map: JsonValue, root: Actual): string | null {
  for (const [path, value] of Object.entries(isObject(map) ? map : {})) {
    const unmet = unmetValue(value, valueAt(path, root))
    if (unmet !== null) return path === '$' ? unmet : `${path}: ${unmet}`
  }
  return null
}

function meets(met: boolean, actual: Actual): string | null {
  return met ? null : actual === undefined ? 'missing' : show(actual)
}

function listOf(value: JsonValue): JsonValue[] {
  return Array.isArray(value) ? value : [value]
}

/**
 * The expression of a `matches`; a leading `(?i)` makes it blind to case.
 * @throws SyntaxError
 */
export function expressionOf(pattern: string): RegExp {
  return pattern.startsWith('(?i)') ? new RegExp(pattern.slice(4), 'iu') : new RegExp(pattern, 'u')
}

/** A pattern that a template broke matches nothing. */
function matchesPattern(pattern: string, text: string): boolean {
  try {
    return expressionOf(pattern).test(text)
  } catch {
    return false
  }
}

function isSearchable(value: JsonValue): boolean {
  return typeof value === 'string' || Array.isArray(value)
}

function holds(wanted: JsonValue, actual: JsonValue): boolean {
  if (typeof actual === 'string') return actual.includes(String(wanted))
  return Array.isArray(actual) && actual.some((item) => isDeepStrictEqual(item, wanted))
}

function itemsOf(value: JsonValue): JsonValue[] {
  if (Array.isArray(value)) return value
  return isObject(value) ? Object.values(value) : []
}

function isOfType(type: JsonValue, value: JsonValue): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  return typeof value === type && value !== null
}

function isSameSet(expected: JsonValue[], actual: JsonValue): boolean {
  if (!Array.isArray(actual)) return false
  const within = (items: JsonValue[], item: JsonValue): boolean =>
    items.some((each) => isDeepStrictEqual(each, item))
  return (
    actual.every((item) => within(expected, item)) && expected.every((item) => within(actual, item))
  )
}
