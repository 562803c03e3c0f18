import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../harness/target/free-port.ts'
import { serveIssuer } from '../../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../../mocks/serve-issuer.ts'
import { Browser, filledIn } from '../../../tests/vendors/byoa-system.ts'
import { todoApp } from './program.ts'

const running: { close(): Promise<void> }[] = []
afterAll(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()))
})

let provider: ServedIssuer
let app = ''

async function started(fault = ''): Promise<string> {
  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}`
  running.push(
    await todoApp.start({
      TODO_APP_PORT: port,
      TODO_APP_BASE_URL: url,
      CALENDAR_ISSUER: provider.url,
      FAULT: fault,
    }),
  )
  return url
}

beforeAll(async () => {
  provider = await serveIssuer({ key: 'second' })
  running.push(provider)
  app = await started()
})

interface Calendar {
  calendar?: string
  connect?: string
  debug?: { access_token: string }
}

async function calendarOf(user: string, at: string): Promise<Calendar> {
  const headers = { 'x-api-key': 'demo-api-key-12345', 'x-user-id': user }
  return (await fetch(`${at}/api/calendar`, { headers })).json() as Promise<Calendar>
}

const alice = { username: 'alice', password: 'password123' }
const bob = { username: 'bob', password: 'password456' }

/** Logs in at the page, and gives what stands behind the login. */
async function visit(browser: Browser, link: string, who: typeof alice): Promise<Response> {
  const page = await (await browser.open(link)).text()
  const inside = await browser.open(...filledIn(page, link, who))
  return browser.open(new URL(inside.headers.get('location') ?? '', link).href)
}

/** Agrees at that page, and gives the way on to the provider. */
async function goOn(browser: Browser, link: string, who: typeof alice): Promise<Response> {
  const page = await (await visit(browser, link, who)).text()
  return browser.open(...filledIn(page, link, {}))
}

/** Goes on to the provider, logs in there as its user b, and gives where the browser is sent back. */
function consent(answer: Response): Promise<string> {
  return provider.authorize(answer.headers.get('location') ?? '', { user: 'b' })
}

describe('a calendar', () => {
  it('is connected by the user who asked', async () => {
    const { connect = '' } = await calendarOf('1', app)
    const browser = new Browser()
    const back = await consent(await goOn(browser, connect, alice))
    expect((await browser.open(back)).status).toBe(200)
    expect(await calendarOf('1', app)).toEqual({ calendar: provider.users.b.email })
    expect(await calendarOf('2', app)).toHaveProperty('connect')
  })

  it('asks for whom, by name, and is not connected when the user says no', async () => {
    const { connect = '' } = await calendarOf('2', app)
    const browser = new Browser()
    const page = await (await visit(browser, connect, bob)).text()
    expect(page).toContain('Connect a calendar to the account of Bob Jones?')
    const on = (await browser.open(...filledIn(page, connect, {}))).headers.get('location') ?? ''
    const back = await provider.authorize(on, { user: 'a', consent: false })
    const answer = await browser.open(back)
    expect([answer.status, await answer.text()]).toEqual([400, 'The calendar was not connected.'])
  })

  it('is asked for anew once its token is taken no more', async () => {
    const at = await started()
    const { connect = '' } = await calendarOf('2', at)
    const browser = new Browser()
    const tokens: string[] = []
    provider.watchTokens((token) => tokens.push(token))
    await browser.open(await consent(await goOn(browser, connect, bob)))
    expect(await calendarOf('2', at)).toEqual({ calendar: provider.users.b.email })
    await Promise.all(tokens.map((token) => provider.arrange({ revoke: { token } })))
    expect(await calendarOf('2', at)).toHaveProperty('connect')
  })

  it('is connected by nobody else', async () => {
    const { connect = '' } = await calendarOf('2', app)
    const answer = await visit(new Browser(), connect, alice)
    expect([answer.status, await answer.text()]).toEqual([
      403,
      'This was asked for by somebody else.',
    ])
  })

  it('is connected in the browser in which that was begun', async () => {
    const { connect = '' } = await calendarOf('2', app)
    const back = await consent(await goOn(new Browser(), connect, bob))
    expect((await new Browser().open(back)).status).toBe(403)
    expect(await calendarOf('2', app)).toHaveProperty('connect')
  })

  it('needs a link that is alive, the right password and the form of the page', async () => {
    const { connect = '' } = await calendarOf('2', app)
    const gone = await fetch(`${app}/calendar/connect?request=unknown`)
    expect(gone.status).toBe(404)
    const browser = new Browser()
    const page = await (await browser.open(connect)).text()
    const wrong = await browser.open(...filledIn(page, connect, { ...bob, password: 'no' }))
    expect(wrong.status).toBe(401)
    expect(await wrong.text()).toContain('Invalid username or password.')
    const forged = filledIn(page, connect, { ...bob, form_token: 'guessed' })
    expect((await browser.open(...forged)).status).toBe(403)
    expect((await fetch(`${app}/calendar/callback?state=unknown&code=x`)).status).toBe(404)
  })

  it('is not there without a provider of calendars', async () => {
    const bare = await todoApp.start({ TODO_APP_PORT: '0' })
    running.push(bare)
    const answer = await fetch(`${bare.url}/api/calendar`)
    expect(answer.status).toBe(404)
  })
})

describe('the planted faults', () => {
  it('page-takes-anybody: bob connects his for alice', async () => {
    const at = await started('page-takes-anybody')
    const { connect = '' } = await calendarOf('1', at)
    const browser = new Browser()
    await browser.open(await consent(await goOn(browser, connect, bob)))
    expect(await calendarOf('1', at)).toEqual({ calendar: provider.users.b.email })
  })

  it('link-logs-in: nobody is logged in, and connects for alice', async () => {
    const at = await started('link-logs-in')
    const { connect = '' } = await calendarOf('1', at)
    const browser = new Browser()
    const page = await (await browser.open(connect)).text()
    const back = await consent(await browser.open(...filledIn(page, connect, {})))
    await browser.open(back)
    expect(await calendarOf('1', at)).toEqual({ calendar: provider.users.b.email })
  })

  it('callback-of-any-browser: alice begins, and another browser ends', async () => {
    const at = await started('callback-of-any-browser')
    const { connect = '' } = await calendarOf('1', at)
    const back = await consent(await goOn(new Browser(), connect, alice))
    await new Browser().open(back)
    expect(await calendarOf('1', at)).toEqual({ calendar: provider.users.b.email })
  })

  it('page-of-provider: nobody is logged in, and somebody connects for alice', async () => {
    const at = await started('page-of-provider')
    const { connect = '' } = await calendarOf('1', at)
    expect(connect.startsWith(provider.url)).toBe(true)
    await fetch(await provider.authorize(connect, { user: 'b' }))
    expect(await calendarOf('1', at)).toEqual({ calendar: provider.users.b.email })
  })

  it('third-party-token-echoed: the token stands beside the calendar', async () => {
    const at = await started('third-party-token-echoed')
    const { connect = '' } = await calendarOf('2', at)
    const browser = new Browser()
    await browser.open(await consent(await goOn(browser, connect, bob)))
    expect((await calendarOf('2', at)).debug?.access_token).toMatch(/^eyJ/)
  })
})
