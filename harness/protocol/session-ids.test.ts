import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { describeSessionIds } from './session-ids.ts'

const fifty = (make: (index: number) => string): string[] =>
  Array.from({ length: 50 }, (_, index) => make(index))

describe('session ids', () => {
  it('of a random UUID vary in about 122 bits', () => {
    const { varying_bits: bits, ordered, distinct } = describeSessionIds(fifty(() => randomUUID()))
    expect(bits).toBeGreaterThan(110)
    expect([ordered, distinct]).toEqual([false, 50])
  })

  it.each(['hex', 'base64url'] as const)(
    'of 64 random bits in %s are not called shorter',
    (form) => {
      const ids = fifty(() => randomBytes(8).toString(form))
      expect(describeSessionIds(ids)['varying_bits']).toBeGreaterThanOrEqual(60)
    },
  )

  it('that count are ordered and vary in a few bits', () => {
    const description = describeSessionIds(fifty((index) => `session-${index + 1}`))
    expect(description['ordered']).toBe(true)
    expect(description['varying_bits']).toBeLessThan(16)
    expect(description['step_bits']).toBeLessThan(8)
  })

  it('made of the time are ordered and vary in a few bits', () => {
    const description = describeSessionIds(fifty((index) => String(1_790_000_000_000 + index * 7)))
    expect(description['ordered']).toBe(true)
    expect(description['varying_bits']).toBeLessThan(16)
    expect(description['step_bits']).toBeLessThan(8)
  })

  it.each([10, 16, 36])(
    'made of nanoseconds in base %i have steps of less than 30 bits',
    (base) => {
      let time = 1_790_000_000_000_000_000n
      const ids = fifty(() => (time += 1_000_000n + BigInt(randomInt(200_000_000))).toString(base))
      const { ordered, step_bits: bits } = describeSessionIds(ids)
      expect(ordered).toBe(true)
      expect(bits).toBeLessThan(30)
    },
  )

  it('with a time before 32 random bits are ordered, and have steps of 30 bits and more', () => {
    const ids = fifty((index) => `${1_790_000_000_000 + index}${randomBytes(4).toString('hex')}`)
    const { ordered, step_bits: bits } = describeSessionIds(ids)
    expect(ordered).toBe(true)
    expect(bits).toBeGreaterThanOrEqual(30)
  })

  it('with a time before a random part are ordered, and vary enough', () => {
    const ids = fifty((index) => `${1_790_000_000 + index}-${randomBytes(16).toString('hex')}`)
    const description = describeSessionIds(ids)
    expect(description['ordered']).toBe(true)
    expect(description['varying_bits']).toBeGreaterThan(100)
  })

  it('are counted once when they come twice, and seen when they hold a blank', () => {
    const description = describeSessionIds(['a b', 'a b'])
    expect(description).toMatchObject({ count: 2, distinct: 1, visible_ascii: false })
  })
})
