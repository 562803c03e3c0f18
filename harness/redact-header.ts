import type { Register } from './redact-shape.ts'

/** Header fields whose whole value is a secret, and what it is called. */
const whole: Record<string, string> = {
  dpop: 'dpop_proof',
  'x-api-key': 'api_key',
  'mcp-session-id': 'session_id',
  'x-access-token': 'access_token',
  'x-auth-token': 'access_token',
}

/** Replaces the credentials of one header line; schemes, cookie names and attributes stay. */
export function redactHeader(name: string, value: string, register: Register): string {
  const field = name.toLowerCase()
  if (field === 'authorization' || field === 'proxy-authorization') {
    return redactCredentials(value, register)
  }
  if (field === 'cookie')
    return value
      .split(';')
      .map((pair) => redactPair(pair, register))
      .join(';')
  if (field === 'set-cookie') {
    const [pair = '', ...attributes] = value.split(';')
    return [redactPair(pair, register), ...attributes].join(';')
  }
  const label = whole[field]
  if (label === undefined) return value
  return value.trim() === '' || value.includes('‹') ? value : register(value, label)
}

/** `scheme credentials`, also several behind commas; a lone word of letters is a scheme. */
function redactCredentials(value: string, register: Register): string {
  const parts = value.split(',')
  const listed = parts.every((part) => /^\s*[A-Za-z][\w-]*[ \t]+[^\s=]+=*\s*$/.test(part))
  return listed
    ? parts.map((part) => redactCredential(part, register)).join(',')
    : redactCredential(value, register)
}

function redactCredential(value: string, register: Register): string {
  const [, before = '', secret = '', after = ''] =
    /^(\s*(?:[A-Za-z][\w-]*[ \t]+|[A-Za-z][A-Za-z-]{0,15}$)?)([^]*?)(\s*)$/.exec(value) ?? []
  if (secret === '' || secret.includes('‹')) return value
  const label = /basic/i.test(before) ? 'basic' : 'access_token'
  return `${before}${register(secret, label)}${after}`
}

function redactPair(pair: string, register: Register): string {
  const at = pair.indexOf('=')
  const secret = pair.slice(at + 1).trim()
  if (secret === '' || secret.includes('‹')) return pair
  return `${pair.slice(0, at + 1)}${register(secret, 'cookie')}`
}
