import { randomUUID } from 'node:crypto'
import type { Fault } from '../../resource-server/faults/fault.ts'
import { findByName, findPerson } from './people.ts'
import type { TodoAppRules } from './rules.ts'
import { Todos } from './todos.ts'

/** What the todo app can be wrong in. */
export const todoAppFaults: Record<string, Fault<TodoAppRules>> = {
  'object-owner-unchecked': {
    about: 'What one user owns is found by its id, whoever asks.',
    plant: () => ({
      newTodos: () =>
        new (class extends Todos {
          protected override isOwner(): boolean {
            return true
          }
        })(),
    }),
  },
  'todo-default-user-header': {
    about: 'A call of the REST API that names no user is one for user 1.',
    notYetJudged:
      'passthrough.identity-from-token, of the REST API: the MCP server names the user of the token in every call.',
    plant: (rules) => ({ namedUser: (request) => rules.namedUser(request) ?? '1' }),
  },
  'todo-login-xss': {
    about: 'The login page repeats what is in its URL as it stands there.',
    plant: () => ({ escapeHtml: (text) => text, pageHeaders: () => ({}) }),
  },
  'todo-form-forgets-state': {
    about: 'The login form keeps the login request and forgets the state.',
    plant: () => ({
      hiddenFields: ({ login_request_id, form_token }) => ({ login_request_id, form_token }),
    }),
  },
  'todo-login-skips-password': {
    about: 'The login for MCP clients opens an account to any password.',
    plant: () => ({ findAccount: findByName }),
  },
  'todo-login-any-case': {
    about: 'The login for MCP clients takes passwords in capitals, which the product refuses.',
    plant: (rules) => ({
      findAccount: (username, password) =>
        rules.findAccount(username, password) ??
        rules.findAccount(username, password.toLowerCase()),
    }),
  },
  'todo-tells-before-password': {
    about: 'The provider is told who logs in before the password is checked.',
    plant: () => ({ toldEarly: findByName }),
  },
  'todo-tells-email-as-subject': {
    about: 'The provider is told the e-mail address as the id of the user.',
    plant: () => ({ toldOf: ({ email }) => ({ sub: email, email }) }),
  },
  'todo-tells-first-user': {
    about: 'The provider is told that user 1 logged in, whoever it was.',
    plant: (rules) => ({ toldOf: (person) => rules.toldOf(findPerson('1') ?? person) }),
  },
  'todo-state-replaced': {
    about: 'The browser goes back to the provider with a state of the app.',
    plant: () => ({ stateBack: () => randomUUID() }),
  },
  'todo-login-unbound': {
    about: 'Whichever browser brings the password completes a login request.',
    notYetJudged: ['login.request-bound-to-browser'],
    plant: () => ({ mayOpenLogin: () => true, mayCompleteLogin: () => true }),
  },
  'page-takes-anybody': {
    about: 'Whoever is logged in connects a calendar for the user who asked for that.',
    plant: () => ({
      mayConnect: (_owner, visitor) => visitor !== undefined,
      mayFinishConnection: ({ browser: begunIn }, browser) => browser === begunIn,
    }),
  },
  'link-logs-in': {
    about: 'Whoever opens the link and is logged in nowhere counts as the user who asked for it.',
    plant: () => ({
      mayConnect: (owner, visitor) => visitor === undefined || visitor.id === owner,
      mayFinishConnection: ({ browser: begunIn }, browser) => browser === begunIn,
    }),
  },
  'callback-of-any-browser': {
    about: 'Whichever browser comes back from the provider of the calendar connects it.',
    plant: () => ({ mayFinishConnection: () => true }),
  },
  'page-of-provider': {
    about:
      'Users are sent to the provider of the calendar at once, and whoever comes back connects theirs for the user who asked.',
    plant: () => ({
      linkToConnect: (owner, calendar) => calendar.begin({ owner, browser: '' }),
      mayFinishConnection: () => true,
    }),
  },
  'third-party-token-echoed': {
    about: 'The REST API and the tool give out the tokens of the calendar.',
    plant: (rules) => ({
      describeCalendar: (address, tokens) => ({
        ...rules.describeCalendar(address, tokens),
        debug: tokens,
      }),
    }),
  },
  'todo-stack-trace': {
    about:
      'The todo app shows stack traces, says 200 to a wrong password, and sends its cookie with every request.',
    notYetJudged: 'challenge.error-leaks-nothing, of the REST API: that is no MCP server.',
    plant: () => ({
      describeError: (_status, error) => (error instanceof Error ? String(error.stack) : ''),
      wrongPasswordStatus: () => 200,
      loginCookie: () => ({ httpOnly: true, maxAge: 86_400_000 }),
    }),
  },
}
