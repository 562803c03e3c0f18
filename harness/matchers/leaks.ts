import { parseJson } from '../protocol/json.ts'
import type { JsonValue } from '../protocol/json.ts'
import { internalAddressIn } from './internal-address.ts'
import type { AnswerMatcher } from './matcher.ts'
import type { AnswerView } from './view.ts'

/** In words, by the value of the matcher. */
const said: Record<string, string> = {
  internals: 'no secret in the answer',
  nothing: 'no secret and no internals in the answer',
  'third-party': 'no token of the third party in the answer',
  'nor-addresses': 'no secret, no stack frame, no key and no internal address in the answer',
}

/**
 * What an answer must not give away. `internals`: no secret, though stack frames, file paths, versions
 * and decoded claims; `nothing`: none of these either; `nor-addresses`: no secret, and in the body no
 * stack frame, nothing of the form of a key, and no address that only somebody inside could use;
 * `third-party`: no token that the third party gave out.
 */
export const leaks: AnswerMatcher = {
  on: 'answer',
  describe: (value) => said[String(value)] ?? '',
  match: (value, view, { ownHosts }) => {
    if (value === 'third-party') return thirdPartyTokenIn(view)
    const found =
      secretIn(view) ??
      (value === 'nothing' ? internalIn(view) : null) ??
      (value === 'nor-addresses' ? behindIn(view, ownHosts) : null)
    return found === null ? null : `${view.status ?? 'no status'} with ${found}`
  },
}

function thirdPartyTokenIn(view: AnswerView): string | null {
  const mark = '‹third_party_token#'
  const field = view.headers.find(([, value]) => value.includes(mark))?.[0]
  const place = field ?? (view.body.includes(mark) ? 'the body' : null)
  return place === null ? null : `a token of the third party in ${place}`
}

/** A secret of the run, which the recorder has replaced, or one that shows by its form. */
function secretIn(view: AnswerView): string | null {
  const texts = textsOf(view)
  for (const [place, text] of texts) {
    const marker = text.match(/‹[\w-]+#\d+›/g)?.find((each) => !each.startsWith('‹session_id#'))
    if (marker !== undefined) return `${marker} in ${place}`
    for (const [pattern, what] of secretForms) if (pattern.test(text)) return `${what} in ${place}`
    if (holdsPrivateJwk(text)) return `a private JWK in ${place}`
  }
  const refused = view.status !== null && view.status >= 400
  return refused && view.mcp.kinds.includes('result') ? 'an MCP result in its body' : null
}

// A hostile body must not cost more than one look at each letter: every repetition is bounded.
const secretForms: [RegExp, string][] = [
  [/-----BEGIN (?:[A-Z]{1,20} ){0,3}PRIVATE KEY-----/, 'a private key'],
  [/(?<![\w-])eyJ[\w-]{6,}\.eyJ[\w-]{6,}\.[\w-]*/, 'a JWT'],
]

/** RFC 7518 section 6: `d` of an asymmetric key, `k` of a symmetric one. */
function holdsPrivateJwk(text: string): boolean {
  const objects = text.includes('"kty"') ? (text.match(/\{[^{}]*\}/g) ?? []) : []
  return objects.some((object) => object.includes('"kty"') && /"[dk]"\s*:/.test(object))
}

function internalIn(view: AnswerView): string | null {
  for (const [place, text] of textsOf(view)) {
    const found = describeInternal(place, text)
    if (found !== null) return `${found} in ${place}`
  }
  return null
}

const keyForms =
  /\b(?:[sr]k_(?:live|test)_\w{16,64}|sk-(?:proj|ant)-[\w-]{16,200}|A[KS]IA[0-9A-Z]{16}|gh[pousr]_\w{36}|github_pat_\w{22,100}|glpat-[\w-]{20}|xox[abprs]-[\w-]{10,64}|AIza[\w-]{35})/
const passwordInUrl = /\b[a-z][a-z0-9+]{1,20}:\/\/[^\s"'<>\\/?#`@:]{1,64}:[^\s"'<>\\/?#`@]{1,64}@/i

/** What the caller has written itself is no news to it. */
function behindIn(view: AnswerView, ownHosts: ReadonlySet<string>): string | null {
  for (const text of textsWithin(view.json ?? view.body)) {
    if (stackFrames.some((pattern) => pattern.test(text))) return 'a stack frame in the body'
    if (keyForms.test(text) || passwordInUrl.test(text)) return 'what looks like a key in the body'
    const address = internalAddressIn(text, ownHosts)
    if (address !== null && !view.requestBody.includes(address))
      return `the internal address ${address} in the body`
  }
  return null
}

/** Every text inside, also those inside of texts that are JSON themselves. */
function textsWithin(value: JsonValue, depth = 0): string[] {
  if (typeof value === 'string') {
    const inner = depth < mostDepth && /^\s*[[{"]/.test(value) ? parseJson(value) : undefined
    return inner === undefined ? [value] : textsWithin(inner, depth + 1)
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((each) => textsWithin(each, depth))
}

const mostDepth = 3

const stackFrames: RegExp[] = [
  /(?:^|\n|\\n|\s)at (?:[\w$.<>[\] ]{1,100} )?\(?[^\s()]{0,300}(?:[a-z_>\])]|\.\w{1,5}):\d{1,7}:\d{1,7}/i,
  /Traceback \(most recent call last\)|File "[^"\n]{1,300}", line \d/,
  /\bat [\w$.]{1,200}\([\w$]{1,100}\.java:\d/,
  /goroutine \d{1,9} \[|\b\w{1,100}\.rb:\d{1,7}:in |\.cs:line \d/,
]
const filePaths: RegExp[] = [
  /file:\/\/\//,
  /(?:^|[\s"'(=:])\/(?:home|Users|root|usr|var|opt|srv|app|tmp|etc|workspace)\/[^\s"'<>]{0,300}\.(?:[cm]?[jt]sx?|py|rb|java|jar|go|php|cs|rs|json|ya?ml|pem|key|env)\b/,
  /(?:^|[\s"'(=:])[A-Za-z]:\\\\?[\w.-]{1,100}\\/,
  /(?:node_modules|site-packages)[/\\]/,
]
const softwareVersion =
  /\b(?!(?:HTTP|TLS|SSL|Mozilla|OAuth|OIDC|SAML|RPC|MCP)\/)[A-Za-z][\w.-]{0,60}[/@]v?\d+\.\d/
const personalClaim = /\\?"(?:sub|jti|email|preferred_username|client_id|azp)\\?"\s{0,8}:/
const tokenClaim = /\\?"(?:iss|aud|exp|iat|nbf)\\?"\s{0,8}:/

function describeInternal(place: string, text: string): string | null {
  if (stackFrames.some((pattern) => pattern.test(text))) return 'a stack frame'
  const withoutUrls = text.replaceAll(/\b(?!file:)[a-z]+:\/\/[^\s"'<>]+/gi, '')
  if (filePaths.some((pattern) => pattern.test(withoutUrls))) return 'a file path'
  const announces = place === 'the body' || /^(?:server|x-powered-by|x-aspnet)/i.test(place)
  if (announces && softwareVersion.test(withoutUrls)) return 'a software version'
  // One claim alone explains a refusal; a set of them is the decoded token.
  return personalClaim.test(text) && tokenClaim.test(text) ? 'decoded claims' : null
}

/** Header names and the body, each with its text. What sets a cookie or names a session is no leak. */
function textsOf({ headers, body }: AnswerView): [place: string, text: string][] {
  const judged = headers.filter(([name]) => !/^(?:set-cookie|mcp-session-id)$/i.test(name))
  return [...judged, ['the body', body]]
}
