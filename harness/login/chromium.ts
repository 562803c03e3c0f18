import type { Browser, BrowserContext, Locator, Page as Tab } from 'playwright-core'
import { nameInContainers } from '../client/loopback.ts'
import { UsageError } from '../select.ts'
import { blankPage, CannotBrowse, redirectTo } from './user-agent.ts'
import type { OpenBrowser, Page, Redirect, UserAgent } from './user-agent.ts'

/** Where Chromium stands on common systems, beside what CHROMIUM_PATH says. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** One browser for a run; each login has a context of its own. */
export class Chromium {
  #browser: Promise<Browser> | null = null

  /** @throws UsageError where Playwright or a browser is missing, with the line that installs it */
  async openUserAgent(...[redirectUri, mayVisit]: Parameters<OpenBrowser>): Promise<UserAgent> {
    this.#browser ??= launch()
    const browser = await this.#browser
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    await context.route('**/*', (route) =>
      mayVisit(route.request().url()) ? route.continue() : route.abort('blockedbyclient'),
    )
    return ChromiumAgent.open(context, redirectUri, mayVisit)
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
  readonly #mayVisit: (url: string) => boolean
  #redirects: Redirect[] = []
  #status = 0

  static async open(
    context: BrowserContext,
    ...[redirectUri, mayVisit]: Parameters<OpenBrowser>
  ): Promise<ChromiumAgent> {
    const agent = new ChromiumAgent(context, await context.newPage(), redirectUri, mayVisit)
    agent.#listen()
    return agent
  }

  private constructor(
    context: BrowserContext,
    tab: Tab,
    ...[redirectUri, mayVisit]: Parameters<OpenBrowser>
  ) {
    this.#context = context
    this.#tab = tab
    this.#redirectUri = redirectUri
    this.#mayVisit = mayVisit
  }

  async visit(url: string): Promise<Page> {
    if (!this.#mayVisit(url)) throw new CannotBrowse(`${url} is out of reach`)
    return this.#after(() => this.#tab.goto(url, { waitUntil: 'load' }))
  }

  async submit({ fill, press }: Parameters<UserAgent['submit']>[0]): Promise<Page> {
    for (const [name, value] of Object.entries(fill)) {
      const field = this.#tab.locator(`[name="${name}"]`).first()
      if ((await field.count()) === 0) throw new CannotBrowse(`the form has no field "${name}"`)
      await field.fill(value, { timeout: 5000 }).catch((error: unknown) => {
        throw new CannotBrowse(String(error).split('\n')[0] ?? '')
      })
    }
    const buttons = this.#tab.locator('form button, form input[type=submit]')
    const button = await pressed(buttons, press)
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
    // a redirect is not asked about before it is followed
    if (!this.#mayVisit(this.#tab.url()))
      throw new CannotBrowse(`${this.#tab.url()} is out of reach`)
    const seen = await this.#tab.evaluate(readPage).catch((error: unknown) => {
      throw new CannotBrowse(String(error).split('\n')[0] ?? '')
    })
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

/** The one that says exactly this, else one that says it among other words. */
async function pressed(buttons: Locator, press: string | null): Promise<Locator> {
  if (press === null) return buttons
  const said = escape(press)
  const exactly = buttons.filter({ hasText: new RegExp(`^\\s*${said}\\s*$`, 'i') })
  return (await exactly.count()) > 0 ? exactly : buttons.filter({ hasText: new RegExp(said, 'i') })
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Runs inside the page. */
function readPage(): Pick<Page, 'text' | 'fields' | 'actions' | 'passwordField' | 'buttons'> {
  const { document } = globalThis as unknown as { document: BrowserDocument }
  const asking = document.querySelector('form:has(input[type=password])')
  const form = asking ?? document.querySelector('form')
  // a control may be called action, and would stand for the property
  const target = (element: BrowserElement): string =>
    new URL(
      element.getAttribute('formaction') ?? element.getAttribute('action') ?? '',
      document.baseURI,
    ).href
  const inputs = [...(form?.querySelectorAll('input[name], textarea[name], select[name]') ?? [])]
  const pressable = [
    ...(form?.querySelectorAll('button:not([type=button]):not([type=reset]), input[type=submit]') ??
      []),
  ]
  return {
    text: document.body.innerText.replaceAll(/\s+/g, ' ').trim().slice(0, 4000),
    fields: Object.fromEntries(inputs.map(({ name, value }) => [name, value])),
    actions: form === null ? [] : [form, ...form.querySelectorAll('[formaction]')].map(target),
    passwordField: form?.querySelector('input[type=password]')?.name ?? null,
    buttons: pressable.map(({ innerText, value }) => (innerText || value).trim()),
  }
}

interface BrowserElement {
  getAttribute(name: string): string | null
  name: string
  value: string
  innerText: string
  querySelector(selector: string): BrowserElement | null
  querySelectorAll(selector: string): Iterable<BrowserElement>
}

interface BrowserDocument extends BrowserElement {
  body: BrowserElement
  baseURI: string
}
