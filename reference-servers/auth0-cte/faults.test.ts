import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  ask,
  call,
  message,
  startAuth0System,
  type Asked,
  type TestedSystem,
} from '../../tests/auth0-system.ts'
import { namesNotYetJudged } from '../resource-server/faults/fault.ts'
import { faults, original } from './faults.ts'

const api = 'http://localhost:8787'
const patience = 60_000
let system: TestedSystem

async function answerExchange(members: object, status = 200): Promise<() => Promise<void>> {
  const issued = system.mint({ audience: [api], scopes: ['read:private'] })
  const body = { access_token: issued, token_type: 'Bearer', expires_in: 60, ...members }
  const { undo } = await system.tenant.arrange({
    response: { endpoint: 'token', status, body: JSON.stringify(body) },
  })
  return undo
}

const withToken = (asked: Asked, change = {}): Asked => ({ token: system.mint(change), ...asked })
const statusOf = async (asked: Asked): Promise<number> => (await ask(system.url, asked)).status
const metadata = (): string => new URL('/.well-known/oauth-protected-resource/mcp', system.url).href
const greet = (token = system.mint()): ReturnType<typeof call> =>
  call(system, token, 'greet', { name: 'Ada' })
/** Who the API was told that the caller is. */
const callerAtApi = (index: number): unknown =>
  decodeJwt(String(system.calls[index]?.headers.authorization).slice('Bearer '.length)).sub

describe('FAULT=original', () => {
  beforeAll(async () => {
    system = await startAuth0System({ FAULT: 'original' })
  }, patience)
  afterAll(() => system.close())
  afterEach(() => {
    system.api.answer = null
    system.calls.length = 0
  })

  const proofs: Record<string, () => Promise<void>> = {
    'missing-token-400': async () => {
      expect(await statusOf(message('server/discover'))).toBe(400)
    },
    'metadata-behind-auth': async () => {
      expect((await ask(metadata())).status).toBe(401)
    },
    'metadata-url-dead': async () => {
      const { challenge } = await ask(system.url, message('tools/list'))
      const { pathname } = new URL(/resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '')
      expect((await ask(new URL(pathname, system.url).href)).status).toBe(404)
    },
    'resource-slash-drift': async () => {
      const { json } = await ask(metadata(), { token: system.mint() })
      expect(json['resource']).toBe('https://mcp.acme.test/mcp/')
    },
    'scope-as-tool-error': async () => {
      const denied = await call(system, system.mint({ scopes: [] }), 'whoami')
      expect(denied).toMatchObject({ status: 200, isError: true })
    },
    'dpop-downgrade': async () => {
      const bound = { claims: { cnf: { jkt: 'x' } } }
      expect(await statusOf(withToken(message('tools/list'), bound))).toBe(200)
    },
    'ignore-nbf': async () => {
      const early = { claims: { nbf: Math.floor(Date.now() / 1000) + 600 } }
      expect(await statusOf(withToken(message('tools/list'), early))).toBe(200)
    },
    'ignore-typ': async () => {
      const typed = { header: { typ: 'logout+jwt' } }
      expect(await statusOf(withToken(message('tools/list'), typed))).toBe(200)
    },
    'advertise-identity-scopes': async () => {
      const { json } = await ask(metadata(), { token: system.mint() })
      expect(json['scopes_supported']).toEqual(
        'openid profile email tool:greet tool:whoami'.split(' '),
      )
    },
    'cors-forbids-authorization': async () => {
      const headers = { Origin: 'https://client.example', 'Access-Control-Request-Method': 'POST' }
      const asking = { ...headers, 'Access-Control-Request-Headers': 'authorization' }
      const preflight = await ask(system.url, { method: 'OPTIONS', headers: asking })
      expect([preflight.status, preflight.text]).toEqual([400, 'Disallowed CORS headers'])
      const refused = await ask(system.url, { headers })
      expect(refused.headers.get('access-control-expose-headers')).toBe('Mcp-Session-Id')
    },
    'upstream-verbose-errors': async () => {
      expect((await ask(system.apiUrl)).challenge).toBe('Bearer error="invalid_token"')
      const { json } = await ask(system.apiUrl, { token: system.mint() })
      expect(json['error_description']).toBe("Unexpected 'aud' value")
    },
    'upstream-error-as-success': async () => {
      system.api.answer = { status: 403, body: '{"error":"insufficient_scope"}' }
      const { isError, text } = await greet()
      expect(isError).toBe(false)
      expect(text).toContain('insufficient_scope')
    },
    'exchange-error-copied': async () => {
      const undo = await answerExchange({ error_description: 'text of the tenant' }, 403)
      expect((await greet()).text).toBe('Error executing tool greet: text of the tenant')
      await undo()
    },
    'exchange-unchecked': async () => {
      const undo = await answerExchange({ access_token: 'anything', token_type: 'N_A' })
      await greet()
      expect(system.calls[0]?.headers.authorization).toBe('Bearer anything')
      await undo()
    },
    'no-host-guard': async () => {
      const { headers, ...asked } = message('tools/list')
      const foreign = { ...asked, headers: { ...headers, Origin: 'https://evil.test' } }
      expect(await statusOf(withToken(foreign))).toBe(200)
    },
    'jwks-never-refreshed': async () => {
      await system.tenant.rotateKey()
      expect(await statusOf(withToken(message('tools/list')))).toBe(401)
    },
  }

  it('is all that is proven here', () => {
    expect(Object.keys(proofs).toSorted()).toEqual(original.toSorted())
  })

  it.each(Object.keys(proofs))('holds %s', async (name) => {
    expect.hasAssertions()
    await proofs[name]?.()
  })
})

