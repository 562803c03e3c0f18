/**
 * Bodies for people. JSON is laid out by its tokens and never parsed into values, so that repeated
 * members, large numbers and escapes stay as the target wrote them.
 */
import { cutText, visibleText } from '../plain-text.ts'

const token = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/g
const layoutLimit = 262_144

/** The body laid out, cut to `limit` characters, control characters visible; `left` are the cut ones. */
export function prettyBody(
  body: string,
  contentType: string,
  limit: number,
): { text: string; left: number } {
  const text = contentType.includes('x-www-form-urlencoded')
    ? body.replaceAll('&', '\n&')
    : isJson(body)
      ? layOut(body)
      : body
  const cut = cutText(text, limit)
  return { text: visibleText(cut.text), left: cut.left }
}

function isJson(body: string): boolean {
  if (body.length > layoutLimit || !/^\s*[[{]/.test(body)) return false
  try {
    JSON.parse(body)
    return true
  } catch {
    return false
  }
}

function layOut(body: string): string {
  let depth = 0
  let out = ''
  let before = ''
  for (const [part] of body.matchAll(token)) {
    const closes = part === '}' || part === ']'
    if (closes) depth -= 1
    const emptied = closes && (before === '{' || before === '[')
    if (closes && !emptied) out += lineBreak(depth)
    if (!closes && (before === '{' || before === '[')) out += lineBreak(depth)
    out += part === ':' ? ': ' : part
    if (part === '{' || part === '[') depth += 1
    if (part === ',') out += lineBreak(depth)
    before = part
  }
  return out
}

function lineBreak(depth: number): string {
  return `\n${'  '.repeat(depth)}`
}
