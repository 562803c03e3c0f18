import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { Refusal } from './refusal.ts'
import type { Verifier } from './verify.ts'

/** Puts the caller into `response.locals.caller`, or answers the refusal. Never reads the body. */
export function authenticate(verifier: Verifier): RequestHandler {
  const { rules } = verifier
  return async (request, response, next) => {
    const caller = await rules.identify(request, verifier)
    response.locals['caller'] = caller
    rules.checkOperation(undefined, caller, verifier.config)
    next()
  }
}

/** Express's error handler for refusals; everything else is for the next one. */
export function refuse(verifier: Verifier) {
  return (error: unknown, request: Request, response: Response, next: NextFunction): void => {
    if (!(error instanceof Refusal) || response.headersSent) return next(error)
    const { status, headers, body } = verifier.rules.answerRefusal(error, verifier, request)
    response.status(status).set(headers).json(body)
  }
}
