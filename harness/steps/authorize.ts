import { CannotBrowse, logIn } from '../login/user-agent.ts'
import type { Credentials } from '../login/user-agent.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'
import { CannotTake } from './context.ts'
import type { Taken } from './context.ts'
import { pageEvidence } from './page-evidence.ts'
import type { ProbeState } from './probe-state.ts'

/**
 * Begins a login with PKCE, and walks through it as a person would. With `login: by-steps` it stops
 * at the first page, and `browse` goes on.
 */
export async function authorize(argument: JsonObject, state: ProbeState): Promise<Taken> {
  const login = await state.ensureLogin()
  const { scope, resource } = argument
  const first = await login.authorize({
    ...(typeof scope === 'string' ? { scope } : {}),
    ...(typeof resource === 'string' ? { resource } : {}),
    offline: argument['offline'] === true,
  })
  if (argument['login'] === 'by-steps') return pageEvidence(first, login.takeVisit(), state)
  const page = await asPerson(() =>
    logIn(login.agent(), first, userOf(state, argument['user'] === 'b' ? 'b' : 'a')),
  )
  return pageEvidence(page, login.takeVisit(), state)
}

/** A page that cannot be used says nothing about the server under test. */
export async function asPerson<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof CannotBrowse) throw new CannotTake('broken', error.message)
    throw error
  }
}

/** Name and password of a user, as the issuer knows them or the tester declared them. */
export function userOf({ run }: ProbeState, name: 'a' | 'b'): Credentials {
  const users = isObject(run.facts['user']) ? run.facts['user'] : {}
  const { username, password } = isObject(users[name]) ? users[name] : {}
  if (typeof username !== 'string' || typeof password !== 'string') {
    throw new CannotTake('unheld', `user ${name} has no declared username and password`)
  }
  return { username, password }
}
