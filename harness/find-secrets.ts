/** Characters. No pattern is shorter. */
export const anchorLength: number = 8
/** Of any seven characters of a text, four are one of its blocks. */
const blockLength = 4

/** A stretch of a text that spells a secret. */
export interface Found {
  start: number
  end: number
  marker: string
}

interface Pattern {
  text: string
  marker: string
}

interface Finding {
  text: string
  found: Found[]
  /** Where each pattern was found last. */
  ends: Map<Pattern, number>
}

/**
 * Finds thousands of patterns in one pass over the blocks of a text, four characters each: those four
 * of a pattern's end that a block may be are looked up. Their ends tell patterns apart, since tokens of
 * one issuer begin alike.
 */
export class SecretFinder {
  /** By the hash of a block, each with the number of characters from there to its end. */
  private readonly byBlock: Map<number, { pattern: Pattern; left: number }[]> = new Map()
  /** One byte for 18 bits of hash: most blocks of a text are dismissed by it. */
  private readonly seen: Uint8Array = new Uint8Array(1 << 18)
  private readonly known: Set<string> = new Set()

  /** False for a pattern that is there already, which keeps its marker. */
  add(text: string, marker: string): boolean {
    if (text.length < anchorLength || this.known.has(text)) return false
    this.known.add(text)
    const pattern = { text, marker }
    for (const { hash, left } of blocksOfEnd(text)) {
      this.seen[hash >>> 14] = 1
      const same = this.byBlock.get(hash)
      if (same) same.push({ pattern, left })
      else this.byBlock.set(hash, [{ pattern, left }])
    }
    return true
  }

  /**
   * Different patterns may overlap; one pattern does not overlap itself, else a text of one repeated
   * letter would cost its length squared.
   */
  find(text: string): Found[] {
    const finding: Finding = { text, found: [], ends: new Map() }
    for (let at = 0; at + blockLength <= text.length; at += blockLength) {
      const hash = hashOf(text, at)
      if (this.seen[hash >>> 14] === 1) this.collect(hash, at, finding)
    }
    return finding.found
  }

  private collect(hash: number, at: number, { text, found, ends }: Finding): void {
    for (const { pattern, left } of this.byBlock.get(hash) ?? []) {
      const end = at + left
      const start = end - pattern.text.length
      if (start < (ends.get(pattern) ?? 0) || !text.startsWith(pattern.text, start)) continue
      ends.set(pattern, end)
      found.push({ start, end, marker: pattern.marker })
    }
  }
}

/** The blocks by which a pattern may be found, the one that ends it first. */
export function blocksOfEnd(pattern: string): { hash: number; left: number }[] {
  return [4, 5, 6, 7].map((left) => ({ left, hash: hashOf(pattern, pattern.length - left) }))
}

/** The hashes of a text's blocks. */
export function blocksOf(text: string): number[] {
  const count = Math.floor(text.length / blockLength)
  return Array.from({ length: count }, (_, index) => hashOf(text, index * blockLength))
}

function hashOf(text: string, at: number): number {
  return (
    Math.imul(text.charCodeAt(at), 0x9e3779b1) ^
    Math.imul(text.charCodeAt(at + 1), 0x85ebca6b) ^
    Math.imul(text.charCodeAt(at + 2), 0xc2b2ae35) ^
    Math.imul(text.charCodeAt(at + 3), 0x27d4eb2f)
  )
}

/** Puts markers in place of what was found. What overlaps is covered by the longest, and by what is left. */
export function cover(text: string, found: Found[]): string {
  if (found.length === 0) return text
  const sorted = found.toSorted((one, other) => one.start - other.start || other.end - one.end)
  let covered = ''
  let at = 0
  for (const { start, end, marker } of sorted) {
    if (end <= at) continue
    covered += text.slice(at, Math.max(at, start)) + marker
    at = end
  }
  return covered + text.slice(at)
}
