import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { conduct } from './conduct.ts'
import { describeTarget } from './describe-target.ts'
import { refuseContradictions, settingsOf } from './conformance-options.ts'
import type { ConformanceOptions } from './conformance-options.ts'
import type { Facts, RunResult } from './model.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject } from './protocol/json.ts'
import type { Instance } from './run-settings.ts'
import { loadScenarios } from './scenario/load.ts'
import { selectChecks } from './select.ts'
import { packageRoot } from './target/bundled.ts'
import { ServerHouse } from './target/server-house.ts'
import { openInstance, openPowers } from './wiring.ts'

export type { ConformanceOptions } from './conformance-options.ts'
export type * from './model.ts'
export { rejudge } from './rejudge.ts'
export { loadScenarios } from './scenario/load.ts'
export { ScenarioError } from './scenario/problem.ts'
export { UsageError } from './select.ts'
export { TargetError } from './target/target.ts'

/**
 * Judges a server and returns the whole run. What the target does wrong is in the result; only what
 * the tester did wrong is thrown: `UsageError`, `ScenarioError`, and `TargetError` when the server
 * could not be started.
 */
export async function runConformance(options: ConformanceOptions): Promise<RunResult> {
  refuseContradictions(options)
  if (options.server === undefined || options.startProcess) return await judgeServer(options)
  const house = new ServerHouse()
  try {
    return await judgeServer({ ...options, startProcess: house.start })
  } finally {
    await house.close()
  }
}

async function judgeServer(options: ConformanceOptions): Promise<RunResult> {
  const described = describeTarget(options)
  const opening = described.then(({ start }) => openInstance(options, start))
  let instance: Instance | null = null
  let close: (() => Promise<void>) | null = null
  try {
    const [scenarios, tool, { closePowers, ...powers }, { start, facts }] = await Promise.all([
      loadScenarios(options.scenarios ?? []),
      toolIdentity(),
      described.then(({ start: started }) => openPowers(options, started?.side)),
      described,
    ])
    const checks = selectChecks(scenarios.checks, options.only ?? [], options.skip ?? [])
    instance = await opening
    const { target, issuer, secondIssuer, upstream, issuerAuthority } = instance
    close = closePowers
    return await conduct({
      ...settingsOf(options),
      ...powers,
      tool,
      scenarios,
      checks,
      target,
      issuer,
      secondIssuer,
      upstream,
      issuerAuthority,
      openSibling: () => openInstance(options, start),
      siblings: start === null ? 0 : (options.instances ?? usualInstances(options)) - 1,
      declared: mergeFacts(facts, options.facts ?? {}),
    })
  } finally {
    await close?.()
    await (instance ?? (await opening.catch(() => null)))?.close()
    await (await described.catch(() => null))?.start?.side?.close()
  }
}

/** Instances of a bundled server share one process, unless each is a container; nobody knows what others share. */
function usualInstances({ server, image }: ConformanceOptions): number {
  if (server === undefined) return 1
  return image === undefined ? 10 : 3
}

/** What the tester declares wins over what a bundled server ships. */
function mergeFacts(shipped: Facts, declared: Facts): Facts {
  const merged: Record<string, unknown> = { ...shipped }
  for (const [root, facts] of Object.entries(declared)) {
    const before = merged[root]
    merged[root] =
      isObject(before) && isObject(facts)
        ? { ...(before as JsonObject), ...(facts as JsonObject) }
        : facts
  }
  return merged as Facts
}

/** Name and version of this package, as reports and requests carry them. */
export async function toolIdentity(): Promise<{ name: string; version: string }> {
  const text = await readFile(path.join(await packageRoot(), 'package.json'), 'utf8')
  const { name, version } = JSON.parse(text) as { name: string; version: string }
  return { name, version }
}
