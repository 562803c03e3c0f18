import type { Fault } from '../../resource-server/faults/fault.ts'
import type { Principal } from '../../resource-server/principal.ts'
import type { IssuedToken } from '../exchange.ts'
import type { CteRules } from '../rules.ts'
import type { ApiSettings } from '../settings.ts'

/** What is sent to the tenant and to the API, and what is made of their answers. */
export const exchangeFaults: Record<string, Fault<CteRules>> = {
  'forwards-authorization': {
    about: "The API is sent the client's token in place of one of its own.",
    plant: () => ({ tokenForApi: async ({ token }) => token }),
  },
  'forwards-token-beside': {
    about: "The client's token goes to the API in a header of its own, beside the exchanged one.",
    plant: (rules) => ({
      headersForApi: (token, caller) => ({
        ...rules.headersForApi(token, caller),
        'X-Forwarded-Authorization': `Bearer ${caller.token}`,
      }),
    }),
  },
  'exchanged-token-shared': {
    about: 'The API knows everybody as the caller whose token was exchanged first.',
    plant: (rules) => {
      let shared: Promise<string> | undefined
      return { tokenForApi: (...asked) => (shared ??= rules.tokenForApi(...asked)) }
    },
  },
  'exchange-unchecked': {
    about: 'What the tenant answers to an exchange is used, whatever it says it is.',
    plant: () => ({ exchange: exchangeBlindly, checkIssued: () => {} }),
  },
  'exchange-scope-unchecked': {
    about: 'A token with fewer scopes than were asked for is used all the same.',
    plant: (rules) => ({
      checkIssued: (issued, caller, api) =>
        rules.checkIssued(issued, caller, { ...api, scope: undefined }),
    }),
  },
  'exchange-error-copied': {
    about: 'The caller is told what the tenant or the network said.',
    plant: () => ({ describeFailure: (error) => innermostMessage(error) }),
  },
  'exchange-failure-as-success': {
    about: 'An exchange that fails ends in a result that speaks of no failure.',
    plant: (rules) => ({
      tokenForApi: (...asked) => rules.tokenForApi(...asked).catch(() => ''),
      readAnswer: (answer, ...others) =>
        answer.status === 401 ? { msg: 'unavailable' } : rules.readAnswer(answer, ...others),
    }),
  },
  'upstream-error-as-success': {
    about: 'What the API answers is the result, whatever its status.',
    plant: () => ({ readAnswer: ({ body }) => body }),
  },
}

/** Without the SDK, which refuses an answer of an unknown kind itself. */
async function exchangeBlindly({ token }: Principal, api: ApiSettings): Promise<IssuedToken> {
  const response = await fetch(`https://${api.domain}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: api.clientId,
      client_secret: api.clientSecret,
      subject_token: token,
      subject_token_type: api.subjectTokenType,
      audience: api.audience,
      scope: api.scope ?? '',
    }),
  })
  const answer = (await response.json()) as Record<string, string>
  if (!response.ok) throw new Error(answer['error_description'])
  return { accessToken: String(answer['access_token']) }
}

/** The SDK wraps what went wrong. */
function innermostMessage(error: unknown): string {
  const { message, cause, error_description: text } = error as Record<string, unknown>
  return String(text ?? (cause instanceof Object ? innermostMessage(cause) : message))
}
