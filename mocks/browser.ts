import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Answer } from './answer.ts'
import type { IssuerCore } from './core.ts'
import type { MockRequest } from './read-request.ts'
import type { Login } from './state.ts'

/**
 * The cookie that tells browsers apart. It is kept from scripts and not sent with forms of other
 * sites; over https it is bound to the host.
 */
function cookieName(core: IssuerCore): string {
  return core.router.origin.startsWith('https:') ? '__Host-browser' : 'browser'
}

/** The browser that sent a request; null when it has no cookie of ours. */
export function browserOf(request: MockRequest, core: IssuerCore): string | null {
  const name = cookieName(core)
  for (const pair of (request.headers.get('cookie') ?? '').split(/; */)) {
    const [key, value = ''] = pair.split('=', 2)
    if (key === name && /^[\w-]{16,64}$/.test(value)) return value
  }
  return null
}

/** The response, with the cookie set. */
export function rememberBrowser(response: Answer, browser: string, core: IssuerCore): Answer {
  const name = cookieName(core)
  const secure = name.startsWith('__Host-') ? '; Secure' : ''
  response.headers.append(
    'set-cookie',
    `${name}=${browser}; Path=/; HttpOnly; SameSite=Lax${secure}`,
  )
  return response
}

/** What a form of ours carries, and no page of another site can know. */
export function formToken(login: Login, form: 'login' | 'consent', core: IssuerCore): string {
  return createHmac('sha256', core.formKey)
    .update(`${login.browser} ${login.id} ${form}`)
    .digest('base64url')
}

/** True for the token of this form. */
export function isFormToken(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}
