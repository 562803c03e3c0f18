import type { Answer } from './answer.ts'
import type { IssuerCore } from './core.ts'
import { html } from './html.ts'
import { formToken } from './browser.ts'
import { foreign, pageResponse } from './page.ts'
import type { Login } from './state.ts'

/** Asks for username and password; after a wrong one with a message that is read out. */
export function loginPage(login: Login, core: IssuerCore, failed: string | null = null): Answer {
  const { client, loginHint, redirectUri } = login.request
  const wrong = failed !== null
  const username = failed ?? loginHint ?? ''
  const body = html`<p>to continue to <strong>${foreign(client.name, core)}</strong></p>
    ${wrong ? html`<p class="alert" role="alert" id="wrong">Username or password is wrong.</p>` : null}
    <form method="post" action="${core.router.urlOf('login', login.request.params) ?? ''}">
      <input type="hidden" name="login" value="${login.id}" />
      <input type="hidden" name="form_token" value="${formToken(login, 'login', core)}" />
      <label for="username">Username</label>
      <input
        id="username"
        name="username"
        autocomplete="username"
        autocapitalize="none"
        spellcheck="false"
        required
        value="${foreign(username, core)}"
        ${username === '' ? html` autofocus` : null}${wrong ? html` aria-describedby="wrong" aria-invalid="true"` : null}
      />
      <label for="password">Password</label>
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="current-password"
        required${username === '' ? null : html` autofocus`}${wrong ? html` aria-describedby="wrong" aria-invalid="true"` : null}
      />
      <button type="submit">Log in</button>
    </form>`
  const status = wrong ? 400 : 200
  return pageResponse({ title: 'Log in', body, status, leadsTo: redirectUri }, core)
}
