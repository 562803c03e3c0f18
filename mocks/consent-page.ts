import type { Answer } from './answer.ts'
import { formToken } from './browser.ts'
import type { IssuerCore } from './core.ts'
import { html } from './html.ts'
import { foreign, pageResponse } from './page.ts'
import { isLoopback } from './redirect-uri.ts'
import type { Login } from './state.ts'

/** Shows who asks, where the answer goes and what for, and asks. */
export function consentPage(login: Login, core: IssuerCore): Answer {
  const { client, redirectUri, scopes, resources, audience, params } = login.request
  const targets = resources.length > 0 ? resources.map(({ name }) => name) : audience
  const row = (term: string, texts: string[]): ReturnType<typeof html> | null =>
    texts.length === 0
      ? null
      : html`<dt>${term}</dt>
          ${texts.map((text) => html`<dd>${foreign(text, core)}</dd>`)}`
  const documentHost = client.origin === 'document' ? [new URL(client.id).host] : []
  const body = html`<p>
      <strong>${foreign(client.name, core)}</strong> asks for access as
      <strong>${login.user?.username ?? ''}</strong>.
    </p>
    <dl>
      ${row('Client', [client.id])}${row('Published at', documentHost)}${row('The answer goes to', [hostOf(redirectUri)])}${row('For', targets)}${row('With the scopes', scopes)}
    </dl>
    ${isLoopback(redirectUri) ? html`<p class="alert">The answer goes to a program on this computer. Go on only if you have just started it yourself.</p>` : null}
    <form method="post" action="${core.router.urlOf('consent', params) ?? ''}">
      <input type="hidden" name="login" value="${login.id}" />
      <input type="hidden" name="form_token" value="${formToken(login, 'consent', core)}" />
      <button type="submit" name="decision" value="allow" autofocus>Allow</button>
      <button type="submit" name="decision" value="deny" class="quiet">Deny</button>
    </form>`
  return pageResponse({ title: 'Allow access?', body, leadsTo: redirectUri }, core)
}

/** The host of a redirect URI, or its scheme where it has none. */
function hostOf(redirectUri: string): string {
  const { host, protocol } = new URL(redirectUri)
  return host === '' ? protocol : host
}
