import type { Fault } from '../../resource-server/faults/fault.ts'
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
    plant: (rules) => ({ namedUser: (request) => rules.namedUser(request) ?? '1' }),
  },
  'todo-login-xss': {
    about: 'The login page repeats what is in its URL as it stands there.',
    plant: () => ({ escapeHtml: (text) => text, pageHeaders: () => ({}) }),
  },
  'todo-login-unbound': {
    about: 'Whichever browser brings the password completes a login request.',
    plant: () => ({ mayOpenLogin: () => true, mayCompleteLogin: () => true }),
  },
  'todo-stack-trace': {
    about:
      'The todo app shows stack traces, says 200 to a wrong password, and sends its cookie with every request.',
    plant: () => ({
      describeError: (_status, error) => (error instanceof Error ? String(error.stack) : ''),
      wrongPasswordStatus: () => 200,
      loginCookie: () => ({ httpOnly: true, maxAge: 86_400_000 }),
    }),
  },
}
