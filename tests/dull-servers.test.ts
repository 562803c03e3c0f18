import { describe, expect, it } from 'vitest'
import { runConformance } from '../harness/index.ts'
import type { RunResult } from '../harness/model.ts'
import { dullServers, startDullServer } from './dull-servers.ts'

const means = [
  { held: 'with the URL alone', issuer: undefined },
  { held: 'with an issuer', issuer: 'local' as const },
]

async function judgeDull(name: string, issuer: 'local' | undefined): Promise<RunResult> {
  const server = await startDullServer(name)
  try {
    const options = { url: server.url, timeout: 300, maxWait: 500 }
    return await runConformance({ ...options, ...(issuer ? { issuer } : {}) })
  } finally {
    await server.close()
  }
}

const idsOf = ({ verdicts }: RunResult, outcome: string): string[] =>
  verdicts.filter((verdict) => verdict.outcome === outcome).map(({ id }) => id)

describe.each(dullServers)('%s', (name) => {
  it.each(means)(
    'passes nothing and is no MCP server $held',
    { timeout: 60_000 },
    async ({ issuer }) => {
      const result = await judgeDull(name, issuer)
      expect(idsOf(result, 'pass')).toEqual([])
      expect(idsOf(result, 'violation')).toEqual([])
      expect(idsOf(result, 'error')).toEqual([])
      expect(result.verdict).toMatchObject({ kind: 'unreachable', exitCode: 3 })
      expect(result.verdict.sentence).toMatch(/could not be reached|nothing of it is MCP/)
    },
  )
})

it.each(means)(
  'a server that refuses everybody is not conformant $held',
  { timeout: 60_000 },
  async ({ issuer }) => {
    const { verdict } = await judgeDull('a locked door', issuer)
    expect(['not-conformant', 'inconclusive']).toContain(verdict.kind)
    expect(verdict.exitCode).not.toBe(0)
  },
)
