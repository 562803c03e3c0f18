import type { Answer } from './answer.ts'
import type { IssuerCore } from './core.ts'
import { errorAnswer } from './error-answer.ts'
import { html } from './html.ts'
import { foreign, pageResponse } from './page.ts'
import type { Refusal } from './refusals.ts'

/** A refusal that only the user can be told, in the provider's words. */
export function errorPage(refusal: Refusal, endpoint: string, core: IssuerCore): Answer {
  const form = core.profile.errors(refusal, { endpoint, form: 'page' })
  if (form.body !== undefined) return errorAnswer(refusal, endpoint, core, 'page')
  const { status, error, description } = form
  const header = { ...refusal.header, ...form.header }
  const body = html`<p role="alert" class="alert">${foreign(description, core)}</p>
    <p>Error code: <code>${foreign(error, core)}</code></p>`
  return pageResponse({ title: 'This did not work', body, status, header }, core)
}
