import { isObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'
import type { Complain } from './expectation.ts'

const belongingToProbe = ['control', 'because', 'matrix', 'tokens', 'means', 'exclusive']

/** What a check may not leave out, and what it may not have at once. */
export function checkForms(check: JsonObject, complain: Complain): void {
  const forms = ['token', 'send', 'steps', 'on'].filter((form) => check[form] !== undefined)
  if (forms.length !== 1) {
    complain(
      [],
      `a check has exactly one of token, send, steps, on; found ${forms.length > 0 ? forms.join(' and ') : 'none'}`,
    )
  }
  for (const member of check['on'] === undefined ? [] : belongingToProbe) {
    if (check[member] !== undefined)
      complain([member], `"${member}" is written at the probe, not at a check on it`, 'key')
  }
  const onAllow =
    Array.isArray(check['allow']) &&
    check['allow'].some((entry) => isObject(entry) && entry['fault'] !== undefined)
  const proofs = [check['fault'] !== undefined, check['no-fault'] !== undefined].filter(
    Boolean,
  ).length
  if (proofs === 0 && !onAllow)
    complain([], 'a check names the fault that turns it red, or says why none can exist (no-fault)')
  if (proofs === 2) complain(['no-fault'], 'a check has either fault or no-fault')
}
