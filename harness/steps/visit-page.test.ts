import type { ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import { answerJson, serveSmall, stateOf, stepRun } from '../../tests/step-run.ts'
import type { SeenRequest, SmallServer } from '../../tests/step-run.ts'
import type { JsonObject } from '../protocol/json.ts'
import { browse } from './browse.ts'
import type { ProbeState } from './probe-state.ts'

const form = `<form method=post action="/login"><input name=username>
  <input type=password name=password><button>Log in</button></form>`

const html = (response: ServerResponse, body: string): void =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end(body)

/** A target that sends its user to a page, which may be its own. */
async function targetWith(
  page: (origin: string) => string,
  answerPage: (request: SeenRequest, response: ServerResponse) => void,
): Promise<SmallServer> {
  const server: SmallServer = await serveSmall((request, response) => {
    if (request.path !== '/mcp') return answerPage(request, response)
    const elicitation = { mode: 'url', url: page(server.origin), message: 'Connect it.' }
    const data = { elicitations: [elicitation] }
    answerJson(response, { jsonrpc: '2.0', id: 1, error: { code: -32_042, message: '', data } })
  })
  return server
}

const user = { a: { subject: 'a', username: 'alice', password: 'of-alice' } }

/** A probe in which the step `asked` has been answered. */
async function asked(
  { origin }: SmallServer,
  settings: Parameters<typeof stepRun>[1] = {},
): Promise<ProbeState> {
  const run = await stepRun(origin, { declared: { user }, ...settings })
  const { recorded } = await run.exchange({
    method: 'POST',
    url: origin,
    path: '/mcp',
    headers: [],
  })
  const state = stateOf(run)
  const answers = [{ roundTrip: recorded.id }]
  state.keep({ name: 'asked', verb: 'send', answers, roundTrips: [recorded.id], elapsed: 0 })
  return state
}

const posts = ({ seen }: SmallServer): string[] =>
  seen.filter(({ method, path }) => method === 'POST' && path !== '/mcp').map(({ body }) => body)

const visit = async (state: ProbeState, more: JsonObject = {}): Promise<unknown> =>
  (await browse({ page_of: 'asked', ...more }, state)).answers[0]?.json

describe('a visit of the page to which an answer sends its user', () => {
  it('logs in once, and stops where the password is wrong', async () => {
    const target = await targetWith(
      (origin) => `${origin}/connect`,
      (_, response) => html(response, form),
    )
    const page = await visit(await asked(target))
    expect(page).toMatchObject({ url: `${target.origin}/login`, asks_password: true })
    expect(posts(target)).toEqual(['username=alice&password=of-alice'])
  })

  it('types no password where nobody knows who asks', async () => {
    const stranger = await serveSmall((_, response) => html(response, form))
    const target = await targetWith(
      () => `${stranger.origin}/connect`,
      (_, response) => html(response, ''),
    )
    const page = await visit(await asked(target))
    expect(page).toMatchObject({ url: `${stranger.origin}/connect`, asks_password: true })
    expect(posts(stranger)).toEqual([])
  })

  it('types none at the target when it is to be logged in nowhere, but one at the third party', async () => {
    const thirdParty = await serveIssuer({ key: 'second' })
    onTestFinished(() => thirdParty.close())
    const target = await targetWith(
      (origin) => `${origin}/connect`,
      (_, response) => html(response, form),
    )
    await visit(await asked(target, { thirdParty }), { signed_in: false })
    expect(posts(target)).toEqual([])
    const client = { redirect_uris: ['http://127.0.0.1:8976/callback'] }
    const { client_id: id } = (await (
      await fetch(`${thirdParty.url}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...client, token_endpoint_auth_method: 'none' }),
      })
    ).json()) as { client_id: string }
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: id,
      redirect_uri: client.redirect_uris[0] ?? '',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    const sending = await targetWith(
      () => `${thirdParty.url}/authorize?${query}`,
      (_, response) => html(response, ''),
    )
    const page = await visit(await asked(sending, { thirdParty }), { signed_in: false })
    expect(page).toMatchObject({ callback: { code: expect.stringContaining('code') as string } })
  })

  it('follows pages that only agree, and no longer than a person would', async () => {
    const target = await targetWith(
      (origin) => `${origin}/connect`,
      (_, response) =>
        html(response, '<form method=post action="/next"><button>Continue</button></form>'),
    )
    await visit(await asked(target))
    expect(posts(target).length).toBe(7)
  })

  it('sends no password to a stranger by a form of the target', async () => {
    const stranger = await serveSmall((_, response) => html(response, ''))
    const elsewhere = form.replace('/login', `${stranger.origin}/taken`)
    const target = await targetWith(
      (origin) => `${origin}/connect`,
      (_, response) => html(response, elsewhere),
    )
    await visit(await asked(target))
    expect(posts(stranger)).toEqual([])
  })

  it.each([
    [
      'a button',
      (to: string) => form.replace('<button>', `<button formaction="${to}/taken">`),
      200,
    ],
    ['a redirect', () => form, 307],
  ])('sends no password to a stranger by %s', async (_, page, status) => {
    const stranger = await serveSmall((_request, response) => html(response, ''))
    const target = await targetWith(
      (origin) => `${origin}/connect`,
      ({ path }, response) =>
        path === '/login' && status === 307
          ? response.writeHead(307, { location: `${stranger.origin}/taken` }).end()
          : html(response, page(stranger.origin)),
    )
    await visit(await asked(target))
    expect(posts(stranger)).toEqual([])
  })

  it('ends at a status that HTTP does not have', async () => {
    const target = await targetWith(
      (origin) => `${origin}/connect`,
      (_, response) => response.writeHead(999).end(),
    )
    expect(await visit(await asked(target))).toBeUndefined()
  })

  it('presses nothing that says no', async () => {
    const buttons = ['Disconnect', "Don't allow", 'Disallow', 'Deny'].map(
      (each) => `<button>${each}</button>`,
    )
    const target = await targetWith(
      (origin) => `${origin}/connect`,
      (_, response) => html(response, `<form method=post action=/done>${buttons.join('')}</form>`),
    )
    await visit(await asked(target))
    expect(posts(target)).toEqual([])
  })

  it.each(['/connect', 'file:///etc/hostname', 'http://u:p@127.0.0.1/', 'http://['])(
    'does not open %s',
    async (url) => {
      const target = await targetWith(
        () => url,
        (_, response) => html(response, ''),
      )
      const state = await asked(target)
      const taken = await browse({ page_of: 'asked' }, state).catch((error: Error) => error.name)
      expect(['CannotTake', { answers: [], roundTrips: [] }]).toContainEqual(taken)
      expect(target.seen.map(({ path }) => path)).toEqual(['/mcp'])
    },
  )

  it('ends where a page breaks, and keeps what was seen before', async () => {
    const target = await targetWith(
      (origin) => `${origin}/connect`,
      ({ path }, response) =>
        path === '/connect'
          ? html(response, '<form method=post action=/gone><button>Continue</button></form>')
          : response.destroy(),
    )
    expect(await visit(await asked(target))).toMatchObject({ url: `${target.origin}/connect` })
  })

  it('is none where the answer sends nobody', async () => {
    const target = await serveSmall((_, response) =>
      answerJson(response, { jsonrpc: '2.0', id: 1 }),
    )
    const state = await asked(target)
    expect(await browse({ page_of: 'asked' }, state)).toEqual({ answers: [], roundTrips: [] })
  })
})
