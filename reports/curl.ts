/**
 * A command line that sends a recorded request again. Redaction markers become environment
 * variables, outside single quotes so that they expand; everything else reaches the server as recorded.
 */
import type { RoundTrip } from '../harness/model.ts'

/** `‹access_token#2›`, as the recorder writes it. */
const marker = /‹([A-Za-z][A-Za-z0-9_-]*)#(\d+)›/g
/** Headers that curl makes itself from the URL, the body and the connection. */
const ownHeaders = new Set(['connection', 'content-length', 'transfer-encoding', 'keep-alive'])
const bodyLimit = 16_384

/**
 * Shell text for bash and zsh. Headers keep their order, case and repetition; defaults of curl that
 * were not sent are removed. A body with NUL goes through base64; one over 16 kB is read from a file.
 */
export function curl(roundTrip: RoundTrip): string {
  const { method, url, body } = roundTrip.request
  const lines = [
    `curl -sS -i -g --path-as-is --http1.1 ${methodFlag(method)}${quote(url)}`,
    ...headerFlags(roundTrip).map((header) => `-H ${quote(header)}`),
    ...bodyFlags(roundTrip),
  ]
  const command = lines.join(' \\\n  ')
  return body.includes('\0') ? `${decodedBody(body)} | ${command}` : command
}

/** The variables that {@link curl} expects, in order of appearance: `ACCESS_TOKEN_2`. */
export function curlVariables(roundTrip: RoundTrip): string[] {
  const { url, headers, body } = roundTrip.request
  const text = [url, ...headers.map(([, value]) => value), body].join('\n')
  return [...new Set([...text.matchAll(marker)].map(variableName))]
}

function methodFlag(method: string): string {
  if (method === 'HEAD') return '-I '
  return method === 'GET' ? '' : `-X ${quote(method)} `
}

function headerFlags(roundTrip: RoundTrip): string[] {
  const { url, headers, body } = roundTrip.request
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const sent = headers
    .filter(([name]) => !ownHeaders.has(name.toLowerCase()))
    .filter(([name, value]) => name.toLowerCase() !== 'host' || value !== hostOf(url))
    .map(([name, value]) => (value === '' ? `${name};` : `${name}: ${value}`))
  const defaults = ['accept', 'user-agent', ...(body === '' ? [] : ['content-type'])]
  return [...sent, ...defaults.filter((name) => !names.has(name)).map((name) => `${name}:`)]
}

function bodyFlags(roundTrip: RoundTrip): string[] {
  const { body } = roundTrip.request
  if (body === '') return []
  if (body.includes('\0')) return ['--data-binary @-']
  if (body.length > bodyLimit) return [`--data-binary @request-${roundTrip.id}.body`]
  return [`--data-raw ${quote(body)}`]
}

function decodedBody(body: string): string {
  return `printf %s ${quote(Buffer.from(body, 'utf8').toString('base64'))} | base64 -d`
}

function hostOf(url: string): string {
  return /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? ''
}

function variableName(match: readonly string[]): string {
  return `${(match[1] ?? '').replaceAll('-', '_').toUpperCase()}_${match[2]}`
}

/** Double quotes when only markers need expansion; else literal pieces beside quoted variables. */
function quote(text: string): string {
  const matches = [...text.matchAll(marker)]
  if (matches.length === 0) return quoteLiteral(text)
  if (!/["\\$`!\p{Cc}]/u.test(text)) {
    return `"${text.replace(marker, (...groups) => `$${variableName(groups as string[])}`)}"`
  }
  let from = 0
  let quoted = ''
  for (const match of matches) {
    const literal = text.slice(from, match.index)
    quoted += `${literal === '' ? '' : quoteLiteral(literal)}"$${variableName(match)}"`
    from = match.index + match[0].length
  }
  return quoted + (from < text.length ? quoteLiteral(text.slice(from)) : '')
}

function quoteLiteral(text: string): string {
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(text)) return text
  if (!/[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u.test(text)) {
    return `'${text.replaceAll("'", String.raw`'\''`)}'`
  }
  return `$'${[...text].map(escapeForShell).join('')}'`
}

function escapeForShell(character: string): string {
  if (character === '\\' || character === "'") return `\\${character}`
  const code = character.codePointAt(0) ?? 0
  if (/[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\u0080-\u009f]/.test(character)) {
    return `\\u${code.toString(16).padStart(4, '0')}`
  }
  return /\p{Cc}/u.test(character) ? `\\x${code.toString(16).padStart(2, '0')}` : character
}
