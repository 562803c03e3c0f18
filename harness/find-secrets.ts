/** Characters of a pattern's end by which it is found. No pattern is shorter. */
export const anchorLength: number = 8

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
  hash: number
  found: Found[]
  /** Where each pattern was found last. */
  ends: Map<Pattern, number>
}

/**
 * Finds thousands of patterns in one pass: a rolling hash of the last eight characters looks up the
 * patterns that end so. Their ends tell them apart, since tokens of one issuer begin alike.
 */
export class SecretFinder {
  private readonly byEnd: Map<number, Pattern[]> = new Map()
  /** One bit for 16 bits of hash: most places of a text are dismissed by it. */
  private readonly seen: Uint8Array = new Uint8Array(1 << 16)
  private readonly known: Set<string> = new Set()

  /** A pattern that is there already keeps its marker. */
  add(text: string, marker: string): void {
    if (text.length < anchorLength || this.known.has(text)) return
    this.known.add(text)
    const hash = hashOf(text, text.length - anchorLength)
    this.seen[hash >>> 16] = 1
    const same = this.byEnd.get(hash)
    if (same) same.push({ text, marker })
    else this.byEnd.set(hash, [{ text, marker }])
  }

  /**
   * All places in order of their end. Different patterns may overlap; one pattern does not overlap
   * itself, else a text of one repeated letter would cost its length squared.
   */
  find(text: string): Found[] {
    const found: Found[] = []
    const ends = new Map<Pattern, number>()
    if (text.length < anchorLength || this.byEnd.size === 0) return found
    let hash = hashOf(text, 0)
    for (let end = anchorLength; ; end += 1) {
      if (this.seen[hash >>> 16] === 1) this.collect(text, end, { hash, found, ends })
      if (end === text.length) return found
      hash = roll(hash, text.charCodeAt(end - anchorLength), text.charCodeAt(end))
    }
  }

  private collect(text: string, end: number, to: Finding): void {
    for (const pattern of this.byEnd.get(to.hash) ?? []) {
      const start = end - pattern.text.length
      if (start < (to.ends.get(pattern) ?? 0) || !text.startsWith(pattern.text, start)) continue
      to.ends.set(pattern, end)
      to.found.push({ start, end, marker: pattern.marker })
    }
  }
}

const base = 0x01000193
let leading = 1
for (let power = 0; power < anchorLength; power += 1) leading = Math.imul(leading, base)

function hashOf(text: string, from: number): number {
  let hash = 0
  for (let index = from; index < from + anchorLength; index += 1) {
    hash = (Math.imul(hash, base) + text.charCodeAt(index)) | 0
  }
  return hash
}

function roll(hash: number, gone: number, come: number): number {
  return (Math.imul(hash, base) + come - Math.imul(gone, leading)) | 0
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
