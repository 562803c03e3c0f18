import { setTimeout as delay } from 'node:timers/promises'
import { bothControls, Controls } from './controls.ts'
import { withWire } from './facts.ts'
import { blankVerdict, judge } from './judge.ts'
import type { JudgeContext } from './judge.ts'
import { judgeCondition } from './judge-condition.ts'
import type { Against } from './judge-condition.ts'
import type { Check, Condition, Evidence, Level, Probe, Scenarios, Verdict } from './model.ts'
import { isObject } from './protocol/json.ts'
import { seconds } from './scenario/template.ts'
import { flatSteps } from './scenario/derive.ts'
import type { RunContext } from './steps/context.ts'
import { runProbe } from './steps/run-probe.ts'

/** What a caller may want to know while the run goes on. */
export interface Progress {
  onVerdicts?: (verdicts: Verdict[]) => void
  onPhase?: (phase: string, probes: number) => void
}

/** What the probes of a run gave. */
export interface Collected {
  verdicts: Verdict[]
  evidence: Evidence[]
}

/** An instance of the target that probes are sent to. */
export interface Lane {
  run: RunContext
  controls: Controls
}

interface Probing extends Lane {
  scenarios: Scenarios
  /** Opens so many siblings; one that does not come up is null. */
  openSiblings: (count: number) => Promise<Lane | null>[]
  /** Those that came up. */
  siblings: Lane[]
  evidence: Map<string, Evidence>
  sawProtection: () => boolean
  level: (check: Check) => Level
  progress: Progress
}

/**
 * Sends the probes of the pending checks: conditions first, then the shared probes side by side. The
 * exclusive ones go one by one, each to an instance that nobody else asks: to siblings meanwhile, to
 * the target afterwards. Last come those that look back at the whole run.
 */
export async function collect(pending: Check[], probing: Probing): Promise<Collected> {
  const { scenarios } = probing
  const verdicts: Verdict[] = []
  const wanting = probesOf(pending, scenarios).filter(isAlone)
  const siblings = probing.openSiblings(Math.floor(wanting.length / 2))
  const conditions = await settleConditions(pending, probing)
  const ready: Check[] = []
  for (const check of pending) {
    const against = check.when
      .map((key) => conditions.get(key))
      .find((each) => each !== undefined && each !== null)
    if (!against) ready.push(check)
    else
      verdicts.push({
        ...blankVerdict(check, probing.level(check), against.outcome, against.reason),
        probe: against.probe,
      })
  }
  const probes = probesOf(ready, scenarios)
  const judgeThose = (done: Probe[]): void => {
    const keys = new Set(done.map(({ key }) => key))
    const judged = ready
      .filter(({ probe }) => keys.has(probe))
      .map((check) => judgeCheck(check, probing))
    verdicts.push(...judged)
    probing.progress.onVerdicts?.(judged)
  }
  const shared = probes.filter(({ exclusive, afterRun }) => !exclusive && !afterRun)
  const alone = longestFirst(probes.filter(isAlone))
  const takeAlone = async (lane: Lane, sibling?: number): Promise<void> => {
    for (let probe = alone.shift(); probe; probe = alone.shift()) {
      const next = probe
      await unlessInterrupted(probing, () => oneAlone(next, lane, probing.evidence, sibling))
      judgeThose([next])
    }
  }
  const besides = siblings.map(async (opening) => {
    const lane = await opening
    if (lane) await takeAlone(lane, probing.siblings.push(lane) - 1)
  })
  probing.progress.onPhase?.('side by side', shared.length)
  await sideBySide(shared, probing, judgeThose)
  probing.progress.onPhase?.('one by one', alone.length)
  await takeAlone(probing)
  await Promise.all(besides)
  const last = probes.filter(({ afterRun }) => afterRun)
  for (const probe of last) await unlessInterrupted(probing, () => lookBack(probe, probing))
  judgeThose(last)
  return { verdicts, evidence: [...probing.evidence.values()] }
}

function probesOf(checks: Check[], { probes }: Scenarios): Probe[] {
  return [...new Set(checks.map(({ probe }) => probe))].flatMap((key) => probes.get(key) ?? [])
}

function isAlone({ exclusive, afterRun }: Probe): boolean {
  return exclusive && !afterRun
}

/** Ctrl-C: no further probe is started, and what was under way leaves no evidence. */
async function unlessInterrupted({ run }: Probing, task: () => Promise<void>): Promise<void> {
  if (run.signal.aborted) return
  try {
    await task()
  } catch (error) {
    if (!run.signal.aborted) throw error
  }
}

async function lookBack(probe: Probe, { run, controls, evidence }: Probing): Promise<void> {
  const collected = await runProbe(probe, run)
  const control = await controls.confirm(probe)
  if (!run.signal.aborted) evidence.set(probe.key, { ...collected, control })
}

/** Conditions are asked once per run. */
async function settleConditions(
  checks: Check[],
  probing: Probing,
): Promise<Map<string, Against | null>> {
  const keys = [...new Set(checks.flatMap(({ when }) => when))]
  const settled = new Map<string, Against | null>()
  await Promise.all(
    keys.map((key) =>
      unlessInterrupted(probing, async () => {
        const condition = probing.scenarios.conditions.get(key)
        settled.set(key, condition?.kind === 'observed' ? await settle(condition, probing) : null)
      }),
    ),
  )
  return settled
}

