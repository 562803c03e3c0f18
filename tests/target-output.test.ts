import path from 'node:path'
import { expect, it } from 'vitest'
import { json } from '../reports/json.ts'
import { runConformance } from '../harness/index.ts'

it('a secret of the environment is shown nowhere, though the server prints it', async () => {
  const main = path.resolve(import.meta.dirname, '../dist/reference-servers/local-rsa/main.js')
  const result = await runConformance({
    command: `printf '%s\\n' "key $UPSTREAM_API_KEY for $REGION"; '${process.execPath}' '${main}'`,
    issuer: 'local',
    only: ['challenge.401-on-missing-token'],
    env: {
      PORT: '{{target.port}}',
      RESOURCE: '{{target.url}}',
      ISSUER: '{{issuer.url}}',
      JWKS_URI: '{{issuer.jwks_uri}}',
      UPSTREAM_API_KEY: 'k-4711-hidden',
      REGION: 'far-north',
    },
  })
  expect(result.targetOutput).toContain('for far-north')
  expect(json(result)).not.toContain('k-4711-hidden')
})
