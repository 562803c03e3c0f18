import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import session from 'express-session'
import { calendarApi, todoApi } from './api.ts'
import { Calendar } from './calendar.ts'
import {
  beginConnect,
  finishConnect,
  logInToConnect,
  showConnect,
  type CalendarLogin,
} from './connect-calendar.ts'
import { createAuthenticator, logIn, logOut } from './login.ts'
import { LoginRequests } from './login-requests.ts'
import { completeLogin, showLogin, type McpLogin } from './mcp-login.ts'
import { checkPassword } from './people.ts'
import type { TodoAppRules } from './rules.ts'
import { useScalekit } from './scalekit.ts'
import type { TodoAppSettings } from './settings.ts'

/** The product: a REST API, a login, and the login page that it lends to the provider. */
export function createTodoApp(settings: TodoAppSettings, rules: TodoAppRules): Express {
  const { apiKey, sessionSecret: secret, scalekit, calendar: calendarSettings } = settings
  const authenticator = createAuthenticator(checkPassword)
  const app = express().disable('x-powered-by').disable('etag')
  app.use(
    session({ secret, resave: false, saveUninitialized: false, cookie: rules.loginCookie() }),
    authenticator.session() as RequestHandler,
    express.json(),
    express.urlencoded({ extended: false }),
  )
  app.use('/api', todoApi(apiKey, rules))
  if (calendarSettings !== null) {
    const { appUrl } = calendarSettings
    const calendar = new Calendar(calendarSettings, `${appUrl}/calendar/callback`)
    const login: CalendarLogin = { authenticator, calendar, rules }
    app.use('/api', calendarApi({ apiKey, calendar, rules, appUrl }))
    app.get('/calendar/connect', showConnect(login))
    app.post('/calendar/connect', beginConnect(login))
    app.post('/calendar/login', logInToConnect(login))
    app.get('/calendar/callback', finishConnect(login))
  }
  app.post('/auth/login', logIn(authenticator))
  app.post('/auth/logout', logOut)

  const requests = new LoginRequests()
  const login: McpLogin = {
    authenticator: createAuthenticator(rules.findAccount),
    requests,
    rules,
    scalekit: useScalekit(scalekit),
  }
  app.get('/auth/mcp-login', showLogin(login))
  app.post('/auth/mcp-login-callback', completeLogin(login))
  app.use(answerError(rules))
  return app
}

function answerError(rules: TodoAppRules): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) return next(error)
    const given = (error as { status?: unknown } | null)?.status
    const status = typeof given === 'number' && given >= 400 && given < 600 ? given : 500
    const text = rules.escapeHtml(rules.describeError(status, error))
    response
      .status(status)
      .type('html')
      .send(`<!doctype html><title>Error</title><pre>${text}</pre>`)
  }
}
