import type { ChallengeParameters, RefusalAnswer } from '../challenge.ts'
import { Refusal, type RefusalKind } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import type { Fault } from './fault.ts'

/** How a refusal is put into words. */
export const challengeFaults: Record<string, Fault> = {
  'challenge-unquoted-url': {
    about: 'The URL in the challenge stands without quotes.',
    plant: formatting((text) =>
      text.replace(/resource_metadata="([^"]*)"/, 'resource_metadata=$1'),
    ),
  },
  'challenge-without-scope': {
    about: 'The challenge names no scope.',
    plant: naming((parameters) => parameters.filter(([name]) => name !== 'scope')),
  },
  'error-without-credentials': {
    about: 'The challenge names an error though nothing was presented.',
    plant: naming((parameters, { kind }) =>
      kind === 'missing' ? [['error', 'invalid_token'], ...parameters] : parameters,
    ),
  },
  'challenge-on-missing-token-only': {
    about: 'The refusal of a bad token carries no challenge.',
    plant: answering((answer, { kind }) =>
      kind === 'invalid' ? { ...answer, headers: {} } : answer,
    ),
  },
  'malformed-header-crashes': {
    about: 'A header without one token after the scheme ends in a server error.',
    plant: crashing('malformed'),
  },
  'debug-tracebacks': {
    about: 'The body of a refusal holds the stack.',
    plant: answering((answer, { stack }) => ({ ...answer, body: { ...answer.body, stack } })),
  },
  'error-body-echoes-token': {
    about: 'The body of a refusal holds what was presented.',
    plant: (rules) => ({
      identify: (request, verifier) =>
        rules.identify(request, verifier).catch((error: unknown) => {
          if (!(error instanceof Refusal)) throw error
          const presented = request.headers.authorization ?? ''
          throw Object.assign(error, { presented })
        }),
      ...answering((answer, refusal) => {
        const { presented } = refusal as Refusal & { presented?: string }
        return { ...answer, body: { ...answer.body, presented } }
      })(rules),
    }),
  },
}

function formatting(change: (text: string) => string): Fault['plant'] {
  return (rules) => ({ formatChallenge: (parameters) => change(rules.formatChallenge(parameters)) })
}

function naming(
  change: (parameters: ChallengeParameters, refusal: Refusal) => ChallengeParameters,
): Fault['plant'] {
  return (rules) => ({
    challengeParameters: (refusal, config) =>
      change(rules.challengeParameters(refusal, config), refusal),
  })
}

function answering(
  change: (answer: RefusalAnswer, refusal: Refusal) => RefusalAnswer,
): (rules: Rules) => Partial<Rules> {
  return (rules) => ({
    answerRefusal: (refusal, config, current) =>
      change(rules.answerRefusal(refusal, config, current), refusal),
  })
}

/** A refusal of this kind is an error that nobody expected. */
function crashing(kind: RefusalKind): Fault['plant'] {
  return (rules) => ({
    identify: async (request, verifier) => {
      try {
        return await rules.identify(request, verifier)
      } catch (error) {
        throw error instanceof Refusal && error.kind === kind ? new TypeError(error.message) : error
      }
    },
  })
}
