import type { Browser, BrowserContext, Page as Tab } from 'playwright-core'
import { nameInContainers } from '../client/loopback.ts'
import { UsageError } from '../select.ts'
import { blankPage, CannotBrowse, redirectTo } from './user-agent.ts'
import type { Page, Redirect, UserAgent } from './user-agent.ts'

/** Where Chromium stands on common systems, beside what CHROMIUM_PATH says. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** One browser for a run; each login has a context of its own. */
export class Chromium {
  #browser: Promise<Browser> | null = null

  /** @throws UsageError where Playwright or a browser is missing, with the line that installs it */
  async openUserAgent(redirectUri: string): Promise<UserAgent> {
    this.#browser ??= launch()
    const browser = await this.#browser
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    return ChromiumAgent.open(context, redirectUri)
  }

  async close(): Promise<void> {
    await (await this.#browser?.catch(() => null))?.close()
  }
}

async function launch(): Promise<Browser> {
  const { existsSync } = await import('node:fs')
  const playwright = await import('playwright-core').catch(() => {
    throw new UsageError('--browser needs Playwright: npm install --save-dev playwright-core')
  })
  const named = process.env['CHROMIUM_PATH'] ?? places.find((place) => existsSync(place))
  const options = named === undefined ? { channel: 'chromium' } : { executablePath: named }
  const args = [
    `--host-resolver-rules=MAP ${nameInContainers} 127.0.0.1`,
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ]
  return playwright.chromium.launch({ ...options, args }).catch((error: unknown) => {
    throw new UsageError(
      `--browser found no Chromium (${String(error).split('\n')[0]}). Install it (npx playwright-core install chromium), or name it by CHROMIUM_PATH.`,
    )
  })
}

/** A person at a real browser. */
class ChromiumAgent implements UserAgent {
  readonly #context: BrowserContext
  readonly #tab: Tab
  readonly #redirectUri: string
  #redirects: Redirect[] = []
  #status = 0

  static async open(context: BrowserContext, redirectUri: string): Promise<ChromiumAgent> {
    const agent = new ChromiumAgent(context, await context.newPage(), redirectUri)
    agent.#listen()
    return agent
  }

  private constructor(context: BrowserContext, tab: Tab, redirectUri: string) {
    this.#context = context
    this.#tab = tab
    this.#redirectUri = redirectUri
  }

  async visit(url: string): Promise<Page> {
    return this.#after(() => this.#tab.goto(url, { waitUntil: 'load' }))
  }

  async submit({ fill, press }: Parameters<UserAgent['submit']>[0]): Promise<Page> {
    for (const [name, value] of Object.entries(fill)) {
      const field = this.#tab.locator(`[name="${name}"]`).first()
      if ((await field.count()) === 0) throw new CannotBrowse(`the form has no field "${name}"`)
      await field.fill(value)
    }
    const buttons = this.#tab.locator('form button, form input[type=submit]')
    const button =
      press === null ? buttons : buttons.filter({ hasText: new RegExp(escape(press), 'i') })
    if ((await button.count()) === 0) throw new CannotBrowse(`the form has no button "${press}"`)
    const before = Object.keys(fill).length > 0 ? [await this.#photograph()] : []
    const page = await this.#after(() =>
      Promise.all([this.#tab.waitForNavigation({ waitUntil: 'load' }), button.first().click()]),
    )
    return { ...page, screenshots: [...before, ...(page.screenshots ?? [])] }
  }

  async close(): Promise<void> {
    await this.#context.close()
  }

  #listen(): void {
    this.#tab.on('response', (response) => {
      if (!response.request().isNavigationRequest()) return
      const status = response.status()
      const redirect = redirectTo(status, response.headers()['location'] ?? null, response.url())
      if (redirect) this.#redirects.push(redirect)
      else this.#status = status
    })
  }

  async #after(act: () => Promise<unknown>): Promise<Page> {
    this.#redirects = []
    try {
      await act()
    } catch (error) {
      // nobody listens at the client's own address
      const last = this.#redirects.at(-1)
      if (last?.to !== this.#redirectUri) throw new CannotBrowse(String(error).split('\n')[0] ?? '')
      const { to: url, status, query: callback } = last
      return { ...blankPage, url, status, redirects: this.#redirects, callback }
    }
    const seen = await this.#tab.evaluate(readPage)
    return {
      ...blankPage,
      ...seen,
      url: this.#tab.url(),
      status: this.#status,
      title: await this.#tab.title(),
      redirects: this.#redirects,
      screenshots: [await this.#photograph()],
    }
  }

  #photograph(): Promise<Buffer> {
    return this.#tab.screenshot({ type: 'png' })
  }
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Runs inside the page. */
function readPage(): Pick<Page, 'text' | 'fields' | 'passwordField' | 'buttons'> {
  const { document } = globalThis as unknown as { document: BrowserDocument }
  const asking = document.querySelector('form:has(input[type=password])')
  const form = asking ?? document.querySelector('form')
  const inputs = [...(form?.querySelectorAll('input[name], textarea[name], select[name]') ?? [])]
  const pressable = [
    ...(form?.querySelectorAll('button:not([type=button]):not([type=reset]), input[type=submit]') ??
      []),
  ]
  return {
    text: document.body.innerText.replaceAll(/\s+/g, ' ').trim().slice(0, 4000),
    fields: Object.fromEntries(inputs.map(({ name, value }) => [name, value])),
    passwordField: form?.querySelector('input[type=password]')?.name ?? null,
    buttons: pressable.map(({ innerText, value }) => (innerText || value).trim()),
  }
}

interface BrowserElement {
  name: string
  value: string
  innerText: string
  querySelector(selector: string): BrowserElement | null
  querySelectorAll(selector: string): Iterable<BrowserElement>
}

interface BrowserDocument extends BrowserElement {
  body: BrowserElement
}
