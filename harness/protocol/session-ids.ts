import type { JsonObject } from './json.ts'

/**
 * What session identifiers of one server, oldest first, have in common. `varying_bits` is an
 * estimate of what somebody who knows the others must guess of the next one; `step_bits` is one of
 * what is left to guess for somebody who has also seen by how much each differs from the one before.
 * A counter and the time alone have small steps, random bits behind a time have none.
 */
export function describeSessionIds(ids: string[]): JsonObject {
  return {
    count: ids.length,
    distinct: new Set(ids).size,
    visible_ascii: ids.every((id) => /^[\x21-\x7e]+$/.test(id)),
    varying_bits: Math.floor(varyingBits(ids)),
    step_bits: stepBits(ids),
    ordered: isOrdered(ids),
  }
}

/** Bits of the span in which the middle half of the steps lies; a carry makes one that is far out. */
function stepBits(ids: string[]): number {
  const numbers = toNumbers(ids)
  const steps = numbers.slice(1).map((number, index) => number - (numbers[index] ?? 0n))
  const sorted = steps.toSorted((one, other) => (one < other ? -1 : Number(one > other)))
  const quarter = Math.floor(sorted.length / 4)
  const span = (sorted.at(-1 - quarter) ?? 0n) - (sorted[quarter] ?? 0n)
  return span.toString(2).length - 1
}

/** In the base of the characters that vary, each with its rank among those seen. */
function toNumbers(ids: string[]): bigint[] {
  const varying = positionsOf(ids).flatMap((seen, index) =>
    seen.size > 1 ? [{ seen, index }] : [],
  )
  const alphabet = [...new Set(varying.flatMap(({ seen }) => [...seen]))].toSorted()
  const base = BigInt(alphabet.length)
  return ids.map((id) =>
    varying.reduceRight(
      (sum, { index }) => sum * base + BigInt(alphabet.indexOf(characterAt(id, index))),
      0n,
    ),
  )
}

/** What stands at each position, counted from the end. */
function positionsOf(ids: string[]): Set<string>[] {
  const length = Math.max(0, ...ids.map((id) => id.length))
  return Array.from({ length }, (_, index) => new Set(ids.map((id) => characterAt(id, index))))
}

function characterAt(id: string, fromEnd: number): string {
  return id.at(-1 - fromEnd) ?? ''
}

/** The sum over the positions of the identifiers, aligned at their end; a constant position adds nothing. */
function varyingBits(ids: string[]): number {
  const positions = positionsOf(ids)
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
