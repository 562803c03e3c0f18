import type { Check, Probe, Scenarios } from './model.ts'
import { flatSteps } from './scenario/derive.ts'

export function probesOf(checks: Check[], { probes }: Scenarios): Probe[] {
  return [...new Set(checks.map(({ probe }) => probe))].flatMap((key) => probes.get(key) ?? [])
}

export function isAlone({ exclusive, afterRun }: Probe): boolean {
  return exclusive && !afterRun
}

export function isShared({ exclusive, afterRun }: Probe): boolean {
  return !exclusive && !afterRun
}

/** Probes that wait start first, so that the others go on beside them. */
export function longestFirst(probes: Probe[]): Probe[] {
  return probes.toSorted((one, other) => waitsOf(other) - waitsOf(one))
}

export function logsIn({ steps }: Probe): boolean {
  return flatSteps(steps).some(({ verb }) => ['authorize', 'browse', 'connect'].includes(verb))
}

/** 2 for a probe that waits by its own declaration, 1 for one that restarts the target, else 0. */
export function waitsOf(probe: Probe): number {
  const each = flatSteps(probe.steps).map(({ poll, repeat, argument }) => {
    const written = JSON.stringify(argument)
    if (poll ?? repeat ?? /"settle"|"stall"/.test(written)) return 2
    return written.includes('"restart"') ? 1 : 0
  })
  return Math.max(0, ...each)
}
