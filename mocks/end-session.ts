import type { Answer } from './answer.ts'
import { redirectWith } from './authorization-response.ts'
import { browserOf } from './browser.ts'
import { checkedParameters, readForm } from './client-request.ts'
import { findClient } from './client-lookup.ts'
import type { IssuerCore } from './core.ts'
import { html } from './html.ts'
import { pageResponse } from './page.ts'
import type { Exchange } from './profile.ts'
import { Refusal } from './refusals.ts'

/**
 * OpenID Connect RP-Initiated Logout: ends the browser's session and goes on to a registered address.
 * Without an ID token as a hint nobody knows who sent the browser here, so the user is asked first.
 */
export async function answerEndSession(exchange: Exchange, core: IssuerCore): Promise<Answer> {
  const { request, url } = exchange
  if (request.method !== 'GET' && request.method !== 'POST') {
    throw new Refusal('method-not-allowed', { header: { allow: 'GET, POST' } })
  }
  const posted = request.method === 'POST'
  const form = posted
    ? readForm(request.headers.get('content-type'), await request.text())
    : checkedParameters(url.searchParams)
  const hinted = hintedClient(form.get('id_token_hint'), core)
  const named = form.get('client_id')
  if (hinted !== null && named !== null && hinted !== named) {
    throw new Refusal('logout-malformed', { description: 'client_id is not that of the hint' })
  }
  const back = await wayBack(form, hinted ?? named, core)
  const browser = browserOf(request, core)
  const session = browser === null ? undefined : core.state.sessions.get(browser)
  if (session && hinted === null && !(posted && form.get('logout') === session.id)) {
    return askPage(form, session.id, exchange, core)
  }
  if (browser !== null) core.state.sessions.delete(browser)
  if (back !== null) {
    const state = form.get('state')
    return redirectWith(back, state === null ? {} : { state })
  }
  return pageResponse({ title: 'Logged out', body: html`<p>You are logged out.</p>` }, core)
}

/** The client of an ID token of ours, expired or not; null without a hint. */
function hintedClient(hint: string | null, core: IssuerCore): string | null {
  if (hint === null) return null
  const jwt = core.verify(hint)
  const aud = [jwt?.claims['aud'] ?? []].flat()[0]
  if (!jwt || jwt.claims['iss'] !== core.issuer || typeof aud !== 'string') {
    throw new Refusal('logout-malformed', { description: 'id_token_hint is not valid' })
  }
  return aud
}

async function wayBack(
  form: URLSearchParams,
  clientId: string | null,
  core: IssuerCore,
): Promise<string | null> {
  const uri = form.get('post_logout_redirect_uri')
  if (uri === null) return null
  const client = clientId === null ? null : await findClient(clientId, core)
  if (client?.postLogoutRedirectUris.includes(uri) === true) return uri
  throw new Refusal('logout-malformed', { description: 'post_logout_redirect_uri is unknown' })
}

function askPage(
  form: URLSearchParams,
  sessionId: string,
  { params }: Exchange,
  core: IssuerCore,
): Answer {
  const uri = form.get('post_logout_redirect_uri')
  const fields = [...form].map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" /> `,
  )
  const body = html`<form method="post" action="${core.router.urlOf('end-session', params) ?? ''}">
    ${fields}<button type="submit" name="logout" value="${sessionId}" autofocus>Log out</button>
  </form>`
  return pageResponse({ title: 'Log out?', body, ...(uri === null ? {} : { leadsTo: uri }) }, core)
}
