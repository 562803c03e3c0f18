import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import { SessionEvents } from '../event-store.ts'
import type { Principal } from '../principal.ts'
import { Refusal } from '../refusal.ts'
import type { Verifier } from '../verify.ts'
import type { Fault } from './fault.ts'

/** What a session carries from one request to the next. */
export const sessionFaults: Record<string, Fault> = {
  'decision-cached': {
    about: 'A token that was good once is good for ever.',
    plant: (rules) => {
      const decided = new Map<string, Promise<Principal>>()
      return {
        verifyToken: (text, verifier) => {
          const known = decided.get(text)
          if (known) return known
          const decision = rules.verifyToken(text, verifier)
          decided.set(text, decision)
          decision.catch(() => decided.delete(text))
          return decision
        },
      }
    },
  },
  'session-id-is-credential': {
    about: 'A request with a known session id needs no token.',
    plant: (rules) => ({
      identify: async (request, verifier) =>
        (request.get('authorization') === undefined ? ownerOf(request) : undefined) ??
        rules.identify(request, verifier),
    }),
  },
  'session-stream-unguarded': {
    about: 'GET is never asked for a token, only for a session id.',
    plant: (rules) => ({
      identify: async (request, verifier) => {
        const bare = request.method === 'GET' && request.get('authorization') === undefined
        if (!bare) return rules.identify(request, verifier)
        const owner = ownerOf(request)
        if (owner) return owner
        throw new Refusal('malformed', 'no session')
      },
    }),
  },
  'session-rescues-bad-token': {
    about: 'In a known session a token that does not hold counts as that of the owner.',
    plant: (rules) => ({
      identify: async (request, verifier) => {
        try {
          return await rules.identify(request, verifier)
        } catch (error) {
          const owner = ownerOf(request)
          if (owner && error instanceof Refusal && error.kind !== 'missing') return owner
          throw error
        }
      },
    }),
  },
  'refusal-with-session-id': {
    about: 'Every answer to somebody without a token carries a session id.',
    plant: (rules) => ({
      answerRefusal: (refusal, verifier, request) => {
        const answer = rules.answerRefusal(refusal, verifier, request)
        const headers = { ...answer.headers, 'Mcp-Session-Id': randomBytes(16).toString('hex') }
        return refusal.kind === 'missing' ? { ...answer, headers } : answer
      },
    }),
  },
  'session-ends-with-token': {
    about: 'In a known session a token that does not hold any more is answered with 404.',
    plant: (rules) => ({
      answerRefusal: (refusal, verifier, request) => {
        const answer = rules.answerRefusal(refusal, verifier, request)
        const ends = refusal.kind === 'invalid' && ownerOf(request) !== undefined
        return ends ? { ...answer, status: 404 } : answer
      },
    }),
  },
  'bare-session-id-is-400': {
    about: 'In a known session a request without a token is a bad one.',
    plant: (rules) => ({
      answerRefusal: (refusal, verifier, request) => {
        const answer = rules.answerRefusal(refusal, verifier, request)
        const bare = refusal.kind === 'missing' && ownerOf(request) !== undefined
        return bare ? { ...answer, status: 400 } : answer
      },
    }),
  },
  'session-unbound': {
    about: 'A session serves every good token, each as the user that it names.',
    plant: () => ({ mayUseSession: () => true }),
  },
  'session-identity-sticky': {
    about: 'Whoever opened a session is the user of every request in it.',
    plant: () => ({ mayUseSession: () => true, callerInSession: (owner) => owner }),
  },
  'session-of-another-is-guests': {
    about: 'In the session of somebody else every caller is a guest.',
    plant: () => ({
      mayUseSession: () => true,
      callerInSession: (owner, caller) =>
        owner.account === caller.account
          ? caller
          : { ...caller, account: 'guest', subject: 'guest' },
    }),
  },
  'session-of-another-is-400': {
    about: 'The session of somebody else is a bad request.',
    plant: (rules) => ({
      mayUseSession: (owner, caller, request) => {
        if (rules.mayUseSession(owner, caller, request)) return true
        throw new Refusal('malformed', 'the session is of somebody else')
      },
    }),
  },
  'session-owner-on-post-only': {
    about: 'Whose session it is, is asked for POST alone.',
    plant: (rules) => ({
      mayUseSession: (owner, caller, request) =>
        request.method !== 'POST' || rules.mayUseSession(owner, caller, request),
    }),
  },
  'session-events-shared': {
    about: 'The events of all sessions are in one store and found by their id alone.',
    plant: () => {
      const events = new SessionEvents()
      return { newEventStore: () => events }
    },
  },
  'session-id-counter': {
    about: 'Session ids count.',
    plant: () => {
      let count = 0
      return { newSessionId: () => `session-${String((count += 1)).padStart(6, '0')}` }
    },
  },
  'session-id-short': {
    about: 'Session ids are random, in 32 bits.',
    plant: () => ({ newSessionId: () => randomBytes(4).toString('hex') }),
  },
  'session-id-short-after-time': {
    about: 'Session ids are the time and 32 random bits.',
    plant: () => ({ newSessionId: () => `${Date.now()}-${randomBytes(4).toString('hex')}` }),
  },
  'session-revived': {
    about: 'A session that was ended serves on as if it had not been.',
    plant: () => ({ endsSession: () => false }),
  },
  'session-id-adopted': {
    about: 'A session opens under the id that its client chose.',
    plant: () => ({ adoptsSessionId: () => true }),
  },
  'session-scopes-sticky': {
    about: 'What a request may do follows from the token that opened its session.',
    plant: (rules) => ({
      identify: async (request, verifier) => {
        const caller = await rules.identify(request, verifier)
        const scopes = ownerOf(request)?.scopes ?? caller.scopes
        return { ...caller, scopes }
      },
    }),
  },
  'session-bound-to-token': {
    about: 'A session takes the very token that opened it, and no other.',
    plant: () => ({ mayUseSession: (owner, caller) => owner.token === caller.token }),
  },
  'stateless-session-header': {
    about: 'On the stateless wire too, every answer carries a session id.',
    plant: (rules) => ({
      frontLayers: (config) => [
        ...rules.frontLayers(config),
        (request, response, next) => {
          if (request.get('mcp-protocol-version') === '2026-07-28') {
            response.set('Mcp-Session-Id', randomBytes(16).toString('hex'))
          }
          next()
        },
      ],
    }),
  },
  'stateless-methods-in-session-layer': {
    about: 'GET and DELETE of the stateless revision reach the session layer of older ones.',
    plant: (rules) => ({
      frontLayers: (config) => [
        ...rules.frontLayers(config),
        (request, _response, next) => {
          if (request.method !== 'POST') delete request.headers['mcp-protocol-version']
          next()
        },
      ],
    }),
  },
  'connection-is-credential': {
    about: 'Once a token was good, its connection is.',
    plant: (rules) => {
      const known = new WeakMap<object, Principal>()
      const identify = async (request: Request, verifier: Verifier): Promise<Principal> => {
        const before = known.get(request.socket)
        if (before) return before
        const caller = await rules.identify(request, verifier)
        known.set(request.socket, caller)
        return caller
      }
      return { identify }
    },
  },
}

function ownerOf(request: Request): Principal | undefined {
  const owners = request.app.locals['sessionOwners'] as Map<string, Principal> | undefined
  return owners?.get(request.get('mcp-session-id') ?? '')
}
