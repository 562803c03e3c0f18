import path from 'node:path'
import { expect, it } from 'vitest'
import { runConformance } from '../harness/index.ts'
import type { RunResult } from '../harness/model.ts'
import { freePort } from '../harness/target/free-port.ts'

const main = path.resolve(import.meta.dirname, '../dist/reference-servers/local-rsa/main.js')
const check = 'jwks.outage-fails-closed'

/** What became of three probes that each want a server for themselves. */
async function judge(port?: number): Promise<{ result: RunResult; underWay: string[][] }> {
  const underWay: string[][] = []
  const result = await runConformance({
    command: `'${process.execPath}' '${main}'`,
    ...(port === undefined ? {} : { url: `http://127.0.0.1:${port}/mcp` }),
    issuer: 'local',
    only: [check],
    facts: { target: { scopes: { required: ['mcp:read'] }, key_cache: '2s' } },
    env: {
      PORT: port === undefined ? '{{target.port}}' : String(port),
      RESOURCE: '{{target.url}}',
      ISSUER: '{{issuer.url}}',
      JWKS_URI: '{{issuer.jwks_uri}}',
      KEY_CACHE: '2',
    },
    progress: { onUnderWay: (checks) => underWay.push(checks) },
  })
  return { result, underWay }
}

it('a command on a free port runs several times at once', { timeout: 60_000 }, async () => {
  const { result, underWay } = await judge()
  expect(result.siblings).toHaveLength(1)
  expect(new Set(result.verdicts.map(({ outcome }) => outcome))).toEqual(new Set(['pass']))
  expect(underWay).toContainEqual([check])
  expect(underWay.at(-1)).toEqual([])
})

it('one on a port of its own runs once', { timeout: 60_000 }, async () => {
  const { result } = await judge(await freePort())
  expect(result.siblings).toEqual([])
  expect(new Set(result.verdicts.map(({ outcome }) => outcome))).toEqual(new Set(['pass']))
})
