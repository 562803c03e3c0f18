import type { JsonObject } from './json.ts'

/**
 * What session identifiers of one server, oldest first, have in common. `varying_bits` is an
 * estimate of what somebody who knows the others must guess of the next one.
 */
export function describeSessionIds(ids: string[]): JsonObject {
  return {
    count: ids.length,
    distinct: new Set(ids).size,
    visible_ascii: ids.every((id) => /^[\x21-\x7e]+$/.test(id)),
    varying_bits: Math.floor(varyingBits(ids)),
    ordered: isOrdered(ids),
  }
}

/** The sum over the positions of the identifiers, aligned at their end; a constant position adds nothing. */
function varyingBits(ids: string[]): number {
  const length = Math.max(0, ...ids.map((id) => id.length))
  const positions = Array.from(
    { length },
    (_, index) => new Set(ids.map((id) => id.at(-1 - index) ?? '')),
  )
  const alphabet = Math.max(1, alphabetSize(positions.filter(({ size }) => size > 1)))
  return positions.reduce((sum, seen) => sum + bitsOf(seen.size, ids.length, alphabet), 0)
}

const alphabets: [RegExp, number][] = [
  [/^[0-9]*$/, 10],
  [/^[0-9a-f]*$/i, 16],
  [/^[0-9a-z]*$/i, 36],
]

function alphabetSize(positions: Set<string>[]): number {
  const seen = [...new Set(positions.flatMap((each) => [...each]))].join('')
  if (/[a-z]/.test(seen) && /[A-Z]/.test(seen) && /[g-z]/i.test(seen)) return 64
  return alphabets.find(([pattern]) => pattern.test(seen))?.[1] ?? 64
}

/** A position that shows as many characters as chance would is taken for wholly random. */
function bitsOf(distinct: number, samples: number, alphabet: number): number {
  const byChance = alphabet * (1 - (1 - 1 / alphabet) ** samples)
  return Math.log2(distinct >= 0.75 * byChance ? alphabet : distinct)
}

/** Each comes after the one before it, by length and then by text. */
function isOrdered(ids: string[]): boolean {
  const follows = (one: string, other: string): boolean =>
    one.length === other.length ? one < other : one.length < other.length
  const pairs = ids.slice(1).map((id, index): [string, string] => [ids[index] ?? '', id])
  return (
    pairs.length > 0 &&
    (pairs.every(([one, other]) => follows(one, other)) ||
      pairs.every(([one, other]) => follows(other, one)))
  )
}
