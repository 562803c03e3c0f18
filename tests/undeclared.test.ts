import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { runConformance } from '../harness/index.ts'
import { ServerHouse } from '../harness/target/server-house.ts'

/* What the tester has not told must not turn into a violation of the server. */
const main = path.resolve(import.meta.dirname, '../dist/reference-servers/local-rsa/main.js')
const house = new ServerHouse()
afterAll(() => house.close())

it('a scope that every request needs is asked for, not held against the server', async () => {
  const { verdict, verdicts } = await runConformance({
    command: `'${process.execPath}' '${main}'`,
    issuer: 'local',
    only: ['token.header-accepted', 'token.audience-mismatch-rejected'],
    env: {
      PORT: '{{target.port}}',
      RESOURCE: '{{target.url}}',
      ISSUER: '{{issuer.url}}',
      JWKS_URI: '{{issuer.jwks_uri}}',
    },
  })
  const [first] = verdicts.filter(({ check }) => check === 'token.header-accepted')
  expect(first).toMatchObject({ outcome: 'inconclusive' })
  expect(first?.reason).toContain('--scope "mcp:read"')
  expect(verdicts.map(({ outcome }) => outcome)).not.toContain('violation')
  expect(verdict).toMatchObject({ kind: 'inconclusive', exitCode: 4 })
})

it('a server that reads metadata but pins its keys takes none from metadata', async () => {
  const only = ['jwks.discovery-issuer-checked/*']
  const read: number[] = []
  const { verdicts } = await runConformance({
    server: 'local-rsa',
    only,
    startProcess: (command, env) => {
      void fetch(`${env['ISSUER']}/.well-known/oauth-authorization-server`).then(({ status }) =>
        read.push(status),
      )
      return house.start(command, env)
    },
  })
  expect(read).toContain(200)
  expect(new Set(verdicts.map(({ outcome }) => outcome))).toEqual(new Set(['not-applicable']))
  expect(verdicts[0]?.reason).toContain('takes its keys from a place of its own')
})
