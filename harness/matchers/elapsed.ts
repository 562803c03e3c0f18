import { isObject } from '../protocol/json.ts'
import type { JsonValue } from '../protocol/json.ts'
import type { StepMatcher } from './matcher.ts'

/** How long the step took, from the first try to the last answer. */
export const elapsed: StepMatcher = {
  on: 'step',
  needsNoAnswer: false,
  describe: (value) => `at most ${secondsOf(maximum(value))} s`,
  match: (value, view) => {
    const most = secondsOf(maximum(value))
    return view.elapsed <= most ? null : `${Math.round(view.elapsed * 1000) / 1000} s`
  },
}

function maximum(value: JsonValue): JsonValue | undefined {
  return isObject(value) ? value['max'] : undefined
}

const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 }

function secondsOf(value: JsonValue | undefined): number {
  if (typeof value === 'number') return value
  const [, amount, unit = ''] = /^([\d.]+)(ms|s|m|h)?$/.exec(String(value)) ?? []
  return Number(amount) * (units[unit] ?? 1)
}
