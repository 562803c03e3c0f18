import type { Request } from 'express'
import type { ChallengeParameters, RefusalAnswer } from '../challenge.ts'
import { Refusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import type { Fault } from './fault.ts'

type Naming = (parameters: ChallengeParameters, refusal: Refusal) => ChallengeParameters

/** What stands in the challenge of a refusal. */
export const challengeFaults: Record<string, Fault> = {
  'challenge-invented-scheme': {
    about: 'The challenge offers a scheme that nobody knows.',
    plant: formatting((text) => text.replace(/^Bearer/, 'McpAuth')),
  },
  'challenge-bare-scheme': {
    about: 'The challenge is the one word Bearer.',
    plant: formatting(() => 'Bearer'),
  },
  'challenge-joined-with-spaces': {
    about: 'Blanks and no commas stand between the parameters of the challenge.',
    plant: formatting((text) => text.replaceAll('", ', '" ')),
  },
  'challenge-unquoted-realm': {
    about: 'The challenge begins with a realm without quotes.',
    plant: formatting((text) => text.replace(/^Bearer/, 'Bearer realm=mcp,')),
  },
  'challenge-unquoted-url': {
    about: 'The metadata URL stands last in the challenge, without quotes.',
    plant: (rules) => ({
      formatChallenge: (parameters) => {
        const url = parameters.find(([name]) => name === 'resource_metadata')?.[1]
        const others = parameters.filter(([name]) => name !== 'resource_metadata')
        return `${rules.formatChallenge(others)}, resource_metadata=${url}`
      },
    }),
  },
  'challenge-scopes-with-comma': {
    about: 'The scopes of the challenge are separated by a comma.',
    plant: naming(replacing('scope', 'mcp:read,mcp:write')),
  },
  'challenge-scope-twice': {
    about: 'The challenge names its scope twice.',
    plant: naming((parameters) => [
      ...parameters,
      ...parameters.filter(([name]) => name === 'scope'),
    ]),
  },
  'challenge-scope-empty': {
    about: 'The scope of the challenge is empty.',
    plant: naming(replacing('scope', '')),
  },
  'challenge-without-scope': {
    about: 'The challenge names no scope.',
    plant: naming(without('scope')),
  },
  'challenge-without-metadata': {
    about: 'The challenge names no metadata.',
    plant: naming(without('resource_metadata')),
  },
  'metadata-parameter-on-missing-token-only': {
    about: 'The challenge of a bad token names no metadata.',
    plant: naming((parameters, refusal) =>
      refusal.kind === 'missing' ? parameters : without('resource_metadata')(parameters, refusal),
    ),
  },
  'error-without-credentials': {
    about: 'The challenge names an error though nothing was presented.',
    plant: naming((parameters, { kind }) =>
      kind === 'missing' ? [['error', 'invalid_token'], ...parameters] : parameters,
    ),
  },
  'challenge-without-error': {
    about: 'The challenge of a bad token is that of a missing one.',
    plant: (rules) => ({
      challengeParameters: (refusal, config) =>
        refusal.kind === 'invalid'
          ? rules.challengeParameters(new Refusal('missing', refusal.message), config)
          : rules.challengeParameters(refusal, config),
    }),
  },
  'invalid-token-as-invalid-request': {
    about: 'A bad token is called an invalid request.',
    plant: naming(onlyFor('invalid', replacing('error', 'invalid_request'))),
  },
  'invalid-token-as-insufficient-scope': {
    about: 'A bad token is called a lack of scope.',
    plant: naming(onlyFor('invalid', replacing('error', 'insufficient_scope'))),
  },
  'challenge-on-missing-token-only': {
    about: 'The refusal of a bad token carries no challenge.',
    plant: answering((answer, { kind }) =>
      kind === 'invalid' ? { ...answer, headers: {} } : answer,
    ),
  },
  'debug-tracebacks': {
    about: 'The body of a refusal holds the stack.',
    plant: answering((answer, { stack }) => ({ ...answer, body: { ...answer.body, stack } })),
  },
  'error-body-echoes-token': {
    about: 'The body of the refusal of a bad token holds that token.',
    plant: answering((answer, { kind }, { headers }) => {
      if (kind !== 'invalid') return answer
      return { ...answer, body: { ...answer.body, presented: headers.authorization } }
    }),
  },
  'challenge-shorter-for-odd-claims': {
    about: 'Where iss or kid of a bad token holds a quote, the challenge has no error_description.',
    plant: (rules) => ({
      answerRefusal: (refusal, verifier, request) => {
        const answer = rules.answerRefusal(refusal, verifier, request)
        const loaded = refusal.kind === 'invalid' ? loadedText(request, rules) : undefined
        if (loaded === undefined) return answer
        const challenge = answer.headers['WWW-Authenticate'] ?? ''
        const shorter = challenge.replace(/,? ?error_description="[^"]*"/, '')
        return { ...answer, headers: { ...answer.headers, 'WWW-Authenticate': shorter } }
      },
    }),
  },
  'error-description-echoes-claims': {
    about: 'iss or kid of a bad token stands in the challenge as it was written.',
    plant: (rules) => ({
      answerRefusal: (refusal, verifier, request) => {
        const answer = rules.answerRefusal(refusal, verifier, request)
        const loaded = refusal.kind === 'invalid' ? loadedText(request, rules) : undefined
        if (loaded === undefined) return answer
        const challenge = answer.headers['WWW-Authenticate'] ?? ''
        const echo = challenge.replace(
          /(error_description=")[^"]*/,
          (_all, start) => start + loaded,
        )
        return { ...answer, headers: { ...answer.headers, 'WWW-Authenticate': echo } }
      },
    }),
  },
}

/** The first of iss and kid that holds a quote or a line break. */
function loadedText(request: Request, rules: Rules): string | undefined {
  try {
    const { claims, header } = rules.parseToken(rules.readToken(request))
    const texts = [claims['iss'], header['kid']].map(String)
    return texts.find((text) => /["\r\n]/.test(text))
  } catch {
    return undefined
  }
}

function formatting(change: (text: string) => string): Fault['plant'] {
  return (rules) => ({ formatChallenge: (parameters) => change(rules.formatChallenge(parameters)) })
}

function naming(change: Naming): Fault['plant'] {
  return (rules) => ({
    challengeParameters: (refusal, config) =>
      change(rules.challengeParameters(refusal, config), refusal),
  })
}

function without(name: string): Naming {
  return (parameters) => parameters.filter((parameter) => parameter[0] !== name)
}

function replacing(name: string, value: string): Naming {
  return (parameters) =>
    parameters.map((parameter) => (parameter[0] === name ? [name, value] : parameter))
}

function onlyFor(kind: Refusal['kind'], change: Naming): Naming {
  return (parameters, refusal) => (refusal.kind === kind ? change(parameters, refusal) : parameters)
}

/** The whole answer, once it is made as it should be. */
export function answering(
  change: (answer: RefusalAnswer, refusal: Refusal, request: Request) => RefusalAnswer,
): Fault['plant'] {
  return (rules) => ({
    answerRefusal: (refusal, verifier, request) =>
      change(rules.answerRefusal(refusal, verifier, request), refusal, request),
  })
}
