import { setTimeout as delay } from 'node:timers/promises'
import { bothControls, Controls } from './controls.ts'
import { withWire } from './facts.ts'
import { blankVerdict, judge } from './judge.ts'
import type { JudgeContext } from './judge.ts'
import type { Against } from './judge-condition.ts'
import type { Check, Evidence, Level, Probe, Scenarios, Verdict } from './model.ts'
import { isObject } from './protocol/json.ts'
import { seconds } from './scenario/template.ts'
import { isAlone, isShared, longestFirst, probesOf, waitsOf } from './probe-order.ts'
import { tokenAccepted } from './saw-protection.ts'
import { forSecondTry } from './second-try.ts'
import { askConditions, settle } from './settle-conditions.ts'
import type { RunContext } from './steps/context.ts'
import { runProbe } from './steps/run-probe.ts'

/** What a caller may want to know while the run goes on. */
export interface Progress {
  onVerdicts?: (verdicts: Verdict[]) => void
  onPhase?: (phase: string, probes: number) => void
  /** Ids of checks whose probes wait or need an instance for themselves, as they begin and end. */
  onUnderWay?: (checks: string[]) => void
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
  /** Opens so many siblings for as long as they are wanted; one that does not come up is null. */
  openSiblings: (count: number, isWanted: () => boolean) => Promise<Lane | null>[]
  /** Those that came up. */
  siblings: Lane[]
  evidence: Map<string, Evidence>
  sawProtection: () => boolean
  tokenDoubted: () => boolean
  level: (check: Check) => Level
  progress: Progress
  /** Probes that take their time, while they do. */
  underWay: Set<Probe>
}

/**
 * Sends the probes of the pending checks: the shared ones side by side, beside the conditions that some
 * of them wait for. The exclusive ones go one by one, each to an instance that nobody else asks: to
 * siblings meanwhile, to the target afterwards. Last come those that look back at the whole run.
 */
export async function collect(pending: Check[], probing: Probing): Promise<Collected> {
  const { scenarios, progress } = probing
  const verdicts: Verdict[] = []
  const ready: Check[] = []
  const judgeThose = (done: Probe[]): void => {
    const keys = new Set(done.map(({ key }) => key))
    const judged = ready
      .filter(({ probe }) => keys.has(probe))
      .map((check) => judgeCheck(check, probing))
    verdicts.push(...judged)
    progress.onVerdicts?.(judged)
  }
  const wanted = probesOf(pending, scenarios)
  let allTaken = false
  const siblings = probing.openSiblings(
    Math.floor(wanted.filter(isAlone).length / 2),
    () => !allTaken && !probing.run.signal.aborted,
  )
  progress.onPhase?.('side by side', wanted.filter(isShared).length)
  const conditions = await askConditions(pending, probing)
  const unconditional = pending.filter(({ when }) => !when.some((key) => conditions.has(key)))
  const asked = new Set([...conditions.values()].map(({ probe }) => probe))
  const first = probesOf(unconditional, scenarios).filter(isShared)
  const early = first.filter((probe) => !asked.has(probe))
  const settled = settle(conditions).then((against) => {
    for (const check of pending) {
      const obstacle = check.when.map((key) => against.get(key)).find((each) => each !== undefined)
      if (obstacle) verdicts.push(unjudged(check, obstacle, probing))
      else ready.push(check)
    }
    const probes = probesOf(ready, scenarios)
    return {
      shared: probes.filter(isShared),
      alone: longestFirst(probes.filter(isAlone)),
      last: probes.filter(({ afterRun }) => afterRun),
    }
  })
  const takeAlone = async (lane: Lane, sibling?: number): Promise<void> => {
    const { alone } = await settled
    for (let probe = alone.shift(); probe; probe = alone.shift()) {
      const next = probe
      await unlessInterrupted(probing, () =>
        tellingOf(next, probing, () => oneAlone(next, lane, probing.evidence, sibling)),
      )
      judgeThose([next])
    }
    allTaken = true
  }
  const takeBeside = async (opening: Promise<Lane | null>): Promise<void> => {
    const lane = await opening
    if (lane) await takeAlone(lane, probing.siblings.push(lane) - 1)
  }
  const late = settled.then(({ shared }) => shared.filter((probe) => !first.includes(probe)))
  const takeHere = async (): Promise<void> => {
    await Promise.all([takeAll(early, probing), late.then((probes) => takeAll(probes, probing))])
    const { shared, alone } = await settled
    await takeAgain(shared, ready, probing)
    await confirmAll(shared, probing)
    judgeThose(shared)
    progress.onPhase?.('one by one', alone.length)
    await takeAlone(probing)
  }
  await Promise.all([takeHere(), ...siblings.map(takeBeside)])
  const { last } = await settled
  for (const probe of last) await unlessInterrupted(probing, () => lookBack(probe, probing))
  judgeThose(last)
  return { verdicts, evidence: [...probing.evidence.values()] }
}

