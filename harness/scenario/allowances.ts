import type { Allowance, Check, Revision } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonValue } from '../protocol/json.ts'
import { resolveStepExpectations } from './expectation.ts'
import type { Complain } from './expectation.ts'
import type { Tables } from './tables.ts'

/** What is also acceptable: a pass with a remark. */
export function readAllowances(
  value: JsonValue | undefined,
  shortForm: boolean,
  tables: Tables,
  complain: Complain,
): Allowance[] {
  if (!Array.isArray(value)) return []
  return value.filter(isObject).flatMap((entry, index) =>
    resolveStepExpectations(entry['is'], shortForm, tables, (path, message, side) =>
      complain(['allow', index, 'is', ...path], message, side),
    ).map((is) => ({
      is,
      because: String(entry['because']),
      faults: list(entry['fault']),
      ...(Array.isArray(entry['revisions']) ? { revisions: entry['revisions'] as Revision[] } : {}),
    })),
  )
}

/** Known wrong answers, which change the message alone. */
export function readDiagnoses(
  value: JsonValue | undefined,
  shortForm: boolean,
  tables: Tables,
  complain: Complain,
): Check['diagnose'] {
  if (!Array.isArray(value)) return []
  return value
    .filter(isObject)
    .flatMap((entry, index) =>
      resolveStepExpectations(entry['is'], shortForm, tables, (path, message, side) =>
        complain(['diagnose', index, 'is', ...path], message, side),
      ).map((is) => ({ is, say: String(entry['say']) })),
    )
}

/** One word or several, as texts. */
export function list(value: JsonValue | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value.map(String) : [String(value)]
}
