import { load } from 'cheerio'
import type { CheerioAPI } from 'cheerio'
import { CookieJar } from 'tough-cookie'
import { blankPage, CannotBrowse, redirectTo } from './user-agent.ts'
import type { Page, Redirect, UserAgent } from './user-agent.ts'

type Selection = ReturnType<ReturnType<CheerioAPI>['find']>

/** One plain request, recorded by whoever made the walker; follows nothing. */
export type Fetch = (request: {
  method: string
  url: string
  headers: [string, string][]
  body?: string
}) => Promise<{ status: number; headers: [string, string][]; body: string }>

const mostRedirects = 20
const mostText = 4000

/** A person without a browser: cookies, redirects and plain forms, no scripts. */
export class PageWalker implements UserAgent {
  readonly #fetch: Fetch
  readonly #redirectUri: string
  readonly #jar = new CookieJar(undefined, { allowSpecialUseDomain: true, looseMode: true })
  #url = ''
  #html = ''

  constructor(fetch: Fetch, redirectUri: string) {
    this.#fetch = fetch
    this.#redirectUri = redirectUri
  }

  async visit(url: string): Promise<Page> {
    return this.#go('GET', resolved(url, url).href)
  }

  submit({ fill, press }: Parameters<UserAgent['submit']>[0]): Promise<Page> {
    const $ = load(this.#html)
    const form = formOf($)
    if (form === null) throw new CannotBrowse(`${this.#url} has no form`)
    const unknown = Object.keys(fill).find((name) => !(name in fieldsOf($, form)))
    if (unknown !== undefined) throw new CannotBrowse(`the form has no field "${unknown}"`)
    const button = buttonOf($, form, press)
    const values = new URLSearchParams({ ...fieldsOf($, form), ...fill })
    const name = button.attr('name')
    if (name !== undefined) values.set(name, button.attr('value') ?? '')
    const action = resolved(button.attr('formaction') ?? form.attr('action') ?? '', this.#url)
    if ((form.attr('method') ?? 'get').toLowerCase() === 'post') {
      return this.#go('POST', action.href, values.toString())
    }
    action.search = values.toString()
    return this.#go('GET', action.href)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async #go(method: string, url: string, body?: string): Promise<Page> {
    const redirects: Redirect[] = []
    let request = { method, url, ...(body === undefined ? {} : { body }) }
    for (let count = 0; count <= mostRedirects; count += 1) {
      const answer = await this.#request(request)
      const location = headerOf(answer.headers, 'location')
      const redirect = redirectTo(answer.status, location, request.url)
      if (redirect === null) return this.#arrive(request.url, answer, redirects)
      redirects.push(redirect)
      if (redirect.to === this.#redirectUri) {
        const here = { url: redirect.to, status: answer.status, redirects }
        return { ...blankPage, ...here, callback: redirect.query }
      }
      const next = resolved(location ?? '', request.url).href
      const repeats = [307, 308].includes(answer.status)
      if (repeats && body !== undefined && new URL(next).origin !== new URL(request.url).origin)
        throw new CannotBrowse(`${request.url} sends what was typed on to ${next}`)
      request = repeats ? { ...request, url: next } : { method: 'GET', url: next }
    }
    throw new CannotBrowse(`${url} redirects more than ${mostRedirects} times`)
  }

  async #request(request: { method: string; url: string; body?: string }): ReturnType<Fetch> {
    const { method, url, body } = request
    const cookie = await this.#jar.getCookieString(url)
    const headers: [string, string][] = [['Accept', 'text/html,application/xhtml+xml,*/*;q=0.8']]
    if (cookie !== '') headers.push(['Cookie', cookie])
    if (body !== undefined) {
      headers.push(['Content-Type', 'application/x-www-form-urlencoded'])
      headers.push(['Origin', new URL(this.#url || url).origin])
    }
    const answer = await this.#fetch({
      method,
      url,
      headers,
      ...(body === undefined ? {} : { body }),
    })
    for (const [name, value] of answer.headers) {
      if (name.toLowerCase() === 'set-cookie') {
        await this.#jar.setCookie(value, url, { ignoreError: true })
      }
    }
    return answer
  }

  #arrive(
    url: string,
    { status, body }: { status: number; body: string },
    redirects: Redirect[],
  ): Page {
    this.#url = url
    this.#html = body
    const $ = load(body)
    const form = formOf($)
    $('script, style').remove()
    return {
      ...blankPage,
      url,
      status,
      title: $('title').first().text().trim(),
      text: $('body').text().replaceAll(/\s+/g, ' ').trim().slice(0, mostText),
      redirects,
      ...(form === null ? {} : describeForm($, form, url)),
    }
  }
}

const hidden = 'input[type=password]'

/** The one that asks for a password, else the first. */
function formOf($: CheerioAPI): Selection | null {
  const forms = $.root().find('form')
  const index = forms.toArray().findIndex((each) => $(each).find(hidden).length > 0)
  return forms.length === 0 ? null : forms.eq(Math.max(index, 0))
}

function fieldsOf($: CheerioAPI, form: Selection): Record<string, string> {
  const fields: Record<string, string> = {}
  form.find('input[name], textarea[name], select[name]').each((_, element) => {
    const input = $(element)
    const kind = (input.attr('type') ?? 'text').toLowerCase()
    const unset = ['checkbox', 'radio'].includes(kind) && input.attr('checked') === undefined
    if (unset || ['submit', 'button', 'image', 'reset', 'file'].includes(kind)) return
    fields[input.attr('name') ?? ''] = String(input.val() ?? '')
  })
  return fields
}

const pressable = 'button:not([type=button]):not([type=reset]), input[type=submit]'

function buttonOf($: CheerioAPI, form: Selection, press: string | null): Selection {
  const buttons = form.find(pressable)
  if (press === null) return buttons.first()
  const words = buttons.toArray().map((each) => wordsOf($(each)))
  const said = words.map((each) => each.toLowerCase())
  const wanted = press.toLowerCase()
  const index = said.includes(wanted)
    ? said.indexOf(wanted)
    : said.findIndex((each) => each.includes(wanted))
  if (index !== -1) return buttons.eq(index)
  throw new CannotBrowse(`the form has no button "${press}"; it has: ${words.join(', ') || 'none'}`)
}

function wordsOf(button: Selection): string {
  return [button.text().trim(), button.attr('value') ?? ''].filter((each) => each !== '').join(' ')
}

function describeForm(
  $: CheerioAPI,
  form: Selection,
  url: string,
): Pick<Page, 'fields' | 'actions' | 'passwordField' | 'buttons'> {
  const formActions = form
    .find('[formaction]')
    .toArray()
    .map((each) => $(each).attr('formaction') ?? '')
  return {
    actions: [form.attr('action') ?? '', ...formActions].map((each) => resolved(each, url).href),
    fields: fieldsOf($, form),
    passwordField: form.find(hidden).attr('name') ?? null,
    buttons: form
      .find(pressable)
      .toArray()
      .map((each) => wordsOf($(each))),
  }
}

/** @throws CannotBrowse for what no browser would open */
function resolved(address: string, base: string): URL {
  if (!URL.canParse(address, base)) throw new CannotBrowse(`${base} leads to "${address}"`)
  return new URL(address, base)
}

function headerOf(headers: [string, string][], name: string): string | null {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? null
}
