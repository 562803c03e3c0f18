import type { z } from 'zod'
import { isObject } from '../protocol/json.ts'
import type { JsonValue } from '../protocol/json.ts'
import type { Complain } from './expectation.ts'
import { didYouMean } from './suggest.ts'

type Issue = z.core.$ZodIssue

/** Checks a value against one strict schema and says each fault in our own words. */
export function checkShape(schema: z.ZodType, value: JsonValue, complain: Complain): boolean {
  const parsed = schema.safeParse(value)
  if (parsed.success) return true
  for (const issue of parsed.error.issues) report(issue, value, schema, complain)
  return false
}

function report(issue: Issue, value: JsonValue, schema: z.ZodType, complain: Complain): void {
  if (issue.code === 'unrecognized_keys') {
    reportUnknownKeys(issue, keysAt(schema, issue.path), complain)
    return
  }
  if (issue.code === 'invalid_union') {
    const branch = nearestBranch(issue.errors)
    for (const inner of branch) {
      report({ ...inner, path: [...issue.path, ...inner.path] }, value, schema, complain)
    }
    return
  }
  const found = valueAt(value, issue.path)
  const last = issue.path.at(-1)
  if (found === undefined) complain(issue.path.slice(0, -1), `"${String(last)}" is missing`)
  else complain(issue.path, `found ${short(found)}, allowed: ${allowedBy(issue)}`)
}

function reportUnknownKeys(
  { path, keys }: z.core.$ZodIssueUnrecognizedKeys,
  allowed: string[],
  complain: Complain,
): void {
  for (const key of keys) {
    complain(
      [...path, key],
      `unknown key "${key}"${didYouMean(key, allowed)}${allowed.length > 0 ? ` Allowed: ${allowed.join(', ')}` : ''}`,
      'key',
    )
  }
}

/** True when the issue is of unknown keys whose neighbours are known; they have been reported then. */
export function reportedAsUnknownKeys(
  issue: Issue,
  schema: z.ZodType,
  complain: Complain,
): boolean {
  if (issue.code === 'invalid_union') {
    return nearestBranch(issue.errors).some((inner) =>
      reportedAsUnknownKeys({ ...inner, path: [...issue.path, ...inner.path] }, schema, complain),
    )
  }
  const allowed = issue.code === 'unrecognized_keys' ? keysAt(schema, issue.path) : []
  if (issue.code !== 'unrecognized_keys' || allowed.length === 0) return false
  reportUnknownKeys(issue, allowed, complain)
  return true
}

/** Of a union, the branch of the right kind with the fewest issues. */
function nearestBranch(branches: Issue[][]): Issue[] {
  const wrongKind = (issues: Issue[]): number =>
    issues.some(
      ({ path, code }) =>
        path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'),
    )
      ? 100
      : 0
  return (
    [...branches].toSorted(
      (one, other) => wrongKind(one) + one.length - wrongKind(other) - other.length,
    )[0] ?? []
  )
}

const kindInWords: Record<string, string> = {
  array: 'a list',
  object: 'a map',
  record: 'a map',
  int: 'a whole number',
}

function allowedBy(issue: Issue): string {
  if (issue.code === 'invalid_value') return issue.values.map(String).join(', ')
  if (issue.code === 'invalid_type') return kindInWords[issue.expected] ?? `a ${issue.expected}`
  if (issue.code === 'too_small') return `at least ${issue.minimum}`
  return issue.message
}

function short(value: JsonValue): string {
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

function valueAt(value: JsonValue, path: PropertyKey[]): JsonValue | undefined {
  let current: JsonValue | undefined = value
  for (const segment of path) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Record<string, JsonValue>)[String(segment)]
  }
  return current
}

/** The keys that a strict object allows at a path, for the message. Unions give those of all branches. */
function keysAt(schema: z.ZodType, path: PropertyKey[]): string[] {
  const definition = schema.def as unknown as {
    type: string
    shape?: Record<string, z.ZodType>
    options?: z.ZodType[]
    innerType?: z.ZodType
    element?: z.ZodType
    valueType?: z.ZodType
  }
  if (definition.innerType) return keysAt(definition.innerType, path)
  if (definition.options)
    return [...new Set(definition.options.flatMap((option) => keysAt(option, path)))]
  const [head, ...rest] = path
  if (definition.shape) {
    if (head === undefined) return Object.keys(definition.shape)
    const next = definition.shape[String(head)]
    return next ? keysAt(next, rest) : []
  }
  const inner = definition.element ?? definition.valueType
  return inner && head !== undefined ? keysAt(inner, rest) : []
}

/** True for a list of maps, which `together` and `steps` take. */
export function isListOfMaps(value: JsonValue | undefined): value is JsonValue[] {
  return Array.isArray(value) && value.every(isObject)
}
