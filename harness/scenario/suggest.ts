import leven from 'leven'

/** The allowed word that is nearest to a typo, or null when none is near. */
export function nearest(word: string, allowed: Iterable<string>): string | null {
  let best: string | null = null
  let bestDistance = Math.max(2, Math.floor(word.length / 3))
  for (const candidate of allowed) {
    const distance = leven(word, candidate)
    if (distance <= bestDistance && (best === null || distance < bestDistance)) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** The end of a sentence about an unknown word: `; did you mean "x"?`, or a full stop. */
export function didYouMean(word: string, allowed: Iterable<string>): string {
  const suggestion = nearest(word, allowed)
  return suggestion === null ? '.' : `; did you mean "${suggestion}"?`
}
