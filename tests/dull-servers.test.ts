import { describe, expect, it } from 'vitest'
import { runConformance } from '../harness/index.ts'
import { dullServers, startDullServer } from './dull-servers.ts'

/**
 * What may pass on a server that is no MCP server, and why. Everything else that passed there would
 * have passed vacuously.
 */
const mayPass: Record<string, string[]> = {}

const exitCodes: Record<string, number> = { 'a closed port': 3, 'never an answer': 3 }

describe.each(dullServers)('%s', (name) => {
  it.each([
    { means: 'with the URL alone', issuer: undefined },
    { means: 'with an issuer', issuer: 'local' as const },
  ])('is never called conformant $means', { timeout: 120_000 }, async ({ issuer }) => {
    const server = await startDullServer(name)
    try {
      const result = await runConformance({
        url: server.url,
        timeout: 300,
        maxWait: 500,
        ...(issuer ? { issuer } : {}),
      })
      const passed = result.verdicts.filter(({ outcome }) => outcome === 'pass').map(({ id }) => id)
      expect(passed.filter((id) => !(mayPass[name] ?? []).includes(id))).toEqual([])
      expect(['conformant', 'unconfirmed']).not.toContain(result.verdict.kind)
      expect(result.verdict.exitCode).toBe(exitCodes[name] ?? result.verdict.exitCode)
      expect(result.verdict.exitCode).not.toBe(0)
      expect(result.verdict.sentence).toMatch(/\.$/)
      expect(result.verdicts.filter(({ outcome }) => outcome === 'error')).toEqual([])
    } finally {
      await server.close()
    }
  })
})
