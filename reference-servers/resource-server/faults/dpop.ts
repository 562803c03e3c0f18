import type { IncomingMessage } from 'node:http'
import type { Rules } from '../rules.ts'
import type { Fault } from './fault.ts'

const algorithms = ['ES256', 'RS256']

/** Tokens that are bound to a key (RFC 9449). The server takes none, and promises none. */
export const dpopFaults: Record<string, Fault> = {
  'dpop-downgrade': {
    about: 'A token that is bound to a key passes without a proof of it.',
    notYetJudged: ['dpop.bound-token-as-bearer'],
    plant: () => ({ checkBinding: () => {} }),
  },
  'dpop-promised-downgrade': {
    about: 'The metadata promise DPoP, and a bound token passes as a bearer token.',
    notYetJudged: ['dpop.bound-token-as-bearer', 'dpop.challenge'],
    plant: (rules) => ({ ...promising(rules), checkBinding: () => {} }),
  },
  'dpop-proof-ignored': {
    about: 'DPoP is promised and offered, and its tokens pass whatever is in the proof.',
    notYetJudged: ['dpop.proof-required', 'dpop.proof-binding', 'dpop.proof-freshness'],
    plant: (rules) => {
      const bound = new WeakSet<IncomingMessage>()
      return {
        ...promising(rules),
        readToken: (request) => {
          const [, token] = /^dpop +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
          if (token === undefined) return rules.readToken(request)
          bound.add(request)
          return token
        },
        identify: (request, verifier) => {
          const text = verifier.rules.readToken(request)
          const checkBinding: Rules['checkBinding'] = (claims) => {
            if (!bound.has(request)) rules.checkBinding(claims)
          }
          const lenient = { ...verifier, rules: { ...verifier.rules, checkBinding } }
          return rules.verifyToken(text, lenient)
        },
        answerRefusal: (refusal, verifier, request) => {
          const answer = rules.answerRefusal(refusal, verifier, request)
          const bearer = answer.headers['WWW-Authenticate']
          if (bearer === undefined) return answer
          const offered = `DPoP algs="${algorithms.join(' ')}", ${bearer}`
          return { ...answer, headers: { ...answer.headers, 'WWW-Authenticate': offered } }
        },
      }
    },
  },
}

function promising(rules: Rules): Partial<Rules> {
  return {
    describeResource: (config, request) => ({
      ...rules.describeResource(config, request),
      dpop_signing_alg_values_supported: algorithms,
    }),
  }
}
