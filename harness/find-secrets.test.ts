import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { SecretFinder, cover } from './find-secrets.ts'

const letters = (size: { minLength: number; maxLength: number }): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'b', '‹'), ...size })

it('a pattern is found wherever it begins, and only where it stands', () => {
  const patterns = fc.uniqueArray(letters({ minLength: 8, maxLength: 12 }), { maxLength: 5 })
  const hidden = fc.tuple(letters({ minLength: 0, maxLength: 9 }), patterns, fc.nat(), fc.boolean())
  fc.assert(
    fc.property(
      hidden,
      letters({ minLength: 0, maxLength: 20 }),
      ([before, all, which, is], after) => {
        const finder = new SecretFinder()
        for (const pattern of all) finder.add(pattern, pattern)
        const text = before + (is ? (all[which % all.length] ?? '') : '') + after
        const found = finder.find(text)
        for (const { start, end, marker } of found) expect(text.slice(start, end)).toBe(marker)
        expect(new Set(found.map(({ marker }) => marker))).toEqual(
          new Set(all.filter((pattern) => text.includes(pattern))),
        )
        const covered = cover(
          text,
          found.map((each) => ({ ...each, marker: '#' })),
        )
        for (const pattern of all) expect(covered).not.toContain(pattern)
      },
    ),
    { numRuns: 500 },
  )
})

it('a long text of one letter is searched once', () => {
  const finder = new SecretFinder()
  finder.add('a'.repeat(1000), 'long')
  const started = performance.now()
  expect(finder.find('a'.repeat(1_000_000))).toHaveLength(1000)
  expect(performance.now() - started).toBeLessThan(2000)
})
