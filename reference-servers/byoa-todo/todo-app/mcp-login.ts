import { randomUUID } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import { askForPassword, formChallenge, type Authenticator } from './login.ts'
import type { LoginRequests } from './login-requests.ts'
import { loginPage, wrongPasswordPage } from './pages.ts'
import type { TodoAppRules } from './rules.ts'
import type { Scalekit } from './scalekit.ts'

declare module 'express-session' {
  interface SessionData {
    /** Names the browser, and is known to nobody else. */
    browser: string
    /** The anti-forgery value of its login forms. */
    formToken: string
  }
}

export interface McpLogin {
  authenticator: Authenticator
  requests: LoginRequests
  rules: TodoAppRules
  scalekit: Scalekit
}

const otherBrowser = 'This login was begun in another browser.'

/** `GET /auth/mcp-login`: where the provider sends the browser of whoever authorizes an MCP client. */
export function showLogin({ requests, rules }: McpLogin): RequestHandler {
  return (request, response) => {
    const asked = readLogin(request.query)
    if (!asked) return sendText(response, 400, 'Missing login_request_id or state parameter.')
    const { loginRequestId, state } = asked
    const browser = (request.session.browser ??= randomUUID())
    const token = (request.session.formToken ??= randomUUID())
    const opened = requests.open(loginRequestId, { browser, state })
    if (!rules.mayOpenLogin(opened, browser)) return sendText(response, 403, otherBrowser)
    const hidden = { login_request_id: loginRequestId, state, form_token: token }
    sendPage(response, 200, loginPage(rules.hiddenFields(hidden), rules.escapeHtml), rules)
  }
}

/**
 * `POST /auth/mcp-login-callback`: checks the password as the product does, tells the provider who it
 * was, and sends the browser back. It does not log the browser in to the product.
 */
export function completeLogin({
  authenticator,
  requests,
  rules,
  scalekit,
}: McpLogin): RequestHandler[] {
  const checkForm: RequestHandler = (request, response, next) => {
    const asked = readLogin(request.body)
    if (!asked) return sendText(response, 400, 'Missing login_request_id or state.')
    if (!isOwnForm(request, asked)) return sendText(response, 403, otherBrowser)
    response.locals['login'] = asked
    next()
  }
  const isOwnForm = (request: Request, { loginRequestId, state }: AskedLogin): boolean => {
    const { browser = '', formToken = '' } = request.session
    const opened = requests.find(loginRequestId) ?? { browser: 'none', state }
    const token = textOf(request.body, 'form_token')
    return rules.mayCompleteLogin(opened, { state, token }, browser, formToken)
  }
  const tellEarly: RequestHandler = async (request, response, next) => {
    const person = rules.toldEarly(textOf(request.body, 'username') ?? '')
    const { loginRequestId } = response.locals['login'] as AskedLogin
    if (person) await scalekit.tellWhoLoggedIn(loginRequestId, rules.toldOf(person))
    next()
  }
  const answer = askForPassword(authenticator, async (outcome, _request, response) => {
    const login = response.locals['login'] as AskedLogin
    if (!('person' in outcome)) {
      const status = rules.wrongPasswordStatus()
      if (status === 401) response.set('WWW-Authenticate', formChallenge)
      return sendPage(response, status, wrongPasswordPage(login, rules.escapeHtml), rules)
    }
    try {
      await scalekit.tellWhoLoggedIn(login.loginRequestId, rules.toldOf(outcome.person))
    } catch (error) {
      console.error(
        'Scalekit did not take the login:',
        error instanceof Error ? error.message : error,
      )
      return sendText(response, 500, 'Failed to complete authentication with Scalekit.')
    }
    requests.close(login.loginRequestId)
    response.redirect(scalekit.wayBack(rules.stateBack(login.state)))
  })
  return [checkForm, tellEarly, answer]
}

interface AskedLogin {
  loginRequestId: string
  state: string
}

function readLogin(source: unknown): AskedLogin | null {
  const loginRequestId = textOf(source, 'login_request_id')
  const state = textOf(source, 'state')
  return loginRequestId && state ? { loginRequestId, state } : null
}

function textOf(source: unknown, name: string): string | null {
  const value = (source as Record<string, unknown> | undefined)?.[name]
  return typeof value === 'string' ? value : null
}

function sendText(response: Response, status: number, text: string): void {
  response.status(status).type('text').send(text)
}

function sendPage(response: Response, status: number, html: string, rules: TodoAppRules): void {
  response.status(status).set(rules.pageHeaders()).type('html').send(html)
}
