import express, { type Request, type RequestHandler, type Router } from 'express'
import type { Calendar } from './calendar.ts'
import { isSameSecret, type Person } from './people.ts'
import type { TodoAppRules } from './rules.ts'
import type { Todo } from './todos.ts'

/** The REST API: for programs by API key and user id, for the web by the login cookie. */
export function todoApi(apiKey: string, rules: TodoAppRules): Router {
  const todos = rules.newTodos()
  const api = express.Router()
  api.use('/todos', knowUser(apiKey, rules))

  api.get('/todos', (_request, response) => {
    response.json({ todos: todos.list(userOf(response)) })
  })
  api.post('/todos', (request, response) => {
    const { title } = bodyOf(request)
    if (!title) return void response.status(400).json({ error: 'Title is required' })
    response.status(201).json({ todo: todos.create(userOf(response), title) })
  })
  api.put('/todos/:id', (request, response) => {
    const todo = todos.update(userOf(response), request.params.id, bodyOf(request))
    if (!todo) return void response.status(404).json({ error: 'Todo not found' })
    response.json({ todo })
  })
  api.delete('/todos/:id', (request, response) => {
    const deleted = todos.delete(userOf(response), request.params.id)
    if (!deleted) return void response.status(404).json({ error: 'Todo not found' })
    response.json({ deleted })
  })
  return api
}

interface CalendarApi {
  apiKey: string
  calendar: Calendar
  rules: TodoAppRules
  appUrl: string
}

/** The calendar of a user, or where to connect one. */
export function calendarApi({ apiKey, calendar, rules, appUrl }: CalendarApi): Router {
  const api = express.Router()
  api.use('/calendar', knowUser(apiKey, rules))
  api.get('/calendar', async (_request, response) => {
    const owner = userOf(response)
    const tokens = calendar.tokensOf(owner)
    const address = tokens && (await calendar.address(owner, tokens))
    if (tokens && address) return void response.json(rules.describeCalendar(address, tokens))
    const connect = await rules.linkToConnect(owner, calendar, appUrl)
    response.status(409).json({ error: 'No calendar is connected', connect })
  })
  return api
}

/** An API key decides alone when there is one, the cookie only where there is none. */
function knowUser(apiKey: string, rules: TodoAppRules): RequestHandler {
  return (request, response, next) => {
    const presented = request.get('x-api-key')
    const refuse = (error: string): void => {
      response.set('WWW-Authenticate', 'ApiKey realm="Todo app"').status(401).json({ error })
    }
    if (presented === undefined) {
      const person = request.user as Person | undefined
      if (!person) return refuse('Authentication required')
      response.locals['userId'] = person.id
      return next()
    }
    if (!isSameSecret(presented, apiKey)) return refuse('Invalid API key')
    const userId = rules.namedUser(request)
    if (userId === null) return void response.status(400).json({ error: 'x-user-id is required' })
    response.locals['userId'] = userId
    next()
  }
}

function userOf(response: express.Response): string {
  return String(response.locals['userId'])
}

/** As it was sent: the types of its members are the caller's business, as in the published example. */
function bodyOf(request: Request): Partial<Todo> {
  return (request.body ?? {}) as Partial<Todo>
}
