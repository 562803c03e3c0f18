/** Gives a secret its marker. */
export type Register = (secret: string, label: string) => string

const parameters: Record<string, string> = {
  access_token: 'access_token',
  refresh_token: 'refresh_token',
  id_token: 'id_token',
  id_token_hint: 'id_token',
  subject_token: 'subject_token',
  actor_token: 'actor_token',
  token: 'access_token',
  authorization: 'access_token',
  code: 'code',
  code_verifier: 'code_verifier',
  client_secret: 'client_secret',
  client_assertion: 'client_assertion',
  assertion: 'assertion',
  device_code: 'device_code',
  registration_access_token: 'registration_access_token',
  password: 'password',
}

// `code` of a JSON text is an error's, `token` and `authorization` are words of everyday JSON
const jsonNames = Object.keys(parameters).filter(
  (name) => !['code', 'token', 'authorization'].includes(name),
)

const parameter = new RegExp(
  `(^|[?&#;\\s"'])(${Object.keys(parameters).join('|')})=([^&#\\s"'<>;,]+)`,
  'g',
)
const member = new RegExp(`("(${jsonNames.join('|')})"\\s*:\\s*")((?:[^"\\\\]|\\\\.)+)"`, 'g')
const keyMember = /("(?:d|p|q|dp|dq|qi|k)"\s*:\s*")([\w-]{16,})"/g
const privateKey = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[^]*?-----END \1PRIVATE KEY-----/g
const jwe = /\beyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+/g
const jws = /\b(eyJ[\w-]{4,}\.[\w-]*\.)([\w-]{8,})(?![\w.-])/g
const basic = /\b(Basic +)([A-Za-z0-9+/_-]{4,}={0,2})/g

/** Replaces what looks like a secret though nobody registered it. Compact JWS keep header and payload. */
export function redactByShape(text: string, register: Register): string {
  let left = text
  if (left.includes('=')) {
    left = left.replace(parameter, (whole, before: string, name: string, value: string) =>
      isMarked(value) ? whole : `${before}${name}=${register(decode(value), labelOf(name))}`,
    )
  }
  if (left.includes('":') || left.includes('" :')) {
    left = left
      .replace(member, (whole, before: string, name: string, value: string) =>
        isMarked(value) ? whole : `${before}${register(unescape(value), labelOf(name))}"`,
      )
      .replace(
        keyMember,
        (_, before: string, value: string) => `${before}${register(value, 'key')}"`,
      )
  }
  if (left.includes('PRIVATE KEY-----')) {
    left = left.replace(privateKey, (key) => register(key, 'key'))
  }
  if (left.includes('eyJ')) {
    left = left
      .replace(jwe, (token) => register(token, 'jwe'))
      .replace(
        jws,
        (_, kept: string, signature: string) => `${kept}${register(signature, 'signature')}`,
      )
  }
  if (!left.includes('Basic ')) return left
  return left.replace(
    basic,
    (_, scheme: string, value: string) => `${scheme}${register(value, 'basic')}`,
  )
}

function labelOf(name: string): string {
  return parameters[name] ?? 'secret'
}

function isMarked(value: string): boolean {
  return value.includes('‹')
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function unescape(value: string): string {
  try {
    return JSON.parse(`"${value}"`) as string
  } catch {
    return value
  }
}
