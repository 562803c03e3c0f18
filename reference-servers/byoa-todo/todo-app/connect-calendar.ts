import { randomUUID } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import type { Calendar } from './calendar.ts'
import { askForPassword, formChallenge, type Authenticator } from './login.ts'
import { connectedPage, connectLoginPage, connectPage } from './pages.ts'
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
  return (request, response) => {
    const asked = String(request.query['request'])
    const owner = calendar.ownerOf(asked)
    if (owner === undefined) return sendText(response, 404, ended)
    const form = { request: asked, form_token: (request.session.formToken ??= randomUUID()) }
    const visitor = request.user as Person | undefined
    if (rules.mayConnect(owner, visitor)) {
      const page = connectPage(visitor?.name ?? owner, form, rules.escapeHtml)
      return sendPage(response, 200, page, rules)
    }
    if (visitor !== undefined) return sendText(response, 403, elsewhere)
    sendPage(response, 200, connectLoginPage(form, rules.escapeHtml), rules)
  }
}

/** `POST /calendar/login`: logs in to the product, and goes on. */
export function logInToConnect({ authenticator, rules }: CalendarLogin): RequestHandler[] {
  const answer = askForPassword(authenticator, (outcome, request, response, next) => {
    const asked = fieldOf(request, 'request')
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

/** `POST /calendar/connect`: the user has read for whom a calendar is connected, and goes on to it. */
export function beginConnect({ calendar, rules }: CalendarLogin): RequestHandler[] {
  const begin: RequestHandler = async (request, response) => {
    const owner = calendar.ownerOf(fieldOf(request, 'request'))
    if (owner === undefined) return sendText(response, 404, ended)
    if (!rules.mayConnect(owner, request.user as Person | undefined))
      return sendText(response, 403, elsewhere)
    const browser = (request.session.browser ??= randomUUID())
    response.redirect(303, await calendar.begin({ owner, browser }))
  }
  return [checkForm, begin]
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
    if (query.has('error')) return sendText(response, 400, 'The calendar was not connected.')
    try {
      await calendar.finish(query)
    } catch (error) {
      console.error('The calendar was not connected:', error instanceof Error ? error.message : '')
      return sendText(response, 502, 'The calendar could not be connected.')
    }
    sendPage(response, 200, connectedPage(), rules)
  }
}

/** Only forms of our own pages count. */
const checkForm: RequestHandler = (request, response, next) => {
  const { formToken } = request.session
  if (formToken === undefined || fieldOf(request, 'form_token') !== formToken)
    return sendText(response, 403, ended)
  next()
}

function fieldOf(request: Request, name: string): string {
  const body = (request.body ?? {}) as Record<string, unknown>
  return String(body[name])
}

function sendText(response: Response, status: number, text: string): void {
  response.status(status).type('text').send(text)
}

function sendPage(response: Response, status: number, html: string, rules: TodoAppRules): void {
  response.status(status).set(rules.pageHeaders()).type('html').send(html)
}
