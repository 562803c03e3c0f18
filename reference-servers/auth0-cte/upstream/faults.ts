import type { Breaks } from '../../resource-server/faults/fault.ts'
import type { ApiRules } from './refusals.ts'

/** A planted deviation of the API. */
export interface ApiFault {
  about: string
  notYetJudged?: Breaks
  plant: (rules: ApiRules) => Partial<ApiRules>
}

export const apiFaults: Record<string, ApiFault> = {
  'upstream-verbose-errors': {
    about: 'The API names an error where nothing was presented, and tells which check failed.',
    notYetJudged:
      'challenge.no-error-without-credentials and challenge.error-leaks-nothing, of the API: that is no MCP server',
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
