import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { IssuerProfile } from '../../mocks/profile.ts'
import { auth0Audience, auth0Profile } from '../../mocks/profiles/auth0.ts'
import { clerkProfile } from '../../mocks/profiles/clerk.ts'
import { scalekitProfile, scalekitResource } from '../../mocks/profiles/scalekit.ts'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { initialize } from '../../reference-servers/local-rsa/tested-server.ts'
import { freePort } from '../../harness/target/free-port.ts'
import { mcpSdks } from './mcp-connect.ts'
import { ScriptedClient } from './scripted-client.ts'
import { startProgram } from './start-program.ts'

/** FastMCP's own providers, in its own process, which talk to the mocks as to the vendors. */
interface Provider {
  /** The class of the provider, and how the vendor is set up. */
  name: string
  profile: IssuerProfile
  scope: string
  /** Clients log in at FastMCP, which logs in at the vendor with an application of its own. */
  isProxy?: boolean
  /** FastMCP knows the vendor by its host name alone, over https. */
  https?: boolean
  /** What it verifies tokens by. */
  asks: 'jwks' | 'introspection'
  /** `aud` of tokens for the server, where that is not its URL. */
  audience?(serverUrl: string): string
  enter?(issuer: ServedIssuer, serverUrl: string): void
}

const scalekit: Provider = {
  name: 'ScalekitProvider',
  profile: scalekitProfile(),
  scope: 'todo:read',
  asks: 'jwks',
  audience: () => scalekitResource,
}
const clerk: Provider = {
  name: 'ClerkProvider',
  profile: clerkProfile(),
  scope: 'openid email profile',
  asks: 'introspection',
  isProxy: true,
  https: true,
}

const providers: Provider[] = [
  scalekit,
  {
    ...scalekit,
    name: 'ScalekitProvider, resources as issuers',
    profile: scalekitProfile({ issuer: 'resource' }),
  },
  {
    name: 'Auth0Provider',
    profile: auth0Profile(),
    scope: 'openid tool:greet',
    asks: 'jwks',
    isProxy: true,
  },
  {
    name: 'Auth0MCPProvider',
    profile: auth0Profile({ registration: true, resourceParameter: true }),
    scope: 'tool:greet',
    asks: 'jwks',
    enter: (issuer, url) =>
      issuer.setResource({
        id: url,
        identifiers: [url],
        scopes: ['tool:greet'],
        attributes: { token_dialect: 'rfc9068_profile_authz' },
      }),
  },
  clerk,
  { ...clerk, name: 'ClerkProvider, opaque tokens', profile: clerkProfile({ tokens: 'opaque' }) },
]

const python = path.join(import.meta.dirname, '../../.venv/bin/python')
const server = path.join(import.meta.dirname, 'fastmcp-provider.py')
const installed = existsSync(path.join(path.dirname(python), 'fastmcp'))
const without = process.env['CI'] === undefined || process.env['NO_PYTHON_PEERS'] !== undefined

describe.skipIf(!installed && without)('FastMCP for Python', { timeout: 120_000 }, () => {
  const running: { close(): Promise<void> }[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.close()))
  })

  async function started({ name, profile, https = false, enter, isProxy }: Provider) {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/mcp`
    const issuer = await serveIssuer({ profile, https })
    const home = await mkdtemp(path.join(tmpdir(), 'fastmcp-home-'))
    running.push(issuer, { close: () => rm(home, { recursive: true, force: true }) })
    enter?.(issuer, url)
    if (isProxy) {
      issuer.setClient({
        id: issuer.clientId,
        redirectUris: [`http://127.0.0.1:${port}/auth/callback`],
      })
    }
    const settings = {
      PORT: `${port}`,
      PROVIDER: name.replace(/,.*/, ''),
      ISSUER: issuer.url,
      DOMAIN: new URL(issuer.url).host,
      RESOURCE_ID: scalekitResource,
      AUDIENCE: auth0Audience,
      CLIENT_ID: issuer.clientId,
      CLIENT_SECRET: issuer.clientSecret,
      FASTMCP_HOME: home,
      ...(https ? { SSL_CERT_FILE: issuer.certificateFile ?? '' } : {}),
    }
    running.push(await startProgram([python, server], settings, 'Uvicorn running on'))
    return { issuer, url }
  }

  it.each(providers)('logs the MCP SDKs in by $name', async (provider) => {
    const { issuer, url } = await started(provider)
    const listed = mcpSdks.map((sdk) =>
      sdk.listTools(url, new ScriptedClient(provider.scope, (start) => browse(start, issuer))),
    )
    expect(await Promise.all(listed)).toEqual([['whoami'], ['whoami']])
    expect(issuer.requests().map(({ endpoint }) => endpoint)).toContain(provider.asks)
  })

  it.each(providers.filter(({ isProxy }) => !isProxy))(
    'takes tokens for this server alone by $name',
    async (provider) => {
      const { issuer, url } = await started(provider)
      const good = {
        user: issuer.users.a.subject,
        scopes: [provider.scope],
        audience: [provider.audience?.(url) ?? url],
      }
      const statusFor = async (change: object): Promise<number> => {
        const token = issuer.mint({ ...good, ...change })
        const headers = {
          authorization: `Bearer ${token}`,
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
        }
        return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(initialize) }))
          .status
      }
      expect(await statusFor({})).toBe(200)
      expect(await statusFor({ audience: ['https://other.example/mcp'] })).toBe(401)
      expect(await statusFor({ lifetime: -60 })).toBe(401)
      expect(await statusFor({ claims: { iss: 'https://other.example' } })).toBe(401)
      // its verifier looks at scopes as well, and knows no third answer
      expect(await statusFor({ scopes: [] })).toBe(401)
    },
  )
})

/** A browser that goes through FastMCP to the login at the mock, and back through FastMCP. */
async function browse(start: string, issuer: ServedIssuer): Promise<string> {
  if (start.startsWith(issuer.origin)) return issuer.authorize(start)
  const cookies: string[] = []
  const step = async (url: string): Promise<string> => {
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie: cookies.join('; ') } })
    cookies.push(...answer.headers.getSetCookie().map((each) => each.split(';')[0] ?? ''))
    const location = answer.headers.get('location')
    if (location === null)
      throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`)
    return location
  }
  const login = await step(start)
  return step(await issuer.authorize(login))
}
