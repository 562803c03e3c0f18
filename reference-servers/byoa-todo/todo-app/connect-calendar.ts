import { randomUUID } from 'node:crypto'
import type { RequestHandler, Response } from 'express'
import type { Calendar } from './calendar.ts'
import { askForPassword, formChallenge, type Authenticator } from './login.ts'
import { connectedPage, connectLoginPage } from './pages.ts'
import type { Person } from './people.ts'
import type { TodoAppRules } from './rules.ts'

export interface CalendarLogin {
  authenticator: Authenticator
  calendar: Calendar
  rules: TodoAppRules
}

const elsewhere = 'This was asked for by somebody else.'
const ended = 'This link has ended. Ask for another one.'

/** `GET /calendar/connect`: where a user is sent to connect a calendar. It takes nobody else. */
export function showConnect({ calendar, rules }: CalendarLogin): RequestHandler {
  return async (request, response) => {
    const asked = String(request.query['request'])
    const owner = calendar.ownerOf(asked)
    if (owner === undefined) return sendText(response, 404, ended)
    const visitor = request.user as Person | undefined
    const browser = (request.session.browser ??= randomUUID())
    if (visitor === undefined) {
      const token = (request.session.formToken ??= randomUUID())
      const page = connectLoginPage({ request: asked, form_token: token }, rules.escapeHtml)
      return sendPage(response, 200, page, rules)
    }
    if (!rules.mayConnect(owner, visitor)) return sendText(response, 403, elsewhere)
    response.redirect(await calendar.begin({ owner, browser }))
  }
}

/** `POST /calendar/login`: logs in to the product, and goes on. */
export function logInToConnect({ authenticator, rules }: CalendarLogin): RequestHandler[] {
  const checkForm: RequestHandler = (request, response, next) => {
    const { form_token: token } = request.body as Record<string, unknown>
    const { formToken } = request.session
    if (formToken === undefined || token !== formToken) return sendText(response, 403, ended)
    next()
  }
  const answer = askForPassword(authenticator, (outcome, request, response, next) => {
    const asked = String((request.body as Record<string, unknown>)['request'])
    if (!('person' in outcome)) {
      const form = { request: asked, form_token: request.session.formToken ?? '' }
      response.set('WWW-Authenticate', formChallenge)
      return sendPage(response, 401, connectLoginPage(form, rules.escapeHtml, true), rules)
    }
    request.logIn(outcome.person, (error) => {
      if (error) return next(error)
      response.redirect(303, `/calendar/connect?${new URLSearchParams({ request: asked })}`)
    })
  })
  return [checkForm, answer]
}

/** `GET /calendar/callback`: the browser comes back from the provider. */
export function finishConnect({ calendar, rules }: CalendarLogin): RequestHandler {
  return async (request, response) => {
    const query = new URL(request.url, 'http://localhost').searchParams
    const begun = calendar.begun(query.get('state') ?? '')
    if (begun === undefined) return sendText(response, 404, ended)
    const visitor = request.user as Person | undefined
    if (!rules.mayFinishConnection(begun, request.session.browser, visitor))
      return sendText(response, 403, elsewhere)
    try {
      await calendar.finish(query)
    } catch (error) {
      console.error('The calendar was not connected:', error instanceof Error ? error.message : '')
      return sendText(response, 502, 'The calendar could not be connected.')
    }
    sendPage(response, 200, connectedPage(), rules)
  }
}

function sendText(response: Response, status: number, text: string): void {
  response.status(status).type('text').send(text)
}

function sendPage(response: Response, status: number, html: string, rules: TodoAppRules): void {
  response.status(status).set(rules.pageHeaders()).type('html').send(html)
}