describe('a fault that no check judges yet, or of another form of the example', () => {
  const proofs: Record<string, () => Promise<void>> = {
    'metadata-mount-shadows': async () => {
      expect((await ask(metadata())).status).toBe(200)
      expect(await ask(system.url, message('tools/list'))).toMatchObject({
        status: 404,
        text: 'Not Found',
      })
    },
    'upstream-token-accepted': async () => {
      expect(await statusOf(withToken(message('tools/list'), { audience: [api] }))).toBe(200)
    },
    'forwards-authorization': async () => {
      const token = system.mint()
      await greet(token)
      expect(system.calls[0]?.headers.authorization).toBe(`Bearer ${token}`)
    },
    'forwards-token-beside': async () => {
      const token = system.mint()
      expect((await greet(token)).isError).toBe(false)
      expect(system.calls[0]?.headers['x-forwarded-authorization']).toBe(`Bearer ${token}`)
    },
    'exchanged-token-shared': async () => {
      const { a, b } = system.tenant.users
      await greet()
      await greet(system.mint({ user: b.subject }))
      expect([callerAtApi(0), callerAtApi(1)]).toEqual([a.subject, a.subject])
    },
    'exchange-scope-unchecked': async () => {
      await answerExchange({ scope: 'openid' })
      await greet()
      expect(system.calls).toHaveLength(1)
    },
    'hide-denied-tools': async () => {
      const token = system.mint({ scopes: [] })
      expect((await ask(system.url, { token, ...message('tools/list') })).text).not.toContain(
        'greet',
      )
      const denied = await ask(system.url, { token, ...message('tools/call', { name: 'greet' }) })
      expect(denied.json['error']).toEqual({ code: -32_601, message: 'Unknown tool: greet' })
    },
    'bare-401': async () => {
      const { status, challenge, json } = await ask(system.url, message('tools/list'))
      expect([status, challenge]).toEqual([401, ''])
      expect(json['error']).toMatchObject({ code: -32_000 })
    },
  }

  it.each(Object.keys(proofs))('%s', { timeout: patience }, async (name) => {
    expect.hasAssertions()
    system = await startAuth0System({ FAULT: name })
    onTestFinished(() => system.close())
    await proofs[name]?.()
  })

  it('is proven, whichever it is', () => {
    expect([...Object.keys(proofs), ...original]).toEqual(
      expect.arrayContaining(namesNotYetJudged(faults)),
    )
    expect(Object.keys(faults)).toEqual(expect.arrayContaining(original))
  })
})
