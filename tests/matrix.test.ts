import { afterAll, describe, expect, it } from 'vitest'
import type { Scenarios } from '../harness/model.ts'
import { loadScenarios } from '../harness/scenario/load.ts'
import {
  arrangements,
  arrangementsFor,
  slowChecks,
  judgedChecks,
  judgeServer,
  listedFaults,
  noticed,
  otherVariants,
  predictionsOf,
  redChecks,
  remarkedChecks,
  spreading,
  unnoticed,
} from './matrix.ts'
import type { Arrangement } from './matrix.ts'
import { JudgingPool, type Judged } from './matrix-pool.ts'

/*
 * The heart of the project. Without a fault nothing is red and no remark is on; with a fault exactly
 * the checks that list it are red, and exactly the remarks that list it are on.
 */
const scenarios: Scenarios = await loadScenarios()
const { checks } = scenarios
const slow = slowChecks(scenarios)
const faults = await listedFaults(checks)
const pool = new JudgingPool()
afterAll(() => pool.close())

const baselines = new Map<Arrangement, Promise<Judged>>()
/** A server without faults, judged once. */
function baselineOf(arrangement: Arrangement): Promise<Judged> {
  const known = baselines.get(arrangement) ?? judgeServer(pool, arrangement, [])
  baselines.set(arrangement, known)
  return known
}

/**
 * Of the first arrangement all checks, the slow ones only if they list the fault, and of those that do
 * not one variant each; of further ones, which only see what the first does not, those that list it.
 * MATRIX=full leaves out nothing.
 */
function selectionsOf(
  fault: string,
  listed: string[],
  without: Judged,
  first: boolean,
): { skip?: string[]; only?: string[] }[] {
  if (spreading.has(fault)) return [{ only: listed }]
  if (process.env['MATRIX'] === 'full') return [{}]
  if (!first) return [{ only: listed }]
  const slowOnes = slow.filter((id) => listed.includes(id))
  return [
    { skip: [...slow, ...otherVariants(fault, listed, without)] },
    ...(slowOnes.length > 0 ? [{ only: slowOnes }] : []),
  ]
}

async function judgeInParts(parts: Promise<Judged>[]): Promise<Judged> {
  const [first, ...others] = await Promise.all(parts)
  const verdicts = [first, ...others].flatMap((each) => each?.verdicts ?? [])
  return { ...(first as Judged), verdicts }
}

describe.concurrent.each(arrangements)('without a fault, $name', (arrangement) => {
  it('nothing is red, inconclusive or remarked on', { timeout: 300_000 }, async () => {
    const baseline = await baselineOf(arrangement)
    const { verdicts, verdict } = baseline
    const bad = verdicts.filter(({ outcome }) =>
      ['violation', 'inconclusive', 'error'].includes(outcome),
    )
    expect(bad.map(({ id, outcome, reason }) => `${id} ${outcome}: ${reason}`)).toEqual([])
    expect(verdict.kind).toBe('conformant')
    expect(judgedChecks(baseline).size).toBeGreaterThan(120)
  })
})

describe.concurrent('with a fault', () => {
  it.each(faults)(
    '%s: %s turns exactly its checks red',
    { timeout: 300_000 },
    async (server, fault) => {
      const chosen = await arrangementsFor([server, fault], baselineOf, checks)
      expect(chosen, 'no arrangement judges a check that lists it').not.toEqual([])
      for (const [index, [arrangement, without]] of chosen.entries()) {
        const prediction = predictionsOf(checks, arrangement.revision).get(fault)
        const here = noticed[`${arrangement.name}: ${fault}`] ?? []
        const red = [...(prediction?.red ?? []), ...here]
        const listed = [...red, ...(prediction?.remarked ?? [])]
        const result = await judgeInParts(
          selectionsOf(fault, listed, without, index === 0).map((selection) =>
            judgeServer(pool, arrangement, [fault], selection),
          ),
        )
        const blind = unnoticed[`${server}: ${fault}`] ?? []
        // some checks apply only where the fault is
        const judged = new Set([...judgedChecks(without), ...judgedChecks(result)])
        const expected = (ids: Iterable<string>): string[] =>
          [...ids].filter((id) => judged.has(id) && !blind.includes(id)).toSorted()
        expect([...redChecks(result)].toSorted(), arrangement.name).toEqual(expected(red))
        expect([...remarkedChecks(result, fault)].toSorted(), arrangement.name).toEqual(
          expected(prediction?.remarked ?? []),
        )
      }
    },
  )
})
