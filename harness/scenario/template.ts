import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { filters } from './filters.ts'

/** `{{ path | filter … }}`, or `{{ now ± length }}` whose length may be a fact. */
export interface Expression {
  text: string
  path: string[]
  /** `{{matrix.axis.member?}}`, `{{step.header.name?}}`: the member is left out where there is none. */
  optional: boolean
  shift: { sign: 1 | -1; length: string } | null
  filters: string[]
}

/** A template named something that has no value. */
export class MissingValue extends Error {
  readonly path: string
  constructor(path: string) {
    super(`{{${path}}} has no value`)
    this.name = 'MissingValue'
    this.path = path
  }
}

/** A filter left its text as it was, so the variant would send the good value. */
export class FilterUnchanged extends Error {
  constructor(filter: string, text: string) {
    super(`${filter} changes nothing in ${text}`)
    this.name = 'FilterUnchanged'
  }
}

const template = /\{\{\s*(.*?)\s*\}\}/g
const wholeTemplate = /^\{\{\s*([^{}]*?)\s*\}\}$/

/** The expression of a text that is one template and nothing else, else null. */
export function wholeExpression(text: string): Expression | null {
  const match = wholeTemplate.exec(text)
  return match ? parseExpression(match[1] ?? '') : null
}

export function parseExpression(text: string): Expression {
  const [head = '', ...filterNames] = text.split('|').map((part) => part.trim())
  const shifted = /^now\s*([+-])\s*(\S+)$/.exec(head)
  const optional = head.endsWith('?')
  const path = shifted ? ['now'] : (optional ? head.slice(0, -1) : head).split('.')
  return {
    text,
    path,
    optional,
    shift: shifted ? { sign: shifted[1] === '-' ? -1 : 1, length: shifted[2] ?? '' } : null,
    filters: filterNames,
  }
}

/** Every expression inside a value, with the path that leads to it. */
export function expressionsIn(
  value: JsonValue | undefined,
  path: string[] = [],
): { expression: Expression; path: string[] }[] {
  if (typeof value === 'string') {
    return [...value.matchAll(template)].map((match) => ({
      expression: parseExpression(match[1] ?? ''),
      path,
    }))
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => expressionsIn(member, [...path, key]))
}

/** Gives the value at a path, or `undefined`. `fresh.*` gives a new one at each call. */
export type Lookup = (path: string[]) => JsonValue | undefined

/**
 * Replaces every template. A text that is one template takes the typed value; inside a list of
 * scopes a list is spliced in.
 * @throws MissingValue, FilterUnchanged
 */
export function fill(value: JsonValue, lookup: Lookup, under = ''): JsonValue {
  if (typeof value === 'string') return fillText(value, lookup)
  if (Array.isArray(value)) {
    return value.flatMap((item): JsonValue[] => {
      const filled = fill(item, lookup)
      return under === 'scopes' && Array.isArray(filled) ? filled : [filled]
    })
  }
  if (!isObject(value)) return value
  const filled: JsonObject = {}
  for (const [key, member] of Object.entries(value)) {
    if (isLeftOut(member, lookup)) continue
    filled[key.includes('{{') ? String(fillText(key, lookup)) : key] = fill(member, lookup, key)
  }
  return filled
}

/** `"{{step.header.name?}}"`, where there is none. */
function isLeftOut(member: JsonValue, lookup: Lookup): boolean {
  const whole = typeof member === 'string' ? wholeExpression(member) : null
  return whole?.optional === true && lookup(whole.path) === undefined
}

function fillText(text: string, lookup: Lookup): JsonValue {
  const whole = wholeExpression(text)
  if (whole) return evaluate(whole, lookup)
  return text.replaceAll(template, (_, inner: string) => {
    const value = evaluate(parseExpression(inner), lookup)
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

/** The value of one expression. */
export function evaluate(expression: Expression, lookup: Lookup): JsonValue {
  const { path, shift } = expression
  let value = lookup(path)
  if (value === undefined) throw new MissingValue(path.join('.'))
  if (shift) {
    const length = /^\d/.test(shift.length) ? shift.length : lookup(shift.length.split('.'))
    if (length === undefined) throw new MissingValue(shift.length)
    value = Number(value) + shift.sign * seconds(String(length))
  }
  return expression.filters.reduce(applyFilter, value)
}

function applyFilter(value: JsonValue, name: string): JsonValue {
  const filter = filters[name]
  if (!filter) throw new MissingValue(`filter ${name}`)
  const before = String(value)
  const after = filter(before)
  if (after === before) throw new FilterUnchanged(name, before)
  return after
}

const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 }

/** Seconds of a length such as `500ms`, `20s`, `10m`, `1h`, `1d`. */
export function seconds(length: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(length.trim())
  if (!match) throw new MissingValue(`length ${length}`)
  return Number(match[1]) * (units[match[2] ?? 's'] ?? 1)
}