function unjudged(check: Check, against: Against, { level }: Probing): Verdict {
  const { outcome, reason, probe } = against
  return { ...blankVerdict(check, level(check), outcome, reason), probe }
}

/** Whoever watches learns what the run waits for. */
async function tellingOf<T>(probe: Probe, probing: Probing, task: () => Promise<T>): Promise<T> {
  const { underWay, scenarios, progress } = probing
  if (!progress.onUnderWay || (!probe.exclusive && waitsOf(probe) === 0)) return task()
  const tell = (): void => {
    const named = [...underWay].map((each) =>
      scenarios.checks.find((check) => check.probe === each.key),
    )
    progress.onUnderWay?.([...new Set(named.flatMap((check) => check?.id ?? []))])
  }
  underWay.add(probe)
  tell()
  try {
    return await task()
  } finally {
    underWay.delete(probe)
    tell()
  }
}

/** Ctrl-C: no further probe is started, and what was under way leaves no evidence. */
async function unlessInterrupted({ run }: Probing, task: () => Promise<void>): Promise<void> {
  if (run.signal.aborted) return
  try {
    await run.clock.work(task)
  } catch (error) {
    if (!run.signal.aborted) throw error
  }
}

async function lookBack(probe: Probe, { run, controls, evidence }: Probing): Promise<void> {
  const collected = await runProbe(probe, run)
  const control = await controls.confirm(probe)
  if (!run.signal.aborted) evidence.set(probe.key, { ...collected, control })
}

/** Side by side: those that wait all at once, the others by 32. */
async function takeAll(probes: Probe[], probing: Probing): Promise<void> {
  const { run, controls, evidence } = probing
  const take = (probe: Probe): Promise<void> =>
    unlessInterrupted(probing, async () => {
      if (evidence.has(probe.key)) return
      const before = await controls.confirm(probe)
      const collected = await tellingOf(probe, probing, () => runProbe(probe, run))
      if (!run.signal.aborted) evidence.set(probe.key, { ...collected, control: before })
    })
  const waiting = probes.filter((probe) => waitsOf(probe) > 0)
  const queue = probes.filter((probe) => waitsOf(probe) === 0)
  const worker = async (): Promise<void> => {
    for (let probe = queue.shift(); probe; probe = queue.shift()) await take(probe)
  }
  await Promise.all([...waiting.map(take), ...Array.from({ length: 32 }, worker)])
}

/** Once more, now that the crowd is gone, what may have failed for it. */
async function takeAgain(probes: Probe[], checks: Check[], probing: Probing): Promise<void> {
  const { run, controls, evidence } = probing
  if (run.signal.aborted) return
  const tries = probes.flatMap((probe) => {
    const found = evidence.get(probe.key)
    const judged = checks.filter((check) => check.probe === probe.key)
    const verdicts = judged.map((check) => judgeCheck(check, probing))
    return found ? [{ probe, evidence: found, verdicts }] : []
  })
  const again = forSecondTry(tries, run.roundTrips)
  if (again.length > 0) controls.renew()
  const first = new Map(evidence)
  for (const { key } of again) evidence.delete(key)
  await takeAll(again, probing)
  // an interruption leaves what was found
  for (const { key } of again) evidence.set(key, evidence.get(key) ?? (first.get(key) as Evidence))
}

async function confirmAll(probes: Probe[], probing: Probing): Promise<void> {
  probing.controls.renew()
  for (const probe of probes) await unlessInterrupted(probing, () => confirmAgain(probe, probing))
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
  // what was accepted nowhere need not be waited for
  const hopeless = before?.accepted === false && !tokenAccepted(run)
  const after = hopeless ? before : await recovered(probe, lane)
  if (run.signal.aborted) return
  const control = bothControls(before, after)
  evidence.set(probe.key, { ...collected, control, ...(sibling === undefined ? {} : { sibling }) })
}

/** A key cache may need minutes to notice that the arrangement is undone; a cold start has none. */
async function recovered(probe: Probe, { run, controls }: Lane): Promise<Evidence['control']> {
  const control = await controls.confirm(probe)
  if (!control?.ran || control.accepted) return control
  await run.restartTarget?.()
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
    tokenDoubted: probing.tokenDoubted(),
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
