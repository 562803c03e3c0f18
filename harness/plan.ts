import { notApplicable, obstacleOfFact, obstacleOfReferences } from './fact-obstacles.ts'
import type { Obstacle } from './fact-obstacles.ts'
import { blankVerdict } from './judge.ts'
import { levelIn } from './level.ts'
import { means } from './model.ts'
import type { Check, Condition, Means, Probe, Revision, Role, Scenarios, Verdict } from './model.ts'
import { isControlled } from './plain-form.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject } from './protocol/json.ts'
import { flatSteps } from './scenario/derive.ts'

/** What a run may send, and what it may not. */
export interface PlanContext {
  role: Role
  revision: Revision
  facts: JsonObject
  held: ReadonlySet<Means>
  allowWrites: boolean
  /** No operation refuses an anonymous caller, and nobody declared the server protected. */
  openServer: boolean
}

export interface Plan {
  /** Checks whose probes are to be sent. */
  pending: Check[]
  /** Verdicts that need no evidence: not-applicable and untested. */
  decided: Verdict[]
}

/** How a tester gives each of the means, for reports. */
export const howToGive: Record<Means, string> = {
  url: 'give the URL of the endpoint',
  token: 'give a valid token (--token-env NAME or --token-file FILE)',
  issuer: 'let the server trust a mock issuer (--issuer local with --command)',
  'second-issuer':
    'let the server trust a second mock issuer ({{second-issuer.url}} in --command or env)',
  'second-user': 'give the token of a second user (tokens.b in the configuration file)',
  upstream:
    'let the server call {{upstream.url}} (--command or env; upstream: URL in the configuration file says where that goes on to)',
  'third-party': 'let the server be a client of a mock ({{third-party.url}} in --command or env)',
  restart: 'let the harness start the server (--command)',
}

/** Decides which checks of a role can be run, and says of the others why not. */
export function plan(scenarios: Scenarios, checks: Check[], context: PlanContext): Plan {
  const result: Plan = { pending: [], decided: [] }
  for (const check of checks) {
    const requirement = scenarios.requirements.get(check.requirement)
    if (requirement?.role !== context.role) continue
    const probe = scenarios.probes.get(check.probe)
    const reasonAgainst = probe ? obstacle(check, probe, scenarios, context) : null
    if (reasonAgainst === null) result.pending.push(check)
    else {
      const level = levelIn(requirement, context.revision)
      const verdict = blankVerdict(check, level, reasonAgainst.outcome, reasonAgainst.reason)
      result.decided.push({ ...verdict, missing: reasonAgainst.missing })
    }
  }
  return result
}

function obstacle(
  check: Check,
  probe: Probe,
  scenarios: Scenarios,
  context: PlanContext,
): Obstacle | null {
  if (!check.revisions.includes(context.revision)) {
    return notApplicable(`the requirement does not exist in revision ${context.revision}`)
  }
  const wireOnly = wireOnlyOperation(probe, context.revision)
  if (wireOnly !== null) return notApplicable(wireOnly)
  const conditions = check.when.flatMap((key) => scenarios.conditions.get(key) ?? [])
  const missing = missingMeans(probe, conditions, scenarios, context.held)
  const facts = [
    ...conditions.map((condition) => obstacleOfFact(condition, context.facts)),
    obstacleOfReferences(check, probe, context.facts),
  ].filter((found) => found !== null)
  const inapplicable = facts.find(({ outcome }) => outcome === 'not-applicable')
  if (inapplicable) return inapplicable
  if (missing.length > 0) return lacking(missing)
  const [undeclared] = facts
  if (undeclared) {
    // alg, profile and audience of the issuer are read off a token
    const readable =
      !holds(context.held, 'token') && undeclared.missing[0]?.startsWith('facts.issuer.')
    return readable === true ? lacking(['token']) : undeclared
  }
  if (probe.writes && !context.allowWrites) {
    return {
      outcome: 'untested',
      reason: 'would change data on a remote target; allow it with --allow-writes',
      missing: ['--allow-writes'],
    }
  }
  if (context.openServer && isControlled(probe) && !asksForOperation(probe)) {
    return notApplicable(
      'the server refuses no anonymous caller, and nothing was declared protected',
    )
  }
  return null
}

/** What the probe and the probes of its conditions need and the tester lacks, the least that says it all. */
function missingMeans(
  probe: Probe,
  conditions: Condition[],
  scenarios: Scenarios,
  held: ReadonlySet<Means>,
): Means[] {
  const asked = conditions.flatMap((condition) =>
    condition.kind === 'observed' ? (scenarios.probes.get(condition.probe) ?? []) : [],
  )
  const needed = new Set([probe, ...asked].flatMap((each) => each.means))
  const missing = means.filter((each) => needed.has(each) && !holds(held, each))
  const implied: Means[] = missing.includes('issuer') ? ['token', 'second-user'] : []
  return missing.filter((each) => !implied.includes(each))
}

function lacking(missing: Means[]): Obstacle {
  const how = missing.map((each) => howToGive[each]).join('; ')
  return { outcome: 'untested', reason: `needs ${missing.join(' and ')}: ${how}`, missing }
}

/** `issuer` includes `token` and `second-user`. */
function holds(held: ReadonlySet<Means>, needed: Means): boolean {
  if (needed === 'url' || held.has(needed)) return true
  return (needed === 'token' || needed === 'second-user') && held.has('issuer')
}

/** Some operations exist on one wire only. */
function wireOnlyOperation(probe: Probe, revision: Revision): string | null {
  const stateless = revision === '2026-07-28'
  for (const { verb, argument } of flatSteps(probe.steps)) {
    if (verb !== 'send' || !isObject(argument)) continue
    if (argument['terminate'] !== undefined && stateless)
      return 'revision 2026-07-28 has no sessions to end'
  }
  return null
}

function asksForOperation(probe: Probe): boolean {
  return flatSteps(probe.steps).some(
    ({ argument }) =>
      isObject(argument) && (argument['call'] !== undefined || argument['request'] !== undefined),
  )
}
