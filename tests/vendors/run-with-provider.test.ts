import path from 'node:path'
import { expect, it } from 'vitest'
import { runConformance } from '../../harness/index.ts'
import { providerNames } from '../../harness/conformance-options.ts'

const server = path.resolve(import.meta.dirname, '../interop/servers/sdk-2.mjs')

it.each(providerNames)(
  'a server that trusts %s is judged with tokens in its form',
  async (issuer) => {
    const result = await runConformance({
      command: `${process.execPath} ${server}`,
      issuer,
      revision: '2026-07-28',
      only: ['token.audience-*', 'token.iss-*', 'token.exp-*', 'token.query-ignored*'],
      facts: {
        target: { scopes: { required: ['mcp:read'] }, introspection: 'none' },
        tool: {
          safe: { name: 'whoami' },
          'reveals-caller': { name: 'whoami', identity: { path: 'subject' } },
        },
      },
      env: {
        PORT: '{{target.port}}',
        ISSUER: '{{issuer.url}}',
        JWKS_URI: '{{issuer.jwks_uri}}',
        RESOURCE: '{{target.url}}',
      },
    })
    const bad = result.verdicts.filter(({ outcome }) =>
      ['violation', 'inconclusive', 'error'].includes(outcome),
    )
    expect(bad.map(({ id, outcome, reason }) => `${id} ${outcome}: ${reason}`)).toEqual([])
    expect(result.verdict.kind).toBe('conformant')
    expect(result.coverage.outcomes.pass).toBeGreaterThan(30)
  },
  60_000,
)

it('a server that is told where the authority is gets an issuer over https', async () => {
  const result = await runConformance({
    command: `${process.execPath} ${server}`,
    issuer: 'local',
    revision: '2026-07-28',
    only: ['token.audience-mismatch-*'],
    facts: { target: { scopes: { required: ['mcp:read'] } }, tool: { safe: { name: 'whoami' } } },
    env: {
      PORT: '{{target.port}}',
      ISSUER: '{{issuer.url}}',
      JWKS_URI: '{{issuer.jwks_uri}}',
      RESOURCE: '{{target.url}}',
      NODE_EXTRA_CA_CERTS: '{{issuer.ca_file}}',
    },
  })
  expect(result.facts['issuer']).toMatchObject({ url: expect.stringMatching(/^https:/) })
  expect(result.verdict.kind).toBe('conformant')
})
