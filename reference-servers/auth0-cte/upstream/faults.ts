import type { ApiRules } from './refusals.ts'

/** A planted deviation of the API. */
export interface ApiFault {
  about: string
  plant: (rules: ApiRules) => Partial<ApiRules>
}

export const apiFaults: Record<string, ApiFault> = {
  'upstream-verbose-errors': {
    about: 'The API names an error where nothing was presented, and tells which check failed.',
    plant: (rules) => ({
      answerRefusal: (refusal) => {
        const answer = rules.answerRefusal(refusal)
        if (refusal.kind === 'insufficient') return answer
        const body = { ...answer.body, error_description: refusal.detail }
        return { ...answer, challenge: 'Bearer error="invalid_token"', body }
      },
    }),
  },
}
