import type { RequestHandler } from 'express'
import passport from 'passport'
import { Strategy } from 'passport-local'
import { findPerson, type checkPassword, type Person } from './people.ts'

export type Authenticator = InstanceType<typeof passport.Passport>

export const formChallenge = 'FormBased realm="Todo app"'

/** Passport with the app's one strategy: user name and password. */
export function createAuthenticator(findAccount: typeof checkPassword): Authenticator {
  const authenticator = new passport.Passport()
  authenticator.use(
    new Strategy((username, password, done) =>
      done(null, findAccount(username, password) ?? false),
    ),
  )
  authenticator.serializeUser((user, done) => done(null, (user as Person).id))
  authenticator.deserializeUser((id, done) => done(null, findPerson(id) ?? false))
  return authenticator
}

type Outcome = { person: Person } | { status: 400 | 401 }

/** Asks the strategy; opens no session. Status 400 when a field is missing. */
export function askForPassword(
  authenticator: Authenticator,
  answer: (outcome: Outcome, ...handler: Parameters<RequestHandler>) => void | Promise<void>,
): RequestHandler {
  return (request, response, next) => {
    const decided = async (
      error: unknown,
      user: Person | false,
      _info: unknown,
      status?: number,
    ): Promise<void> => {
      if (error) return next(error)
      const refused = { status: status === 400 ? (400 as const) : (401 as const) }
      await answer(user ? { person: user } : refused, request, response, next)
    }
    const ask = authenticator.authenticate('local', (...outcome: Parameters<typeof decided>) => {
      decided(...outcome).catch(next)
    }) as RequestHandler
    void ask(request, response, next)
  }
}

/** `POST /auth/login`: the product's own login. */
export function logIn(authenticator: Authenticator): RequestHandler {
  return askForPassword(authenticator, (outcome, request, response, next) => {
    if (!('person' in outcome)) {
      if (outcome.status === 401) response.set('WWW-Authenticate', formChallenge)
      const text = outcome.status === 400 ? 'Bad Request' : 'Unauthorized'
      return void response.status(outcome.status).type('text').send(text)
    }
    const { id, name } = outcome.person
    request.logIn(outcome.person, (error) => {
      if (error) return next(error)
      response.json({ message: 'Logged in', user: { id, name } })
    })
  })
}

/** `POST /auth/logout` */
export const logOut: RequestHandler = (request, response, next) => {
  request.logout((error) => {
    if (error) return next(error)
    response.json({ message: 'Logged out' })
  })
}
