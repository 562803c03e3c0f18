import { decodeJwt } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { createAuthority } from '../../mocks/certificate-authority.ts'
import type { CertificateAuthority } from '../../mocks/certificate-authority.ts'
import { serve } from '../../mocks/serve.ts'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import { localRsa } from '../../reference-servers/local-rsa/server.ts'
import { mcpSdks } from './mcp-connect.ts'
import { providers } from './mcp-providers.ts'
import type { Provider } from './mcp-providers.ts'
import { ScriptedClient } from './scripted-client.ts'

const running: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()))
})

/**
 * The mock, and a reference server that trusts it by its environment alone. Tokens typed JWT are not
 * for a server by RFC 9068 section 4, so it is told to let that go.
 */
async function started(provider: Provider, authority?: CertificateAuthority) {
  const { profile, scope, environment, enter, typed } = provider
  const trusted = authority === undefined ? {} : { authority: authority.certificate }
  const issuer = await serveIssuer({ profile, documents: { loopback: true, ...trusted } })
  const server = await localRsa.start({
    PORT: '0',
    ISSUER: issuer.url,
    JWKS_URI: issuer.jwksUri,
    REQUIRED_SCOPES: scope,
    ...environment?.(issuer),
    ...(typed === 'JWT' ? { FAULT: 'generic-typ-accepted' } : {}),
  })
  running.push(issuer, server)
  enter?.(issuer, server.url)
  return { issuer, server, program: new ScriptedClient(scope, (url) => issuer.authorize(url)) }
}

/**
 * A site whose certificate is of this authority, with the document of one client. It names no scope:
 * the SDK 2.x asks for offline_access beside what its program names.
 */
async function publish(program: ScriptedClient, authority: CertificateAuthority): Promise<string> {
  const { scope: _, ...metadata } = program.clientMetadata
  const certificate = await authority.issue(['127.0.0.1'])
  const site = await serve(async () => Response.json({ ...metadata, client_id: id }), {
    certificate,
  })
  running.push(site)
  const id = `${site.origin}/client.json`
  return id
}

describe.each(mcpSdks)('the client of the MCP TypeScript SDK $name', (sdk) => {
  it.each(providers)('registers at $name, logs in and lists tools', async (provider) => {
    const { issuer, server, program } = await started(provider)
    expect(await sdk.listTools(server.url, program)).toContain('whoami')
    const { client_id: id } = program.information ?? {}
    expect(issuer.core.client(id ?? '')?.origin).toBe('registered')
    const claims = decodeJwt(program.held?.access_token ?? '')
    expect(claims).toMatchObject({ sub: issuer.users.a.subject, client_id: id })
    expect([claims.aud].flat()).toContain(server.url)
  })

  it.each(providers)('is known to $name by its document, and lists tools', async (provider) => {
    const authority = await createAuthority()
    const { issuer, server, program } = await started(provider, authority)
    program.clientMetadataUrl = await publish(program, authority)
    expect(await sdk.listTools(server.url, program)).toContain('whoami')
    const claims = decodeJwt(program.held?.access_token ?? '')
    expect(claims).toMatchObject({
      sub: issuer.users.a.subject,
      client_id: program.clientMetadataUrl,
    })
    expect(issuer.requests().map(({ endpoint }) => endpoint)).not.toContain('registration')
  })
})
