import { Answer } from './answer.ts'
import type { VerifiedRedirect } from './authorization-request.ts'
import type { IssuerCore } from './core.ts'
import { errorPage } from './error-page.ts'
import { newGrant } from './grant.ts'
import { html } from './html.ts'
import { pageResponse } from './page.ts'
import type { Refusal } from './refusals.ts'
import type { Login } from './state.ts'

/** The code (RFC 6749 section 4.1.2), for a user who is logged in and agreed. */
export function answerCode(login: Login, core: IssuerCore): Answer {
  const { request, user } = login
  const { ids, lifetimes } = core.profile
  const { client, scopes, audience, resources, organization, params, nonce, jkt } = request
  const session = core.state.sessions.get(login.browser)
  const grant = newGrant('authorization_code', client, core, {
    user,
    scopes,
    audience,
    resources,
    organization,
    params,
    nonce,
    jkt,
    sessionId: session?.id ?? ids.session(core.random),
    authTime: login.authTime,
    claims: login.claims,
  })
  const code = ids.code(core.random)
  core.state.codes.set(code, {
    grant,
    redirectUri: request.redirectUri,
    redirectUriGiven: request.redirectUriGiven,
    challenge: request.challenge,
    expires: core.now() + lifetimes.code,
    used: false,
  })
  return answerClient({ code }, request, core)
}

/** An error, in the provider's words, at the client (RFC 6749 section 4.1.2.1) or on a page. */
export function refuseAuthorization(
  refusal: Refusal,
  request: VerifiedRedirect,
  core: IssuerCore,
): Answer {
  const place = { endpoint: 'authorization', form: 'redirect' } as const
  const form = core.profile.errors(refusal, place)
  if (form.page === true) return errorPage(refusal, 'authorization', core)
  const { error, description } = form
  return answerClient({ error, error_description: description }, request, core)
}

/** RFC 6749 with `state` and `iss` (RFC 9207), in the query or as a form. */
function answerClient(
  members: Record<string, string>,
  request: VerifiedRedirect,
  core: IssuerCore,
): Answer {
  const { rules, responseIssuer } = core.profile
  const failed = 'error' in members
  const due = (rule: unknown): boolean => rule !== 'never' && !(rule === 'success-only' && failed)
  const { state, redirectUri, responseMode, params } = request
  const answer = { ...members }
  if (state !== null && due(rules.stateEchoed)) answer['state'] = state
  if (due(rules.iss)) {
    answer['iss'] =
      typeof rules.iss === 'object' ? rules.iss.value : responseIssuer(core.issuer, params)
  }
  return responseMode === 'form_post'
    ? formPost(redirectUri, answer, core)
    : redirectWith(redirectUri, answer)
}

/** Adds to the query and leaves the rest of the URI as it was registered. */
export function redirectWith(uri: string, answer: Record<string, string>): Answer {
  const query = new URLSearchParams(answer).toString()
  const glue = query === '' ? '' : uri.includes('?') ? '&' : '?'
  return new Answer(null, {
    status: 303,
    headers: { location: uri + glue + query, 'cache-control': 'no-store' },
  })
}

function formPost(uri: string, answer: Record<string, string>, core: IssuerCore): Answer {
  const fields = Object.entries(answer).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" /> `,
  )
  const body = html`<form method="post" action="${uri}">
    ${fields}<button type="submit" autofocus>Continue</button>
  </form>`
  return pageResponse({ title: 'Continue', body, leadsTo: uri }, core)
}
