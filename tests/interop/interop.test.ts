import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { runConformance } from '../../harness/index.ts'
import type { Facts, Revision, RunResult } from '../../harness/model.ts'

/*
 * Real servers that are not ours, as users of their frameworks write them. Every violation below was
 * looked at by hand; docs/interop.md says whose fault each is, and by which clause.
 */
const facts: Facts = {
  target: {
    scopes: { required: ['mcp:read'] },
    key_cache: '2s',
    // a session of npm fastmcp takes a second to open, and here six servers share the machine
    short_life: '5s',
    introspection: 'none',
  },
  tool: {
    safe: { name: 'whoami' },
    guarded: 'none',
    writes: 'none',
    'reads-back': 'none',
    notifies: 'none',
    'reveals-caller': { name: 'whoami', identity: { path: 'subject', a: 'alice', b: 'bob' } },
  },
  client: { allowlist: 'none' },
}

/** What verifiers that look at no `typ` let through where the issuer writes `at+jwt`. */
const untyped = [
  'token.id-token-rejected/for-this-server',
  'token.typ-foreign-rejected/access-token-profile',
  'token.typ-generic',
]
/** All that verifiers are asked for is true or false, so an issuer that is down is a bad token. */
const yesOrNo = ['challenge.no-401-for-server-errors']
/** One challenge for all, with error="invalid_token" and the verifier's message in it. */
const oneChallengeForAll = [
  'challenge.attribute-rules',
  'challenge.no-error-without-credentials',
  'challenge.no-error-without-credentials/other-scheme',
]
/** jose starts no cooldown after a fetch that failed. */
const refetchingWhileDown = ['jwks.refetch-bounded/while-down']
/** Nobody compares the caller of DELETE with the user who opened the session. */
const anybodyEndsSessions = ['session.stream-and-delete-owner-only/delete']
/** Users and clients share one name space, which is the issuer's business first: advice only. */
const advice = ['token.client-subject-confusion']
/** Nothing compares Origin and Host; the packages for Express and Hono do. */
const anyOrigin = ['transport.local-server-guarded', 'transport.origin-rejected/forbidden']
const joseBehindAnSdk = [
  ...oneChallengeForAll,
  ...untyped,
  ...refetchingWhileDown,
  ...yesOrNo,
  ...advice,
]

interface Judged {
  command: string[]
  revision: Revision
  violated: string[]
  legacySse?: string
  offersDpop?: boolean
}

interface Peer extends Judged {
  name: string
}

const node = (file: string): string[] => [process.execPath, served(file)]
const served = (file: string): string => path.join(import.meta.dirname, 'servers', file)
const python = path.join(import.meta.dirname, '../../.venv/bin/python')

