/** What a person sees of one page, and how the browser came to it. */
export interface Page {
  url: string
  status: number
  title: string
  /** What can be read on it; its beginning. */
  text: string
  /** Of the form that has a password, else of the first one: names and values, hidden ones included. */
  fields: Record<string, string>
  /** Everywhere that form may be sent, as absolute URLs. */
  actions: string[]
  /** The name of the field that hides what is typed, where there is one. */
  passwordField: string | null
  /** What can be pressed, by its words. */
  buttons: string[]
  /** Every redirect on the way here, oldest first. */
  redirects: Redirect[]
  /** The parameters with which the browser came back to the client; null until it does. */
  callback: Record<string, string> | null
  /** PNG, of a real browser: the form as it was filled in before, then this page. */
  screenshots?: Uint8Array[]
}

export interface Redirect {
  status: number
  /** Absolute, without its query. */
  to: string
  query: Record<string, string>
}

/** A page on which there is nothing. */
export const blankPage: Omit<Page, 'url' | 'status' | 'redirects'> = {
  title: '',
  text: '',
  fields: {},
  actions: [],
  passwordField: null,
  buttons: [],
  callback: null,
}

/** A person at a browser: a real one, or a walker of pages. */
export interface UserAgent {
  visit(url: string): Promise<Page>
  /** Types into fields by their name and presses a button by a word of it, or the first one. */
  submit(order: { fill: Record<string, string>; press: string | null }): Promise<Page>
  close(): Promise<void>
}

/** What a person types at a login. */
export interface Credentials {
  username: string
  password: string
}

/** Opens a real browser that goes nowhere but where it may. */
export type OpenBrowser = (
  redirectUri: string,
  mayVisit: (url: string) => boolean,
) => Promise<UserAgent>

/** A page does not have what a person was to use. */
export class CannotBrowse extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CannotBrowse'
  }
}

/** The redirect of an answer, or null. */
export function redirectTo(status: number, location: string | null, from: string): Redirect | null {
  if (![301, 302, 303, 307, 308].includes(status) || location === null) return null
  if (!URL.canParse(location, from)) return null
  const url = new URL(location, from)
  const query = Object.fromEntries(url.searchParams)
  return { status, to: url.origin + url.pathname, query }
}

/** Logs in as a person would who reads what each page asks for, until the client has the browser back. */
export async function logIn(agent: UserAgent, start: Page, user: Credentials): Promise<Page> {
  let page = start
  for (let pages = 0; page.callback === null && pages < 6; pages += 1) {
    const order = loggingIn(page, user) ?? agreeing(page)
    if (order === null) {
      throw new CannotBrowse(`${page.url} asks neither for a password nor for a consent`)
    }
    page = await agent.submit(order)
  }
  return page
}

type Order = Parameters<UserAgent['submit']>[0]

/** What a person types who is asked for name and password; null where nobody is asked. */
export function loggingIn(
  { passwordField, fields, buttons }: Page,
  user: Credentials | null,
): Order | null {
  const named = Object.keys(fields).find((name) => /user|login_?name|email/i.test(name))
  if (passwordField === null || named === undefined || user === null) return null
  const fill = { [named]: user.username, [passwordField]: user.password }
  return { fill, press: buttons.find((each) => agreement.test(each)) ?? null }
}

/** What a person presses who agrees; null where nothing of that kind is asked. */
export function agreeing({ buttons }: Page): Order | null {
  const press = buttons.find((each) => agreement.test(each))
  return press === undefined ? null : { fill: {}, press }
}

const agreement =
  /^(?!.*\b(?:don.?t|not|deny|cancel)\b).*\b(?:allow|approve|accept|authori[sz]e|continue|connect)\b/i
