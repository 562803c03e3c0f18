/**
 * The checks of the sample: two of every standing, and a target that answers with everything that
 * could come alive in a report.
 */
import type { Level, Outcome, Verdict } from '../harness/model.ts'

/** What the hostile target says: tags, XML and runner commands, links, terminal sequences, NUL. */
export const hostileText: string = [
  '<script>alert(1)</script><img src=x onerror=alert(2)>',
  ']]> &lt; &amp; "quoted" \'single\'',
  '::error::owned',
  '##[error]owned',
  '</style></pre><a href="javascript:alert(3)">click</a> javascript:alert(4)',
  '\u001b[31mred\u001b[0m \u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007 \u009b2J',
  'NUL \u0000 bell \u0007 override \u202e reversed \u2028 end \ud800',
].join('\n')

export const sampleUrl: string = 'https://mcp.sample.example/mcp'

/** A check of the sample and the verdicts on it, in short. */
export interface Draft {
  id: string
  outcome: Outcome
  level?: Level
  title: string
  hint?: string
  reason?: string
  expected?: string
  actual?: string
  roundTrip?: number
  missing?: string[]
  remarks?: string[]
  variants?: string[]
  recorded?: Verdict['recorded']
}

export const sampleDrafts: Draft[] = [
  {
    id: 'token.audience-mismatch-rejected',
    outcome: 'violation',
    title: 'A token for another MCP server is refused',
    hint: `Compare aud with ${sampleUrl}, byte for byte.`,
    reason: 'A token whose audience is another server was accepted.',
    expected: '401, Bearer error="invalid_token"',
    actual: '200, tools/list result',
    roundTrip: 31,
    variants: ['sibling', 'subdomain', 'origin', 'upper-host'],
  },
  {
    id: 'challenge.syntax',
    outcome: 'violation',
    title: 'The challenge can be parsed',
    hint: 'Quote every value, and separate parameters with a comma.',
    reason: `WWW-Authenticate cannot be parsed: ${hostileText}`,
    expected: 'challenges as in RFC 9110',
    actual: hostileText,
    roundTrip: 12,
  },
  {
    id: 'challenge.scope-parameter',
    outcome: 'violation',
    level: 'SHOULD',
    title: 'The challenge names the scopes that are needed',
    hint: 'Add scope="…" to the challenge.',
    reason: 'The challenge has no scope.',
    expected: 'scope in WWW-Authenticate',
    actual: 'WWW-Authenticate without scope',
    roundTrip: 12,
  },
  {
    id: 'prm.cors',
    outcome: 'violation',
    level: 'SHOULD NOT',
    title: 'The metadata is not hidden from browsers',
    hint: 'Send Access-Control-Allow-Origin: *.',
    actual: 'no Access-Control-Allow-Origin',
    roundTrip: 3,
  },
  {
    id: 'prm.resource-name',
    outcome: 'violation',
    level: 'MAY',
    title: 'The metadata has a name for people',
    hint: 'Add resource_name.',
    actual: 'no resource_name',
    roundTrip: 3,
  },
  {
    id: 'prm.policy-uri',
    outcome: 'violation',
    level: 'MAY',
    title: 'The metadata links a policy',
    actual: 'no resource_policy_uri',
    roundTrip: 3,
  },
  {
    id: 'jwks.rotation',
    outcome: 'inconclusive',
    title: 'A new key is found',
    reason: 'The control failed: the plain token was answered with 503.',
    roundTrip: 40,
  },
  {
    id: 'jwks.outage',
    outcome: 'inconclusive',
    title: 'A dead key endpoint does not open the door',
    reason: `The connection broke: ${hostileText}`,
    roundTrip: 41,
  },
  {
    id: 'methods.options',
    outcome: 'error',
    title: 'OPTIONS is answered',
    reason: 'The step crashed: undefined is no function.',
  },
  {
    id: 'methods.head',
    outcome: 'error',
    title: 'HEAD is answered',
    reason: 'The matcher failed.',
  },
  {
    id: 'scope.insufficient-403',
    outcome: 'untested',
    title: 'Too little scope is a 403',
    reason: 'No issuer that the server trusts is at hand.',
    missing: ['issuer'],
  },
  {
    id: 'scope.step-up',
    outcome: 'untested',
    title: 'The challenge of a 403 names the scopes',
    reason: 'No token is at hand.',
    missing: ['token', 'fact.tool.guarded'],
  },
  {
    id: 'challenge.401-on-missing-token',
    outcome: 'pass',
    title: 'A request without credentials gets 401',
    roundTrip: 12,
    remarks: ['not confirmed with a valid token'],
    recorded: { status: 401, realm: hostileText },
  },
  {
    id: 'token.expired-rejected',
    outcome: 'pass',
    title: 'An expired token is refused',
    roundTrip: 32,
  },
  {
    id: 'methods.batch',
    outcome: 'not-applicable',
    title: 'A batch is refused as a whole',
    reason: 'Revision 2025-11-25 has no batches.',
  },
  {
    id: 'prm.signed-metadata',
    outcome: 'not-applicable',
    title: 'Signed metadata is signed',
    reason: 'The metadata is not signed.',
  },
]
