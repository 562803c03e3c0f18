import type { Response } from 'express'
import type { Principal } from '../principal.ts'
import { Refusal } from '../refusal.ts'
import type { Fault } from './fault.ts'
import { inFront } from './cors.ts'

const pauseMs = 20
const mostBadTokens = 90
const lockedMs = 120_000

/** What callers share with each other that is nobody's but one's. */
export const sharingFaults: Record<string, Fault> = {
  'current-user-shared': {
    about: 'Who calls is kept in one variable, for all requests that are under way.',
    plant: (rules) => {
      let current: Principal
      const own = new WeakMap<object, Principal>()
      return {
        identify: async (request, verifier) => {
          current = await rules.identify(request, verifier)
          own.set(request, current)
          await new Promise((resolve) => setTimeout(resolve, pauseMs))
          return current
        },
        mayUseSession: (owner, caller, request) =>
          rules.mayUseSession(owner, own.get(request) ?? caller, request),
      }
    },
  },
  'bad-tokens-lock-everybody': {
    about: `After ${mostBadTokens} bad tokens in a row nobody is served for two minutes.`,
    plant: (rules) => {
      let inRow = 0
      let lockedUntil = 0
      return {
        identify: async (request, verifier) => {
          if (Date.now() < lockedUntil) throw new Refusal('unavailable', 'locked')
          try {
            const caller = await rules.identify(request, verifier)
            inRow = 0
            return caller
          } catch (error) {
            if (error instanceof Refusal && error.kind === 'invalid') inRow += 1
            if (inRow >= mostBadTokens) lockedUntil = Date.now() + lockedMs
            throw error
          }
        },
      }
    },
  },
  'shared-cacheable': {
    about: 'Answers to callers with a token may be kept by every cache on the way.',
    plant: inFront((request, response, next) => {
      if (request.headers.authorization !== undefined) keepForAll(response)
      next()
    }),
  },
  'cache-scope-public': {
    about: 'What is listed or read for one caller is marked as good for everybody.',
    plant: () => ({ cacheScope: () => 'public' }),
  },
}

/** Whatever says otherwise is overruled, as a layer of a cache in front would do. */
function keepForAll(response: Response): void {
  const value = 'public, max-age=300'
  const setHeader = response.setHeader.bind(response)
  setHeader('Cache-Control', value)
  response.setHeader = (name, given) =>
    setHeader(name, /^cache-control$/i.test(name) ? value : given)
  const writeHead = response.writeHead.bind(response) as (...all: unknown[]) => Response
  response.writeHead = (...all: unknown[]) => {
    const kept = all.map((each) => (isHeaders(each) ? withoutCaching(each) : each))
    return writeHead(...kept)
  }
}

const isHeaders = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function withoutCaching(headers: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^cache-control$/i.test(name)),
  )
}
