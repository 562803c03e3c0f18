import type { Request } from 'express'
import { Refusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import { guest, type Fault } from './fault.ts'
import { peekBody } from './peek-body.ts'

const allScopes = ['mcp:read', 'mcp:write']

/** Which requests are let in without a token. */
export const gateFaults: Record<string, Fault> = {
  'batch-escapes-guard': {
    about: 'A batch is neither asked for a token nor for scopes.',
    plant: (rules) => ({
      ...peeking(opening(({ body }) => Array.isArray(body)))(rules),
      checkOperation: (body, caller, scopes) => {
        if (!Array.isArray(body)) rules.checkOperation(body, caller, scopes)
      },
    }),
  },
  'guard-literal-path': {
    about: 'Only the path as it is written in the configuration is guarded.',
    plant: opening(({ path }) => /^\/mcp\/?$/i.test(path) && path !== '/mcp'),
  },
}

/** A request without credentials is served when `isOpen` says so: as a guest, or as the session's owner. */
export function opening(isOpen: (request: Request) => boolean): (rules: Rules) => Partial<Rules> {
  return (rules) => ({
    identify: (request, verifier) =>
      rules.identify(request, verifier).catch((error: unknown) => {
        const missing = error instanceof Refusal && error.kind === 'missing'
        if (missing && isOpen(request)) return { ...guest(verifier), scopes: allScopes }
        throw error
      }),
    mayUseSession: (owner, caller, request) =>
      caller.token === '' || rules.mayUseSession(owner, caller, request),
    callerInSession: (owner, caller) =>
      caller.token === '' ? owner : rules.callerInSession(owner, caller),
  })
}

/** For decisions that look at the message. */
export function peeking(plant: Fault['plant']): Fault['plant'] {
  return (rules) => {
    const planted = plant(rules)
    return { ...planted, frontLayers: (config) => [peekBody, ...rules.frontLayers(config)] }
  }
}
