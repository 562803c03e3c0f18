import { describeTarget } from './describe-target.ts'
import { refuseContradictions, settingsOf } from './conformance-options.ts'
import type { ConformanceOptions } from './conformance-options.ts'
import type { Facts, RunResult } from './model.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject } from './protocol/json.ts'
import type { Instance } from './run-settings.ts'
import { loadScenarios } from './scenario/load.ts'
import { selectChecks } from './select.ts'
import { bundledProgram, bundledServers } from './target/bundled.ts'
import { ServerHouse } from './target/server-house.ts'
import { toolIdentity } from './tool-identity.ts'
import { refuseUnknownFacts } from './unknown-facts.ts'
import { openInstance, openPowers } from './wiring.ts'

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
    if (options.image === undefined) await warm(house, options.server)
    return await judgeServer({ ...options, startProcess: house.start })
  } finally {
    await house.close()
  }
}

async function warm(house: ServerHouse, name: string): Promise<void> {
  if (bundledServers[name]?.https !== true) house.warm(await bundledProgram(name))
}

async function judgeServer(options: ConformanceOptions): Promise<RunResult> {
  const described = describeTarget(options)
  const opening = described.then(({ start }) => openInstance(options, start))
  // it may fail before anybody waits for it
  opening.catch(() => undefined)
  let instance: Instance | null = null
  let close: (() => Promise<void>) | null = null
  try {
    // what judges is loaded while the target starts
    const [scenarios, tool, { closePowers, ...powers }, { start, facts }, { conduct }] =
      await Promise.all([
        loadScenarios(options.scenarios ?? []),
        toolIdentity(),
        described.then(({ start: started }) => openPowers(options, started?.side)),
        described,
        import('./conduct.ts'),
        import('./client/undici-transport.ts').then(({ loadUndici }) => loadUndici()),
      ])
    if (options.facts) refuseUnknownFacts(options.facts, scenarios)
    const checks = selectChecks(scenarios.checks, options.only ?? [], options.skip ?? [])
    instance = await opening
    const { target, issuer, secondIssuer, upstream, thirdParty, issuerAuthority } = instance
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
      thirdParty,
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

/** Instances of a bundled server share one process; of others each is a process or a container. */
function usualInstances({ server, image, url }: ConformanceOptions): number {
  if (image !== undefined) return 3
  if (server !== undefined) return 10
  return url === undefined || url.includes('{{target.port}}') ? 6 : 1
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
