import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import type { Complain } from './expectation.ts'
import { filters } from './filters.ts'
import { copyPosition } from './source.ts'
import { didYouMean } from './suggest.ts'
import { expressionsIn, wholeExpression } from './template.ts'

/** One cell of a matrix: the label a reader sees and, per axis, the value with its place in the file. */
export interface Variant {
  label: string | null
  axes: Record<string, { value: JsonValue; holder: object; key: string }>
}

/** Crosses the axes. An axis is a list of scalars, or a map of names to any value. */
export function variantsOf(matrix: JsonValue | undefined): Variant[] {
  if (!isObject(matrix)) return [{ label: null, axes: {} }]
  return Object.entries(matrix).reduce<Variant[]>(
    (variants, [axis, values]) =>
      variants.flatMap((variant) =>
        cells(values).map(({ name, value, holder, key }) => ({
          label: variant.label === null ? name : `${variant.label}, ${name}`,
          axes: { ...variant.axes, [axis]: { value, holder, key } },
        })),
      ),
    [{ label: null, axes: {} }],
  )
}

function cells(
  values: JsonValue,
): { name: string; value: JsonValue; holder: object; key: string }[] {
  if (Array.isArray(values)) {
    return values.map((value, index) => ({
      name: value === '' ? 'empty' : String(value),
      value,
      holder: values,
      key: String(index),
    }))
  }
  if (!isObject(values)) return []
  return Object.entries(values).map(([name, value]) => ({ name, value, holder: values, key: name }))
}

const dropped = Symbol('dropped')

/**
 * Replaces `{{matrix.…}}` in a value, keeping positions: what came from an axis is said to be
 * written there.
 */
export function applyVariant(value: JsonValue, variant: Variant, complain: Complain): JsonValue {
  const lookUp = (
    path: string[],
  ): { value: JsonValue; holder: object; key: string } | undefined => {
    const cell = variant.axes[path[1] ?? '']
    let found = cell
    for (const member of path.slice(2)) {
      const holder: JsonValue | undefined = found?.value
      if (typeof holder !== 'object' || holder === null) return undefined
      const next = (holder as JsonObject)[member]
      if (next === undefined) return undefined
      found = { value: next, holder, key: member }
    }
    return found
  }
  const replaceText = (text: string, path: string[]): JsonValue | typeof dropped => {
    const whole = wholeExpression(text)
    if (whole?.path[0] === 'matrix' && whole.filters.length === 0) {
      const found = lookUp(whole.path)
      if (found) return replace(found.value, path) as JsonValue
      if (!whole.optional) complain(path, unknownAxis(whole.path, variant))
      return dropped
    }
    return text.replaceAll(/\{\{\s*(matrix\.[\w.-]+)(\s*\|[^}]*)?\s*\}\}/g, (_, name, rest) => {
      const found = lookUp(String(name).split('.'))
      if (!found) complain(path, unknownAxis(String(name).split('.'), variant))
      const written = typeof found?.value === 'string' ? found.value : JSON.stringify(found?.value)
      return rest === undefined
        ? written
        : withFilters(written, String(rest), (message) => complain(path, message))
    })
  }
  const replace = (part: JsonValue, path: string[]): JsonValue | typeof dropped => {
    if (typeof part === 'string') return part.includes('matrix.') ? replaceText(part, path) : part
    if (typeof part !== 'object' || part === null) return part
    const copy = (Array.isArray(part) ? [] : {}) as JsonObject
    for (const [key, member] of Object.entries(part)) {
      const name = key.includes('matrix.') ? String(replaceText(key, path)) : key
      const replaced = replace(member, [...path, key])
      if (replaced === dropped) continue
      copy[name] = replaced as JsonValue
      copyPosition(copy, name, part, key)
      const [reference] = typeof member === 'string' ? expressionsIn(member) : []
      const origin =
        reference?.expression.path[0] === 'matrix' ? lookUp(reference.expression.path) : undefined
      if (origin) copyPosition(copy, name, origin.holder, origin.key)
    }
    return copy
  }
  const result = replace(value, [])
  return result === dropped ? null : (result as JsonValue)
}

/** A filter on a matrix value goes inside the template that the value holds, or is applied at once. */
function withFilters(text: string, rest: string, complain: (message: string) => void): string {
  const inner = wholeExpression(text)
  if (inner) return `{{${inner.text}${rest}}}`
  const names = rest
    .split('|')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (text.includes('{{'))
    complain(`${rest.trim()} cannot be applied to "${text}", which is not known yet`)
  return names.reduce((value, name) => {
    const filter = filters[name]
    if (!filter) complain(`unknown filter "${name}"${didYouMean(name, Object.keys(filters))}`)
    return filter?.(value) ?? value
  }, text)
}

function unknownAxis(path: string[], variant: Variant): string {
  const axes = Object.keys(variant.axes)
  return `{{${path.join('.')}}} is not in the matrix. Axes: ${axes.length > 0 ? axes.join(', ') : 'none'}`
}