async function settle(
  condition: Extract<Condition, { kind: 'observed' }>,
  probing: Probing,
): Promise<Against | null> {
  const { run, scenarios, evidence } = probing
  const probe = scenarios.probes.get(condition.probe)
  if (!probe) return null
  const collected = evidence.get(probe.key) ?? (await runProbe(probe, run))
  if (run.signal.aborted) return null
  evidence.set(probe.key, collected)
  return judgeCondition(condition, collected, { ...run, facts: run.recordedFacts() })
}

/** Probes that wait start first, so that the others go on beside them. */
function longestFirst(probes: Probe[]): Probe[] {
  return probes.toSorted((one, other) => waitsOf(other) - waitsOf(one))
}

/** 2 for a probe that waits by its own declaration, 1 for one that restarts the target, else 0. */
function waitsOf(probe: Probe): number {
  const each = flatSteps(probe.steps).map(({ poll, repeat, argument }) => {
    const written = JSON.stringify(argument)
    if (poll ?? repeat ?? /"settle"|"stall"/.test(written)) return 2
    return written.includes('"restart"') ? 1 : 0
  })
  return Math.max(0, ...each)
}

async function sideBySide(
  probes: Probe[],
  probing: Probing,
  done: (probes: Probe[]) => void,
): Promise<void> {
  const { run, controls, evidence } = probing
  const take = (probe: Probe): Promise<void> =>
    unlessInterrupted(probing, async () => {
      if (evidence.has(probe.key)) return
      const before = await controls.confirm(probe)
      const collected = await runProbe(probe, run)
      if (!run.signal.aborted) evidence.set(probe.key, { ...collected, control: before })
    })
  const waiting = probes.filter((probe) => waitsOf(probe) > 0)
  const queue = probes.filter((probe) => waitsOf(probe) === 0)
  const worker = async (): Promise<void> => {
    for (let probe = queue.shift(); probe; probe = queue.shift()) await take(probe)
  }
  await Promise.all([...waiting.map(take), ...Array.from({ length: 32 }, worker)])
  controls.renew()
  for (const probe of probes) await unlessInterrupted(probing, () => confirmAgain(probe, probing))
  done(probes)
}

async function confirmAgain(probe: Probe, { run, controls, evidence }: Probing): Promise<void> {
  const collected = evidence.get(probe.key)
  if (!collected) return
  const before = collected.control ?? (await controls.confirm(probe))
  const after = await controls.confirm(probe)
  if (run.signal.aborted) return
  evidence.set(probe.key, { ...collected, control: bothControls(before, after) })
}

async function oneAlone(
  probe: Probe,
  lane: Lane,
  evidence: Map<string, Evidence>,
  sibling: number | undefined,
): Promise<void> {
  const { run, controls } = lane
  const before = await controls.confirm(probe)
  const collected = await runProbe(probe, run)
  controls.renew()
  const after = await recovered(probe, lane)
  if (run.signal.aborted) return
  const control = bothControls(before, after)
  evidence.set(probe.key, { ...collected, control, ...(sibling === undefined ? {} : { sibling }) })
}

/** A key cache may need a moment to notice that the arrangement is undone; a target that did not come up is restarted. */
async function recovered(probe: Probe, { run, controls }: Lane): Promise<Evidence['control']> {
  const control = await confirmWithin(probe, { run, controls })
  if (!control?.ran || control.accepted || !run.restartTarget) return control
  await run.clock.wait(run.restartTarget)
  controls.renew()
  return confirmWithin(probe, { run, controls })
}

async function confirmWithin(probe: Probe, { run, controls }: Lane): Promise<Evidence['control']> {
  const deadline = performance.now() + Math.min(keyCache(run), run.maxWait)
  for (;;) {
    const control = await controls.confirm(probe)
    if (!control || control.accepted || !control.ran || performance.now() > deadline) return control
    controls.renew()
    await run.clock.wait(() => delay(100, undefined, { signal: run.signal }))
  }
}

/** Milliseconds for which the server may go on with the keys of the probe. */
function keyCache({ facts }: RunContext): number {
  const target = isObject(facts['target']) ? facts['target'] : {}
  return 1000 + 1000 * seconds(String(target['key_cache']))
}

function judgeCheck(check: Check, probing: Probing): Verdict {
  const level = probing.level(check)
  const collected = probing.evidence.get(check.probe)
  if (!collected) return blankVerdict(check, level, 'untested', 'the run was interrupted')
  const { run } = laneOf(collected, probing)
  const context: JudgeContext = {
    revision: run.revision,
    facts: run.recordedFacts(),
    roundTrips: run.roundTrips,
    level,
    sawProtection: probing.sawProtection(),
    now: run.now,
  }
  return judge(check, collected, context)
}

/** The instance that gave the evidence. */
function laneOf({ sibling }: Evidence, probing: Probing): Lane {
  return (sibling === undefined ? undefined : probing.siblings[sibling]) ?? probing
}

/** Facts of the wire, added once it was negotiated. */
export function settleWire(run: RunContext): void {
  run.facts = withWire(run.facts, run.revision, run.wire)
}