const peers: Peer[] = [
  {
    name: 'npm fastmcp 4.x',
    command: node('fastmcp.mjs'),
    revision: '2025-11-25',
    legacySse: '/sse',
    violated: [
      ...joseBehindAnSdk,
      ...anybodyEndsSessions,
      ...anyOrigin,
      'challenge.scope-parameter',
      'challenge.scope-parameter/declared',
      'token.exp-missing/rfc9068',
      'token.scheme-case-insensitive/letter-case',
    ],
  },
  {
    name: 'MCP TypeScript SDK 1.x, Express',
    command: node('sdk-1.mjs'),
    revision: '2025-11-25',
    violated: ['challenge.syntax', ...joseBehindAnSdk, ...anybodyEndsSessions, ...anyOrigin],
  },
  {
    name: 'MCP TypeScript SDK 2.x, fetch handler',
    command: node('sdk-2.mjs'),
    revision: '2026-07-28',
    violated: [...joseBehindAnSdk, ...anyOrigin],
  },
  {
    name: 'MCP TypeScript SDK 2.x, Express package',
    command: node('sdk-2-express.mjs'),
    revision: '2025-11-25',
    violated: [...joseBehindAnSdk, ...anybodyEndsSessions],
  },
  {
    name: 'MCP TypeScript SDK 2.x, Hono package',
    command: node('sdk-2-hono.mjs'),
    revision: '2025-11-25',
    violated: joseBehindAnSdk,
  },
  {
    name: 'express-oauth2-jwt-bearer with DPoP, SDK 1.x',
    command: node('express-oauth2-jwt-bearer.mjs'),
    revision: '2025-11-25',
    offersDpop: true,
    violated: [
      ...untyped,
      ...refetchingWhileDown,
      ...yesOrNo,
      ...advice,
      ...anyOrigin,
      'challenge.scope-parameter',
      'challenge.scope-parameter/declared',
      'token.query-ignored/alone',
    ],
  },
]
const pythonPeer: Judged = {
  command: [python, served('fastmcp-python.py')],
  revision: '2025-11-25',
  violated: [
    'challenge.no-error-without-credentials/other-scheme',
    'jwks.key-use-respected',
    'jwks.refetch-bounded',
    'jwks.refetch-bounded/while-down',
    'jwks.weak-rsa-rejected',
    'prm.authorization-servers-resolve',
    'token.exp-missing/rfc9068',
    'token.nbf-future',
    'token.typ-foreign-rejected/access-token-profile',
    'token.typ-generic',
    ...yesOrNo,
    ...advice,
    ...anyOrigin,
  ],
}

const checksWith = ({ verdicts }: RunResult, outcome: string): string[] =>
  [
    ...new Set(verdicts.filter((verdict) => verdict.outcome === outcome).map(({ check }) => check)),
  ].toSorted()

async function judge({ command, revision, legacySse = 'none' }: Judged): Promise<RunResult> {
  return runConformance({
    command: command.join(' '),
    issuer: 'local',
    revision,
    facts: { ...facts, target: { ...facts.target, legacy_sse: legacySse } },
    maxWait: 10_000,
    instances: 2,
    env: {
      PORT: '{{target.port}}',
      ISSUER: '{{issuer.url}}',
      JWKS_URI: '{{issuer.jwks_uri}}',
      RESOURCE: '{{target.url}}',
    },
  })
}

const outcomes = (result: RunResult): object => ({
  violated: checksWith(result, 'violation'),
  inconclusive: checksWith(result, 'inconclusive'),
  broken: checksWith(result, 'error'),
  judgesMost: result.coverage.must.judged > 60,
  offersDpop: checksWith(result, 'pass').includes('dpop.proof-binding'),
})

const lookedAt = ({ violated, offersDpop = false }: Judged): object => ({
  violated: violated.toSorted(),
  inconclusive: [],
  broken: [],
  judgesMost: true,
  offersDpop,
})

/** What was not expected, in the words of the report. */
function surprises({ verdicts }: RunResult, { violated }: Judged): string {
  const unexpected = verdicts.filter(
    ({ outcome, check }) =>
      ['inconclusive', 'error'].includes(outcome) ||
      (outcome === 'violation' && !violated.includes(check)),
  )
  return unexpected.map(({ id, outcome, reason }) => `${id} ${outcome}: ${reason}`).join('\n')
}

describe.concurrent('is judged as looked at by hand', () => {
  const installed = existsSync(path.join(path.dirname(python), 'fastmcp'))
  const excused = process.env['CI'] === undefined || process.env['NO_PYTHON_PEERS'] !== undefined
  // the slowest ones first
  it('FastMCP for Python 4.x', { timeout: 240_000 }, async ({ skip }) => {
    skip(!installed && excused, 'FastMCP for Python is not installed in .venv, see .ci/run')
    const result = await judge(pythonPeer)
    expect(outcomes(result), surprises(result, pythonPeer)).toEqual(lookedAt(pythonPeer))
  })
  it.each(peers)('$name', { timeout: 240_000 }, async (peer) => {
    const result = await judge(peer)
    expect(outcomes(result), surprises(result, peer)).toEqual(lookedAt(peer))
  })
})
