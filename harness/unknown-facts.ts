import { rolesUsed } from './fact-obstacles.ts'
import type { Facts, Scenarios } from './model.ts'
import { isObject } from './protocol/json.ts'
import type { JsonValue } from './protocol/json.ts'
import { flatSteps } from './scenario/derive.ts'
import { didYouMean } from './scenario/suggest.ts'
import { expressionsIn } from './scenario/template.ts'
import { UsageError } from './select.ts'

const roots = ['tool', 'resource', 'prompt'] as const

/**
 * Refuses a role, or a word of `target.documented`, that no scenario names: declared in vain, it would
 * leave untested, or accuse, without a word.
 * @throws UsageError
 */
export function refuseUnknownFacts(declared: Facts, scenarios: Scenarios): void {
  const [first] = unknownFacts(declared, scenarios)
  if (first) throw new UsageError(`${first.at.join('.')} ${first.message}`)
}

/** Where a fact is declared that nothing asks for. */
export interface UnknownFact {
  at: (string | number)[]
  message: string
}

/** Roles, and words of `target.documented`, that no scenario asks for. */
export function unknownFacts(declared: Facts, scenarios: Scenarios): UnknownFact[] {
  const named = namedFacts(scenarios)
  const roles = roots.flatMap((root) => {
    const known = rolesOf(root, named)
    return Object.keys(declared[root] ?? {}).flatMap((role) =>
      unlessKnown(['facts', root], role, known),
    )
  })
  const documented = declared.target?.documented ?? []
  if (documented.length === 0) return roles
  const known = documentedWords(scenarios)
  const words = documented.flatMap((word) =>
    unlessKnown(['facts', 'target', 'documented'], word, known),
  )
  return [...roles, ...words]
}

function unlessKnown(at: string[], word: string, known: string[]): UnknownFact[] {
  if (known.includes(word)) return []
  const message = `declares "${word}", which no scenario asks for${didYouMean(word, known)} Known: ${known.join(', ')}.`
  return [{ at, message }]
}

/** Every fact that steps and conditions name, as a path. */
function namedFacts({ probes, conditions }: Scenarios): string[][] {
  const ofSteps = [...probes.values()].flatMap(({ steps }) =>
    flatSteps(steps).flatMap(({ argument }) => [
      ...(isObject(argument) ? rolesUsed(argument) : []),
      ...expressionsIn(argument).map(({ expression }) => expression.path),
    ]),
  )
  const ofConditions = [...conditions.values()].flatMap((condition) =>
    condition.kind === 'fact' ? [condition.fact.split('.')] : [],
  )
  return [...ofSteps, ...ofConditions]
}

function rolesOf(root: string, named: string[][]): string[] {
  const roles = named.flatMap(([first, role]) => (first === root && role ? [role] : []))
  // the harness itself looks for these two
  const own = root === 'tool' ? ['safe', 'reveals-caller'] : []
  return [...new Set([...own, ...roles])].toSorted()
}

/** What conditions on `target.documented` look for. */
function documentedWords({ conditions }: Scenarios): string[] {
  const words = [...conditions.values()].flatMap((condition) =>
    condition.kind === 'fact' && condition.fact === 'target.documented'
      ? textsIn(condition.is)
      : [],
  )
  return [...new Set(words)].toSorted()
}

function textsIn(value: JsonValue): string[] {
  if (typeof value === 'string') return [value]
  return isObject(value) || Array.isArray(value) ? Object.values(value).flatMap(textsIn) : []
}
