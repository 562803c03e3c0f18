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

// A hostile text must not cost more than one look at each letter: every pattern here starts at
// few places, and none can run over the same letters from many starts.
const parameter = new RegExp(
  `(^|[?&#])(${Object.keys(parameters).join('|')})=((?:‹[a-z_]+#\\d+›|[^&#\\s"'<>;,])+)`,
  'g',
)
const member = new RegExp(
  `("(${jsonNames.join('|')})"\\s{0,8}:\\s{0,8}")((?:[^"\\\\]|\\\\.)+)"`,
  'g',
)
const keyMember = /("(?:d|p|q|dp|dq|qi|k)"\s{0,8}:\s{0,8}")([\w-]{16,})"/g
const privateKey = /-----BEGIN ([A-Z ]{0,20})PRIVATE KEY-----[^-]*-----END \1PRIVATE KEY-----/g
const jwe = /(?<![\w.-])eyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+/g
const jws = /(?<![\w.-])(eyJ[\w-]{4,}\.[\w-]*\.)([\w-]{8,})(?!\.?[\w-])/g
const basic = /\b(Basic {1,8})([A-Za-z0-9+/_-]{4,}={0,2})/gi

/** Replaces what looks like a secret though nobody registered it. Compact JWS keep header and payload. */
export function redactByShape(text: string, register: Register): string {
  let left = text
  if (left.includes('=')) left = redactParameters(left, register)
  if (left.includes('"')) left = redactMembers(left, register)
  if (left.includes('PRIVATE KEY-----')) {
    left = left.replace(privateKey, (key) => register(key, 'key'))
  }
  if (left.includes('eyJ')) left = redactJose(left, register)
  return left.replace(basic, (all, scheme: string, value: string) =>
    isCredentials(value) ? `${scheme}${register(value, 'basic')}` : all,
  )
}

function redactParameters(text: string, register: Register): string {
  return text.replace(parameter, (all, before: string, name: string, value: string) =>
    isMarked(value) ? all : `${before}${name}=${register(decode(value), labelOf(name))}`,
  )
}

function redactMembers(text: string, register: Register): string {
  const named = text.replace(member, (all, before: string, name: string, value: string) =>
    isMarked(value) ? all : `${before}${register(unescape(value), labelOf(name))}"`,
  )
  if (!named.includes('"kty"')) return named
  return named.replace(
    keyMember,
    (_, before: string, value: string) => `${before}${register(value, 'key')}"`,
  )
}

function redactJose(text: string, register: Register): string {
  return text
    .replace(jwe, (token) => register(token, 'jwe'))
    .replace(jws, (_, kept: string, signature: string) => kept + register(signature, 'signature'))
}

function labelOf(name: string): string {
  return parameters[name] ?? 'secret'
}

function isMarked(value: string): boolean {
  return /^‹[a-z_]+#\d+›$/.test(value)
}

/** `user:password` in base64; `Basic realm` is none. */
function isCredentials(value: string): boolean {
  return /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(Buffer.from(value, 'base64').toString('utf8'))
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
