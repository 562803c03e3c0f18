import { createHash } from 'node:crypto'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { auth0Profile } from '../../mocks/profiles/auth0.ts'
import { clerkProfile } from '../../mocks/profiles/clerk.ts'
import { localProfile } from '../../mocks/profiles/local.ts'
import { scalekitProfile } from '../../mocks/profiles/scalekit.ts'
import { serve } from '../../mocks/serve.ts'
import type { Serving } from '../../mocks/serve.ts'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { chromiumPath, openChromium } from './chromium.ts'

const excused = chromiumPath === undefined && process.env['CI'] === undefined
const providers = [localProfile, scalekitProfile(), auth0Profile(), clerkProfile()]

describe.skipIf(excused)('the login pages in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser
  let program: Serving
  beforeAll(async () => {
    browser = await openChromium()
    program = await serve(async () => new Response('back in the program'))
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await program?.close()
  })

  const opened: { close(): Promise<void> }[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()))
  })

  /** A new browser profile at the login of a provider; what it asked of others is in `strangers`. */
  async function atLogin(profile = localProfile) {
    const issuer = await serveIssuer({ profile })
    const context = await browser.newContext()
    opened.push(context, issuer)
    const page = await context.newPage()
    const strangers: string[] = []
    page.on('request', (request) => {
      const { origin } = new URL(request.url())
      if (origin !== issuer.url.replace(/\/$/, '') && origin !== program.origin) {
        strangers.push(request.url())
      }
    })
    const client = { id: 'browsed', name: 'Notes <b>for</b> you', consent: 'ask' as const }
    issuer.setClient({ ...client, secret: null, redirectUris: [`${program.origin}/callback`] })
    await page.goto(authorizationUrl(issuer))
    return { issuer, page, strangers }
  }

  function authorizationUrl(
    { core }: ServedIssuer,
    redirect = `${program.origin}/callback`,
  ): string {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'browsed',
      redirect_uri: redirect,
      scope: 'openid email',
      state: 'kept',
      code_challenge: createHash('sha256').update('v'.repeat(43)).digest('base64url'),
      code_challenge_method: 'S256',
    })
    return `${core.router.urlOf('authorization', core.profile.params)}?${query}`
  }

  async function logIn(page: Page, username: string, password: string): Promise<void> {
    await page.getByLabel('Username').fill(username)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
  }

  async function cameBackWith(page: Page): Promise<Record<string, string>> {
    await page.waitForURL(`${program.origin}/callback?*`)
    return Object.fromEntries(new URL(page.url()).searchParams)
  }

  const atConsent = (page: Page): Promise<void> =>
    page.getByRole('heading', { name: 'Allow access?' }).waitFor()

  it.each(providers)('$name: a wrong password, the right one, consent', async (profile) => {
    const { issuer, page, strangers } = await atLogin(profile)
    const { username, password } = issuer.users.a
    await logIn(page, username, 'wrong')
    expect(await page.getByRole('alert').textContent()).toBe('Username or password is wrong.')
    const field = page.getByLabel('Password')
    expect(await field.getAttribute('aria-describedby')).toBe('wrong')
    expect(await field.inputValue()).toBe('')
    expect(await page.getByLabel('Username').inputValue()).toBe(username)

    await logIn(page, username, password)
    await atConsent(page)
    const text = await page.getByRole('main').innerText()
    expect(text).toContain('Notes <b>for</b> you asks for access')
    expect(text).toContain(`The answer goes to\n${new URL(program.origin).host}`)
    await page.getByRole('button', { name: 'Allow' }).click()
    const { code, state } = await cameBackWith(page)
    expect([code, state]).toEqual([expect.stringMatching(/.{20,}/), 'kept'])

    await page.goto(authorizationUrl(issuer))
    const { code: again } = await cameBackWith(page)
    expect(again, 'session and consent are remembered').toEqual(expect.stringMatching(/.{20,}/))
    expect(again).not.toBe(code)
    expect(strangers).toEqual([])
  })

  it.each(providers)('$name: who denies goes back without a code', async (profile) => {
    const { issuer, page } = await atLogin(profile)
    await logIn(page, issuer.users.b.username, issuer.users.b.password)
    await page.getByRole('button', { name: 'Deny' }).click()
    const answer = await cameBackWith(page)
    expect(answer).toMatchObject({ error: 'access_denied', state: 'kept' })
    expect(answer).not.toHaveProperty('code')
  })

  it('needs no mouse', async () => {
    const { issuer, page } = await atLogin()
    await page.locator('[name=username]:focus').waitFor()
    await page.keyboard.type(issuer.users.a.username)
    await page.keyboard.press('Tab')
    await page.keyboard.type('wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await page.locator('[name=password]:focus').waitFor()
    await page.keyboard.type(issuer.users.a.password)
    await page.keyboard.press('Enter')
    await page.locator('button:focus', { hasText: 'Allow' }).waitFor()
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Deny')
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    expect(await cameBackWith(page)).toHaveProperty('code')
  })

  it('says what it is to who cannot see it', async () => {
    const { issuer, page } = await atLogin()
    await logIn(page, 'nobody', 'wrong')
    await page.getByRole('alert').waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    expect(await page.title()).toBe('Log in')
    expect(await page.getByRole('main').ariaSnapshot()).toBe(`- main:
  - heading "Log in" [level=1]
  - paragraph:
    - text: to continue to
    - strong: Notes <b>for</b> you
  - alert: Username or password is wrong.
  - text: Username
  - textbox "Username" [invalid]: nobody
  - text: Password
  - textbox "Password" [invalid]
  - button "Log in"`)
    await page.goto(authorizationUrl(issuer, 'https://elsewhere.example/'))
    expect(page.url()).toContain(issuer.url)
    expect(await page.getByRole('alert').textContent()).not.toBe('')
  })

  it('fits a small screen, and keeps to itself', async () => {
    const { issuer, page } = await atLogin()
    await page.setViewportSize({ width: 320, height: 568 })
    await logIn(page, issuer.users.a.username, issuer.users.a.password)
    await atConsent(page)
    const scrolls = 'document.documentElement.scrollWidth > document.documentElement.clientWidth'
    expect(await page.evaluate(scrolls)).toBe(false)
    const errors: string[] = []
    page.on('console', (message) => errors.push(message.text()))
    await page.goto(`${program.origin}/`)
    await page.setContent(`<iframe src="${authorizationUrl(issuer)}"></iframe>`)
    await expect.poll(() => errors.join(), { timeout: 10_000 }).toContain('frame-ancestors')
  })
})
