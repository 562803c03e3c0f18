import { decodeJwt } from 'jose'
import type { Config } from '../config.ts'
import type { Claims } from '../principal.ts'
import { invalid } from '../refusal.ts'
import type { Fault } from './fault.ts'

/** A user with the base scope, as whom a token passes that says nothing itself. */
const anybody = { sub: 'anybody', client_id: 'alice', scope: 'mcp:read' }

function readItself(token: string): Record<string, unknown> {
  try {
    return decodeJwt(token)
  } catch {
    return {}
  }
}

/** Where the issuer is asked about each token (RFC 7662). */
export const introspectionFaults: Record<string, Fault> = {
  'introspection-status-only': {
    about: 'Whatever the issuer answers with status 200 is taken for a token that is active.',
    plant: (rules) => ({
      introspect: async (token, endpoint, config) => {
        const answer = await rules.introspect(token, endpoint, config)
        return { ...readItself(token), ...answer, active: true }
      },
    }),
  },
  'introspection-active-as-text': {
    about: 'A token is active for whatever the issuer writes as `active`, unless it is false.',
    plant: (rules) => ({
      checkActive: (answer) => {
        if (!answer['active']) rules.checkActive(answer)
      },
    }),
  },
  'introspection-vouched': {
    about: 'Of an answer that says active, neither exp nor iss is looked at.',
    plant: (rules) => ({
      introspect: async (token, endpoint, config) => {
        const { exp: _exp, iss: _iss, ...answer } = await rules.introspect(token, endpoint, config)
        return answer
      },
    }),
  },
  'introspection-fails-open': {
    about: 'A token passes as it reads itself where the issuer cannot be asked.',
    plant: whereUnanswered((token, { audience }) => ({
      ...anybody,
      ...readItself(token),
      aud: audience,
      active: true,
    })),
  },
  'introspection-error-is-401': {
    about: 'A failure of the introspection endpoint is reported as a bad token.',
    plant: whereUnanswered(() => {
      throw invalid('introspection failed')
    }),
  },
  'introspection-error-is-500': {
    about: 'A failure of the introspection endpoint becomes an internal error.',
    plant: whereUnanswered(() => {
      throw new Error('introspection failed')
    }),
  },
}

function whereUnanswered(instead: (token: string, config: Config) => Claims): Fault['plant'] {
  return (rules) => ({
    introspect: async (token, endpoint, config) => {
      try {
        return await rules.introspect(token, endpoint, config)
      } catch {
        return instead(token, config)
      }
    },
  })
}
