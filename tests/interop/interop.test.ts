import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { runConformance } from '../../harness/index.ts'
import type { Facts, RunResult } from '../../harness/model.ts'

/*
 * Real servers that are not ours, as users of their frameworks write them. Every violation below was
 * looked at by hand; docs/interop.md says whose fault each is, and by which clause.
 */
const facts: Facts = {
  target: {
    scopes: { required: ['mcp:read'] },
    key_cache: '2s',
    short_life: '2s',
    introspection: 'none',
    legacy_sse: 'none',
  },
  tool: {
    safe: { name: 'whoami' },
    guarded: 'none',
    writes: 'none',
    'reads-back': 'none',
    'reveals-caller': { name: 'whoami', identity: { path: 'subject', a: 'alice', b: 'bob' } },
  },
  client: { allowlist: 'none' },
}

/**
 * The token verifier of these servers asks jose for no `typ`, and says invalid_token whatever went
 * wrong, an issuer that is down included.
 */
const plainVerifier = [
  'challenge.no-401-for-server-errors',
  'token.id-token-rejected/for-this-server',
  'token.typ-foreign-rejected/access-token-profile',
  'token.typ-generic',
]
/** SDK 1 and 2 write error="invalid_token" and the verifier's message into every challenge. */
const oneChallengeForAll = [
  'challenge.attribute-rules',
  'challenge.no-error-without-credentials',
  'challenge.no-error-without-credentials/other-scheme',
]
/** Users and clients share one name space, which is the issuer's business first: advice only. */
const advice = ['token.client-subject-confusion']

const servers = [
  {
    name: 'MCP TypeScript SDK 1.x, Express',
    file: 'sdk-1.mjs',
    revision: '2025-11-25' as const,
    violated: ['challenge.syntax', ...oneChallengeForAll, ...plainVerifier, ...advice],
  },
  {
    name: 'MCP TypeScript SDK 2.x, fetch handler',
    file: 'sdk-2.mjs',
    revision: '2026-07-28' as const,
    violated: [...oneChallengeForAll, ...plainVerifier, ...advice],
  },
]

const checksWith = ({ verdicts }: RunResult, outcome: string): string[] =>
  [
    ...new Set(verdicts.filter((verdict) => verdict.outcome === outcome).map(({ check }) => check)),
  ].toSorted()

describe.each(servers)('$name', ({ file, revision, violated }) => {
  it('is judged as looked at by hand', { timeout: 120_000 }, async () => {
    const result = await runConformance({
      command: `${process.execPath} ${path.join(import.meta.dirname, 'servers', file)}`,
      issuer: 'local',
      revision,
      facts,
      maxWait: 5000,
      env: {
        PORT: '{{target.port}}',
        ISSUER: '{{issuer.url}}',
        JWKS_URI: '{{issuer.jwks_uri}}',
        RESOURCE: '{{target.url}}',
      },
    })
    expect(checksWith(result, 'violation')).toEqual(violated.toSorted())
    expect(checksWith(result, 'inconclusive')).toEqual([])
    expect(checksWith(result, 'error')).toEqual([])
    expect(result.coverage.must.judged).toBeGreaterThan(60)
  })
})
