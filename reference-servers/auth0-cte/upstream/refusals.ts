/** Why a request to the API is turned away. */
export interface ApiRefusal {
  kind: 'missing' | 'invalid' | 'insufficient'
  /** Which check failed: for the operator, never for callers. */
  detail: string
}

export interface ApiAnswer {
  status: number
  challenge: string
  body: { error: string; error_description: string }
}

export const scope = 'read:private'

/** What the API decides about refusals; the conformant way is below. */
export interface ApiRules {
  answerRefusal(refusal: ApiRefusal): ApiAnswer
}

const texts: Record<ApiRefusal['kind'], ApiAnswer['body']> = {
  missing: {
    error: 'invalid_token',
    error_description: 'Missing or invalid Authorization header',
  },
  invalid: { error: 'invalid_token', error_description: 'Invalid token' },
  insufficient: {
    error: 'insufficient_scope',
    error_description: `Missing required scope: ${scope}`,
  },
}

export const apiRules: ApiRules = {
  answerRefusal: ({ kind }) => {
    const body = texts[kind]
    const { error, error_description: text } = body
    // RFC 6750 section 3.1: no error where no credentials were presented.
    const parameters =
      kind === 'missing'
        ? []
        : [
            ['error', error],
            ['error_description', text],
          ]
    return {
      status: kind === 'insufficient' ? 403 : 401,
      challenge: `Bearer ${[...parameters, ['scope', scope]].map(([name, value]) => `${name}="${value}"`).join(', ')}`,
      body,
    }
  },
}
