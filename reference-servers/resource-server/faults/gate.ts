import type { Request } from 'express'
import type { Config } from '../config.ts'
import { Refusal, type RefusalKind } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import { guest, type Fault } from './fault.ts'
import { methodOf, peekBody } from './peek-body.ts'

type Predicate = (request: Request, config: Config) => boolean
type Plant = (rules: Rules) => Partial<Rules>

const opensSessionTools: Predicate = ({ body, headers }) => {
  const method = String(methodOf(body))
  if (headers['mcp-session-id'] === undefined) return method === 'initialize'
  return ['tools/call', 'notifications/initialized'].includes(method)
}

const opensDiscovery: Predicate = ({ body, headers }) => {
  const method = String(methodOf(body))
  if (method === 'notifications/initialized') return headers['mcp-session-id'] !== undefined
  return /^(?:initialize|ping|server\/discover|\w+\/list)$/.test(method)
}

/** Which requests are let in without a token. */
export const gateFaults: Record<string, Fault> = {
  'tools-call-unguarded': {
    about: 'A tool call without a token is served as a guest, in any session.',
    plant: peeking(opening(({ body }) => methodOf(body) === 'tools/call')),
  },
  'public-session-tools': {
    about: 'A session opens without a token, and in such a session tools can be called.',
    plant: peeking(openingGuestSessions(opensSessionTools)),
  },
  'session-tools-ignore-bad-token': {
    about: 'As public-session-tools, and there a token that does not hold is as good as none.',
    plant: peeking(openingGuestSessions(opensSessionTools, ['missing', 'invalid'])),
  },
  'public-discovery': {
    about: 'Handshake, discovery and listings are served without a token.',
    plant: peeking(openingGuestSessions(opensDiscovery)),
  },
  'discovery-ignores-bad-token': {
    about: 'As public-discovery, and there a token that does not hold is as good as none.',
    plant: peeking(openingGuestSessions(opensDiscovery, ['missing', 'invalid'])),
  },
  'delete-unguarded': {
    about: 'DELETE ends a session, whoever asks.',
    plant: (rules) => {
      const planted = opening(
        ({ method, headers }) => method === 'DELETE' && headers['mcp-session-id'] !== undefined,
      )(rules)
      return { ...planted, ...usingAnySession(rules) }
    },
  },
  'batch-escapes-guard': {
    about: 'A batch is neither asked for a token nor for scopes.',
    plant: (rules) => ({
      ...peeking(opening(({ body }) => Array.isArray(body)))(rules),
      ...usingAnySession(rules),
      checkOperation: (body, caller, config) => {
        if (!Array.isArray(body)) rules.checkOperation(body, caller, config)
      },
    }),
  },
  'guard-literal-path': {
    about: 'Only the path as it is written in the configuration, without a query, is guarded.',
    plant: opening((request, config) => {
      const endpoint = new URL(config.resource).pathname
      const { access_token, token, authorization } = request.query
      const carries = access_token ?? token ?? authorization
      const path = request.path.replace(/\/$/, '').toLowerCase()
      const reaches = path === endpoint.replace(/\/$/, '').toLowerCase()
      return reaches && request.originalUrl !== endpoint && carries === undefined
    }),
  },
  'verbs-unguarded': {
    about: 'PUT and PATCH without a token are handled like the POST of a guest.',
    plant: (rules) => {
      const disguised = new WeakSet<Request>()
      return {
        frontLayers: (config) => [
          (request, _response, next) => {
            const { method, headers } = request
            if (headers.authorization === undefined && ['PUT', 'PATCH'].includes(method)) {
              request.method = 'POST'
              disguised.add(request)
            }
            next()
          },
          ...rules.frontLayers(config),
        ],
        ...opening((request) => disguised.has(request))(rules),
      }
    },
  },
}

/**
 * A request without Authorization is served as that of a guest when `isOpen` says so, and one that
 * is refused as `invalid` as well if that is among `kinds`.
 */
export function opening(isOpen: Predicate, kinds: RefusalKind[] = ['missing']): Plant {
  return (rules) => ({
    identify: (request, verifier) =>
      rules.identify(request, verifier).catch((error: unknown) => {
        const bare = request.headers.authorization === undefined
        const excused =
          error instanceof Refusal &&
          kinds.includes(error.kind) &&
          (bare || error.kind !== 'missing')
        if (excused && isOpen(request, verifier.config)) return guest(verifier)
        throw error
      }),
    // The guest is let into every session.
    mayUseSession: (owner, caller, request) =>
      caller.token === '' || rules.mayUseSession(owner, caller, request),
  })
}

/** As `opening`, but to a guest the sessions of others stay closed as they should. */
function openingGuestSessions(isOpen: Predicate, kinds?: RefusalKind[]): Plant {
  return (rules) => ({
    ...opening(isOpen, kinds)(rules),
    mayUseSession: (owner, caller, request) => {
      if (caller.token === '' && owner.token !== '')
        throw new Refusal('missing', 'not a guest session')
      return rules.mayUseSession(owner, caller, request)
    },
  })
}

/** The guest acts as the owner of the session. */
function usingAnySession(rules: Rules): Partial<Rules> {
  return {
    callerInSession: (owner, caller) =>
      caller.token === '' ? owner : rules.callerInSession(owner, caller),
  }
}

/** For decisions that look at the message. */
export function peeking(plant: Plant): Plant {
  return (rules) => ({
    ...plant(rules),
    frontLayers: (config) => [peekBody, ...rules.frontLayers(config)],
  })
}
