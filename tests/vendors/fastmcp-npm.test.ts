import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import { freePort } from '../../harness/target/free-port.ts'
import { mcpSdks } from './mcp-connect.ts'
import { providers } from './mcp-providers.ts'
import type { Provider } from './mcp-providers.ts'
import { ScriptedClient } from './scripted-client.ts'
import { startProgram } from './start-program.ts'

const program = path.join(import.meta.dirname, 'fastmcp-server.mjs')

describe('npm fastmcp', { timeout: 60_000 }, () => {
  const running: { close(): Promise<void> }[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.close()))
  })

  async function started({ profile, scope, environment, enter }: Provider) {
    const issuer = await serveIssuer({ profile })
    running.push(issuer)
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/mcp`
    enter?.(issuer, url)
    const settings = {
      PORT: `${port}`,
      ISSUER: issuer.url,
      JWKS_URI: issuer.jwksUri,
      RESOURCE: url,
      SCOPE: scope,
      ...environment?.(issuer),
    }
    running.push(await startProgram([process.execPath, program], settings, 'listening'))
    return { issuer, url }
  }

  it.each(providers)('lets in whom $name logs in', async (provider) => {
    const { issuer, url } = await started(provider)
    const listed = mcpSdks.map((sdk) =>
      sdk.listTools(url, new ScriptedClient(provider.scope, (start) => issuer.authorize(start))),
    )
    expect(await Promise.all(listed)).toEqual([['whoami'], ['whoami']])
    expect(issuer.requests().map(({ endpoint }) => endpoint)).toContain('jwks')
  })
})
