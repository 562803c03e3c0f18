import { describe, expect, it } from 'vitest'
import { runConformance } from './index.ts'

const only = ['jwks.outage-fails-closed', 'jwks.malformed-fails-closed', 'jwks.unknown-kty-ignored']

describe('siblings of the target', () => {
  it('judge exclusive probes as the target itself would, with their own facts', async () => {
    const [alone, together] = await Promise.all(
      [1, 3].map((instances) => runConformance({ server: 'local-rsa', instances, only })),
    )
    const outcomes = (result: typeof alone): string[] | undefined =>
      result?.verdicts.map(({ id, outcome }) => `${id} ${outcome}`)
    expect(outcomes(together)).toEqual(outcomes(alone))
    expect(together?.verdict.kind).toBe('conformant')
    expect(alone?.siblings).toEqual([])
    expect(together?.siblings.length).toBeGreaterThan(0)
    const from = new Set(together?.evidence.map(({ sibling }) => sibling))
    expect(from.has(0)).toBe(true)
    for (const { url, facts } of together?.siblings ?? []) {
      expect(url).not.toBe(together?.target.url)
      expect(facts['target']).toMatchObject({ url })
    }
  }, 60_000)

  it('find the fault that the target has', async () => {
    const result = await runConformance({
      server: 'local-rsa',
      only,
      env: { FAULT: 'key-lookup-error-accepts' },
    })
    expect(result.siblings.length).toBeGreaterThan(0)
    expect(result.verdict.kind).toBe('not-conformant')
  }, 60_000)
})
