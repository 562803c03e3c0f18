import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { auth0Audience, auth0Profile } from '../../mocks/profiles/auth0.ts'
import { clerkProfile, publishableKey } from '../../mocks/profiles/clerk.ts'
import { scalekitProfile, scalekitResource } from '../../mocks/profiles/scalekit.ts'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'

const root = path.resolve(import.meta.dirname, '../..')
const secretKey = 'sk_test_intercepted'
const hosts = {
  scalekit: 'https://acme.scalekit.dev',
  auth0: 'https://acme.us.auth0.com',
  clerk: 'https://happy-cat-1.clerk.accounts.dev',
}
const mocks = {} as Record<keyof typeof hosts, ServedIssuer>
beforeAll(async () => {
  mocks.scalekit = await serveIssuer({ profile: scalekitProfile(), as: hosts.scalekit })
  mocks.auth0 = await serveIssuer({ profile: auth0Profile(), as: hosts.auth0 })
  const profile = clerkProfile({ tokens: 'opaque', secretKey })
  mocks.clerk = await serveIssuer({ profile, as: hosts.clerk })
})
afterAll(async () => {
  await Promise.all(Object.values(mocks).map((mock) => mock.close()))
})

/** What a program prints as JSON whose requests for the vendors' own hosts are taken to the mocks. */
async function run(program: string): Promise<unknown> {
  const preload = path.join(root, 'dist/mocks/intercept.js')
  const args = ['--import', preload, '--input-type=module', '--eval', program]
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: {
      ...process.env,
      MCP_AUTH_MOCK_HOSTS: [
        `*.scalekit.dev=${mocks.scalekit.origin}`,
        `*.auth0.com=${mocks.auth0.origin}`,
        `*.accounts.dev=${mocks.clerk.origin}`,
        `api.clerk.com=${mocks.clerk.origin}`,
      ].join(),
    },
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  await once(child, 'close')
  expect(err).toBe('')
  return JSON.parse(out)
}

it("Scalekit's SDK validates a token at its real host, and hears of a login that is not there", async () => {
  const { scalekit } = mocks
  const user = scalekit.users.a.subject
  const token = scalekit.mint({ user, audience: [scalekitResource] })
  const printed = await run(`import { ScalekitClient } from '@scalekit-sdk/node'
    const client = new ScalekitClient('${hosts.scalekit}', '${scalekit.clientId}', '${scalekit.clientSecret}')
    const { sub, iss } = await client.validateToken('${token}', { issuer: '${hosts.scalekit}', audience: ['${scalekitResource}'] })
    const error = await client.auth.updateLoginUserDetails('conn_1', 'lri_1', { sub: '1', email: 'a@b.example' }).catch((thrown) => thrown)
    console.log(JSON.stringify([sub, iss, error.constructor.name]))
    process.exit()`)
  expect(printed).toEqual([user, hosts.scalekit, 'ScalekitNotFoundException'])
})

it("Auth0's SDKs get a token and check it at the tenant's real host", async () => {
  const { auth0 } = mocks
  const printed = await run(`import { once } from 'node:events'
    import express from 'express'
    import { AuthClient } from '@auth0/auth0-auth-js'
    import { auth } from 'express-oauth2-jwt-bearer'
    const options = { domain: '${new URL(hosts.auth0).host}', clientId: '${auth0.clientId}', clientSecret: '${auth0.clientSecret}' }
    const { accessToken } = await new AuthClient(options).getTokenByClientCredentials({ audience: '${auth0Audience}' })
    const app = express().use(auth({ issuerBaseURL: '${hosts.auth0}', audience: '${auth0Audience}' }))
    const server = app.get('/', ({ auth }, response) => response.json(auth.payload)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const headers = { authorization: 'Bearer ' + accessToken }
    const answer = await fetch('http://127.0.0.1:' + server.address().port, { headers })
    console.log(JSON.stringify([answer.status, (await answer.json()).iss]))
    process.exit()`)
  expect(printed).toEqual([200, `${hosts.auth0}/`])
})

it("Clerk's SDK verifies an opaque token at the real host of its API", async () => {
  const { clerk } = mocks
  const token = clerk.mint({ user: clerk.users.a.subject, scopes: ['profile'] })
  const printed = await run(`import { createClerkClient } from '@clerk/backend'
    const client = createClerkClient({
      secretKey: '${secretKey}', publishableKey: '${publishableKey(hosts.clerk)}', telemetry: { disabled: true },
    })
    const request = new Request('http://127.0.0.1:3000/mcp', { headers: { authorization: 'Bearer ${token}' } })
    const state = await client.authenticateRequest(request, { acceptsToken: 'oauth_token' })
    console.log(JSON.stringify([state.status, state.toAuth().userId]))`)
  expect(printed).toEqual(['signed-in', clerk.users.a.subject])
})
