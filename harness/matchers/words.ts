import type { JsonValue } from '../protocol/json.ts'

const longest = 160

/** A value for people: text in quotes, the rest as JSON, long ones cut. */
export function show(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}

/** `a`, `a or b`, `a, b or c`. */
export function either(words: string[]): string {
  return joinWith(words, 'or')
}

/** `a`, `a and b`, `a, b and c`. */
export function both(words: string[]): string {
  return joinWith(words, 'and')
}

function joinWith(words: string[], conjunction: string): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1) ?? ''}`
}
