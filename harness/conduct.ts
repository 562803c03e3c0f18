import { setMaxListeners } from 'node:events'
import { isLoopback } from './client/loopback.ts'
import { conclude } from './conclude.ts'
import { Controls } from './controls.ts'
import { coverageOf } from './coverage.ts'
import { blankVerdict } from './judge.ts'
import { whyRefusable } from './given-token.ts'
import { levelIn } from './level.ts'
import type { Check, Facts, Level, Means, RunResult, Verdict } from './model.ts'
import { negotiate } from './negotiate.ts'
import type { Negotiated } from './negotiate.ts'
import { openRecord, openRun } from './open-run.ts'
import type { OpenRun } from './open-run.ts'
import { plan } from './plan.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject } from './protocol/json.ts'
import { createRedactor } from './redact.ts'
import type { Redactor } from './redact.ts'
import { collect, settleWire } from './run.ts'
import type { RunSettings } from './run-settings.ts'
import { Siblings } from './siblings.ts'
import { sawProtection, tokenAccepted, tokenDoubted, tokenSent } from './saw-protection.ts'
import { whyNotMcp, whyUnreachable } from './sightings.ts'
import { summarise } from './summary.ts'

/** Runs the checks against the target and judges them. Never throws for what a target does. */
export async function conduct(settings: RunSettings): Promise<RunResult> {
  const started = new Date()
  setMaxListeners(0, settings.signal)
  const clock = performance.now()
  const redactor = createRedactor()
  const written = openRecord(
    redactor,
    clock,
    [settings.given.a, settings.given.b].filter((each) => each !== null),
    Math.floor(started.getTime() / 1000),
  )
  const run = openRun(settings, written)
  const siblings = new Siblings(settings, written, run)
  const levelOf = ({ requirement }: Check): Level =>
    levelIn(settings.scenarios.requirements.get(requirement), run.revision)
  const held = meansHeld(settings)
  const holdsToken = held.has('token')
  try {
    const opened = await negotiate(run, settings.revision, holdsToken)
    settleFacts(run, opened)
    settleWire(run)
    const declaredProtected = holdsToken || isProtectedByDeclaration(settings.declared)
    const openServer = opened.openServer && !declaredProtected
    const planned = plan(settings.scenarios, settings.checks, {
      role: settings.role,
      revision: run.revision,
      facts: run.facts,
      held,
      allowWrites: settings.allowWrites || isLoopback(new URL(settings.target.url).hostname),
      openServer,
    })
    const unreachable = whyUnreachable(opened, run) ?? (await whyNotMcp(run))
    const verdicts = [...planned.decided]
    let evidence: RunResult['evidence'] = []
    if (unreachable === null) {
      const controls = new Controls(run, holdsToken)
      const collected = await collect(planned.pending, {
        scenarios: settings.scenarios,
        run,
        controls,
        openSiblings: (count, isWanted) => siblings.open(count, held.has('token'), isWanted),
        siblings: siblings.up,
        underWay: new Set(),
        evidence: new Map(),
        sawProtection: () => sawProtection(run),
        tokenDoubted: () => tokenDoubted(run, held),
        level: levelOf,
        progress: settings.progress,
      })
      verdicts.push(...collected.verdicts)
      evidence = collected.evidence
    } else {
      verdicts.push(
        ...planned.pending.map((check) =>
          blankVerdict(check, levelOf(check), 'inconclusive', unreachable),
        ),
      )
    }
    const ending = { unreachable, openServer }
    return refuseSecrets(result(verdicts, evidence, ending), redactor)
  } finally {
    await siblings.close()
    await run.http.close()
  }

  function result(
    verdicts: Verdict[],
    evidence: RunResult['evidence'],
    ending: { unreachable: string | null; openServer: boolean },
  ): RunResult {
    const order = new Map(settings.checks.map(({ verdictId }, index) => [verdictId, index]))
    verdicts.sort((one, other) => (order.get(one.id) ?? 0) - (order.get(other.id) ?? 0))
    const checks = settings.checks.filter(
      (check) => settings.scenarios.requirements.get(check.requirement)?.role === settings.role,
    )
    return {
      schemaVersion: 1,
      tool: settings.tool,
      target: {
        name: settings.target.name,
        url: settings.target.url,
        resource: String((run.facts['target'] as JsonObject)['resource']),
        role: settings.role,
        kind: settings.target.kind,
      },
      revision: run.revision,
      wire: run.wire,
      negotiated: run.negotiated,
      started: started.toISOString(),
      elapsed: Math.round(performance.now() - clock),
      waited: run.clock.waited,
      command: settings.command,
      means: [...held],
      strict: settings.strict,
      verdict: conclude(verdicts, {
        role: settings.role,
        revision: run.revision,
        strict: settings.strict,
        requireAll: settings.requireAll,
        allowInconclusive: settings.allowInconclusive,
        interrupted: settings.signal.aborted,
        tokenAccepted: tokenAccepted(run),
        holdsToken,
        mintsToken: held.has('issuer'),
        tokenDoubt: doubtOfGiven(run, settings, redactor),
        tokenSent: tokenSent(run),
        ...ending,
      }),
      coverage: coverageOf(verdicts, {
        checks,
        scenarios: settings.scenarios,
        role: settings.role,
        revision: run.revision,
      }),
      checks: summarise(checks, settings.scenarios, run.revision),
      verdicts,
      evidence,
      roundTrips: [...run.roundTrips.values()],
      facts: run.recordedFacts(),
      siblings: siblings.up.map(({ run: { targetUrl, recordedFacts } }) => ({
        url: targetUrl,
        facts: recordedFacts(),
      })),
      targetOutput: redactOutput(settings.target.output(), redactor),
    }
  }
}

/** Every format is made from this object, so no file can hold a secret that it does not hold. */
function refuseSecrets(result: RunResult, redactor: Redactor): RunResult {
  for (const part of Object.values(result).flat()) {
    const held = redactor.holdsSecret(JSON.stringify(part) ?? '')
    if (held !== null)
      throw new Error(`the report would have held the secret ${held}; nothing was written`)
  }
  return result
}

function doubtOfGiven(run: OpenRun, { given }: RunSettings, redactor: Redactor): string | null {
  const resource = String((run.facts['target'] as JsonObject)['resource'])
  const why = given.a === null ? null : whyRefusable(given.a, resource, run.now)
  return why === null ? null : redactor.redact(why)
}

function redactOutput(output: string | null, redactor: Redactor): string | null {
  return output === null ? null : redactor.redact(output.slice(-64 * 1024))
}

function meansHeld(settings: RunSettings): Set<Means> {
  const held = new Set<Means>(['url'])
  if (settings.issuer)
    for (const each of ['issuer', 'token', 'second-user'] as const) held.add(each)
  if (settings.secondIssuer) held.add('second-issuer')
  if (settings.given.a !== null) held.add('token')
  if (settings.given.b !== null) held.add('second-user')
  if (settings.upstream) held.add('upstream')
  if (settings.thirdParty) held.add('third-party')
  if (settings.target.restart) held.add('restart')
  return held
}

function settleFacts(run: OpenRun, opened: Negotiated): void {
  run.negotiated = opened.sentence
  run.base = opened.base
  const tools = isObject(run.facts['tool']) ? run.facts['tool'] : {}
  if (opened.safeTool && tools['safe'] === undefined)
    run.facts = { ...run.facts, tool: { ...tools, safe: opened.safeTool } }
}

function isProtectedByDeclaration(declared: Facts): boolean {
  return declared.target?.protected === true || isObject(declared.tool?.['guarded'])
}
