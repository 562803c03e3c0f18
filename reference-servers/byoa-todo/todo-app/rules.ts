import type { Request } from 'express'
import type { CookieOptions } from 'express-session'
import type { Calendar, CalendarTokens, Connection } from './calendar.ts'
import { checkPassword, type Person } from './people.ts'
import type { ToldUser } from './scalekit.ts'
import { Todos } from './todos.ts'

/** A login request of the provider, and the browser that opened it first. */
export interface OpenedLogin {
  browser: string
  state: string
}

/** What a login form brings back. */
export interface LoginForm {
  state: string
  /** The anti-forgery value of the form, null where there is none. */
  token: string | null
}

/** What a login form brings back beside name and password. */
export type LoginFields = Record<'login_request_id' | 'state' | 'form_token', string>

/** Every decision of the todo app that can be wrong, by name. */
export interface TodoAppRules {
  newTodos(): Todos
  /** For whom the holder of the API key acts; null when the call does not say. */
  namedUser(request: Request): string | null
  /** Makes text harmless inside HTML, attributes included. */
  escapeHtml(text: string): string
  /** Of every page with a form. */
  pageHeaders(): Record<string, string>
  /** Whose account a user name and a password open at the login for MCP clients. */
  findAccount(username: string, password: string): Person | undefined
  /** Of the login form. */
  hiddenFields(fields: LoginFields): Partial<LoginFields>
  /** Whom the provider is told before the password is checked. */
  toldEarly(username: string): Person | undefined
  /** What the provider is told of who logged in. */
  toldOf(person: Person): ToldUser
  /** The state with which the browser goes back to the provider. */
  stateBack(state: string): string
  mayOpenLogin(opened: OpenedLogin, browser: string): boolean
  mayCompleteLogin(opened: OpenedLogin, form: LoginForm, browser: string, token: string): boolean
  /** Whether a visitor may connect a calendar for the user who asked for that. */
  mayConnect(owner: string, visitor: Person | undefined): boolean
  /** Whether the browser that comes back from the provider is the one in which its user began. */
  mayFinishConnection(
    begun: Connection,
    browser: string | undefined,
    visitor: Person | undefined,
  ): boolean
  /** Where a user connects a calendar. */
  linkToConnect(owner: string, calendar: Calendar, appUrl: string): Promise<string>
  /** What the REST API tells of a connected calendar. */
  describeCalendar(address: string, tokens: CalendarTokens): object
  loginCookie(): CookieOptions
  /** Of the page that says that the password is wrong. */
  wrongPasswordStatus(): 200 | 401
  /** What a caller is told about a request that broke. */
  describeError(status: number, error: unknown): string
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const todoAppRules: TodoAppRules = {
  newTodos: () => new Todos(),
  namedUser: (request) => request.get('x-user-id') || null,
  escapeHtml: (text) => text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign),
  pageHeaders: () => ({
    // No form-action: browsers apply it to the redirects that follow, up to the client's own.
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  }),
  findAccount: checkPassword,
  hiddenFields: (fields) => fields,
  toldEarly: () => undefined,
  toldOf: ({ id, email }) => ({ sub: id, email }),
  stateBack: (state) => state,
  mayOpenLogin: (opened, browser) => opened.browser === browser,
  mayCompleteLogin: (opened, form, browser, token) =>
    opened.browser === browser && opened.state === form.state && form.token === token,
  mayConnect: (owner, visitor) => visitor?.id === owner,
  mayFinishConnection: ({ owner, browser: begunIn }, browser, visitor) =>
    browser === begunIn && visitor?.id === owner,
  linkToConnect: async (owner, calendar, appUrl) =>
    `${appUrl}/calendar/connect?${new URLSearchParams({ request: calendar.ask(owner) })}`,
  describeCalendar: (address) => ({ calendar: address }),
  loginCookie: () => ({ httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: 86_400_000 }),
  wrongPasswordStatus: () => 401,
  describeError: (status) => (status < 500 ? 'Bad Request' : 'Internal Server Error'),
}
