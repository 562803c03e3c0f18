/**
 * A run result for tests: two verdicts of every standing, a matrix, remarks, tokens, hostile answers.
 */
import type { CheckSummary, Outcome, RunResult, Verdict } from '../harness/model.ts'
import { hostileText, sampleDrafts, sampleUrl } from './sample-drafts.ts'
import type { Draft } from './sample-drafts.ts'
import { sampleEvidence, sampleRoundTrips } from './sample-round-trips.ts'

/** A new sample each time, so that a test may alter its own. */
export function sampleResult(): RunResult {
  const verdicts = sampleDrafts.flatMap(draftVerdicts)
  const count = (outcome: Outcome): number =>
    verdicts.filter((verdict) => verdict.outcome === outcome).length
  return {
    schemaVersion: 1,
    tool: { name: 'mcp-auth-conformance', version: '0.1.0' },
    target: {
      name: 'sample',
      url: sampleUrl,
      resource: sampleUrl,
      role: 'resource-server',
      kind: 'url',
    },
    revision: '2025-11-25',
    wire: 'stateful',
    negotiated: 'The server answered initialize with 2025-11-25.',
    started: '2026-11-21T02:02:00.000Z',
    elapsed: 8412,
    waited: 2000,
    command: `mcp-auth-conformance run ${sampleUrl} --token-env TOKEN`,
    means: ['url', 'token'],
    strict: false,
    verdict: {
      kind: 'not-conformant',
      sentence:
        'The resource server does not conform to MCP 2025-11-25: a token for another MCP server is accepted.',
      advice: 'Mend the violations and run again; two checks could not be judged.',
      decidedBy: 'token.audience-mismatch-rejected [sibling]',
      exitCode: 1,
    },
    coverage: {
      outcomes: {
        violation: count('violation'),
        error: count('error'),
        inconclusive: count('inconclusive'),
        untested: count('untested'),
        pass: count('pass'),
        'not-applicable': count('not-applicable'),
      },
      must: { total: 14, applicable: 10, judged: 4 },
      unlocks: [
        {
          means: 'issuer',
          checks: 33,
          how: 'start the server with --command and let it trust {{issuer.url}}',
        },
        { means: 'second-user', checks: 4, how: 'declare user.b and a tool with identity' },
      ],
    },
    checks: sampleDrafts.map(summarize),
    verdicts,
    evidence: sampleEvidence(),
    roundTrips: sampleRoundTrips(),
    facts: { target: { protected: true, note: hostileText } },
    siblings: [],
    targetOutput: `listening on 8000\n${hostileText}`,
  }
}

const spec = {
  doc: 'MCP 2025-11-25',
  section: 'Token Handling',
  url: 'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#token-handling',
}
const rfc8707 = {
  doc: 'RFC 8707',
  section: '2',
  url: 'https://www.rfc-editor.org/rfc/rfc8707.html#section-2',
}
const rfc6750 = {
  doc: 'RFC 6750',
  section: '3.1',
  url: 'https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1',
}

function summarize(draft: Draft, index: number): CheckSummary {
  return {
    id: draft.id,
    requirement: draft.id,
    area: draft.id.split('.')[0] ?? '',
    title: draft.title,
    hint: draft.hint ?? 'See the clause.',
    text: `${draft.title}, says the specification.`,
    level: draft.level ?? 'MUST',
    role: 'resource-server',
    sources: draft.id.startsWith('token') ? [rfc8707, spec] : [rfc6750],
    faults: ['audience-ignored'],
    defined: `scenarios/sample.yaml:${5 + index * 7}:5`,
  }
}

function draftVerdicts(draft: Draft): Verdict[] {
  const { variants } = draft
  if (variants === undefined) return [draftVerdict(draft, null, draft.outcome)]
  return variants.map((variant, index) =>
    draftVerdict(draft, variant, index === 2 ? 'pass' : draft.outcome),
  )
}

function draftVerdict(draft: Draft, variant: string | null, outcome: Outcome): Verdict {
  const failed = outcome === 'violation'
  return {
    id: variant === null ? draft.id : `${draft.id} [${variant}]`,
    check: draft.id,
    requirement: draft.id,
    variant,
    level: draft.level ?? 'MUST',
    outcome,
    reason: outcome === 'pass' ? '' : (draft.reason ?? ''),
    remarks: (draft.remarks ?? []).map((text) => ({ text, faults: [] })),
    expected: failed ? (draft.expected ?? null) : null,
    actual: failed ? (draft.actual ?? null) : null,
    step: 'sent',
    roundTrip: draft.roundTrip ?? null,
    missing: draft.missing ?? [],
    recorded: draft.recorded ?? {},
    probe: draft.roundTrip === undefined ? null : `probe-${draft.roundTrip}`,
  }
}
