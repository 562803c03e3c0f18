import { Answer } from './answer.ts'
import { newAuthorizationRequest, verifiedRedirect } from './authorization-request.ts'
import { answerCode, refuseAuthorization } from './authorization-response.ts'
import { browserOf, formToken, isFormToken, rememberBrowser } from './browser.ts'
import { checkedParameters, readForm } from './client-request.ts'
import { consentPage } from './consent-page.ts'
import type { IssuerCore } from './core.ts'
import { loginPage } from './login-page.ts'
import type { Exchange } from './profile.ts'
import type { MockRequest } from './read-request.ts'
import { Refusal } from './refusals.ts'
import type { AuthorizationRequest, Login, User } from './state.ts'

/**
 * RFC 6749 section 3.1. What is wrong with client or redirect URI is shown to the user; everything
 * else goes to the client.
 */
export async function answerAuthorization(exchange: Exchange, core: IssuerCore): Promise<Answer> {
  const parameters = await readParameters(exchange)
  const verified = await verifiedRedirect(parameters, core)
  try {
    const request = newAuthorizationRequest(parameters, verified, exchange, core)
    return begin(request, exchange, core)
  } catch (error) {
    if (error instanceof Refusal) return refuseAuthorization(error, verified, core)
    throw error
  }
}

/** The login form (POST). */
export async function answerLogin(exchange: Exchange, core: IssuerCore): Promise<Answer> {
  const { form, login } = await readLoginForm(exchange, 'login', core)
  const username = form.get('username') ?? ''
  const user = core.state.userNamed(username)
  if (!user || user.password !== form.get('password')) return loginPage(login, core, username)
  loggedIn(login, user, core)
  return continueLogin(login, core)
}

/** The consent form (POST). */
export async function answerConsent(exchange: Exchange, core: IssuerCore): Promise<Answer> {
  const { form, login } = await readLoginForm(exchange, 'consent', core)
  if (!login.user) throw new Refusal('login-unknown')
  core.state.logins.delete(login.id)
  if (form.get('decision') !== 'allow') {
    return refuseAuthorization(new Refusal('consent-refused'), login.request, core)
  }
  const [key, wanted] = consentOf(login, core)
  core.state.consents.set(key, new Set([...(core.state.consents.get(key) ?? []), ...wanted]))
  return answerCode(login, core)
}

/**
 * The login under way that a request names and that its browser began, also when the browser comes
 * back from a customer's login page.
 * @throws Refusal `login-unknown`
 */
export function loginUnderWay(id: string, request: MockRequest, core: IssuerCore): Login {
  const login = core.state.logins.get(id)
  const bound = core.profile.rules.loginBoundToBrowser
  if (!login || login.expires <= core.now()) throw new Refusal('login-unknown')
  if (bound && login.browser !== browserOf(request, core)) throw new Refusal('login-unknown')
  return login
}

/** Makes a user the one of a login, and of its browser. */
export function loggedIn(login: Login, user: User, core: IssuerCore): void {
  login.user = user
  login.authTime = core.now()
  const session = { id: core.profile.ids.session(core.random), user, authTime: login.authTime }
  core.state.sessions.set(login.browser, session)
}

/** What comes next for a user who is logged in: the consent page, or the code. */
export function continueLogin(login: Login, core: IssuerCore): Answer {
  const [key, wanted] = consentOf(login, core)
  const { client, prompt } = login.request
  const given = core.state.consents.get(key)
  const missing = wanted.some((each) => given?.has(each) !== true)
  const skipped = client.consent === 'skip' || core.profile.rules.consent === 'never'
  if (prompt.includes('consent') || (missing && !skipped)) {
    if (prompt.includes('none')) {
      core.state.logins.delete(login.id)
      return refuseAuthorization(new Refusal('consent-required'), login.request, core)
    }
    return consentPage(login, core)
  }
  core.state.logins.delete(login.id)
  return answerCode(login, core)
}

function begin(request: AuthorizationRequest, exchange: Exchange, core: IssuerCore): Answer {
  const { prompt, maxAge } = request
  const known = browserOf(exchange.request, core)
  const browser = known ?? core.random(32)
  const session = known === null ? undefined : core.state.sessions.get(known)
  const fresh =
    session !== undefined &&
    core.profile.reusesSession?.(request, core) !== false &&
    !prompt.includes('login') &&
    !prompt.includes('select_account') &&
    (maxAge === null || core.now() - session.authTime <= maxAge)
  const login: Login = {
    id: core.profile.ids.login(core.random),
    browser,
    request,
    expires: core.now() + core.profile.lifetimes.login,
    user: fresh ? session.user : null,
    authTime: fresh ? session.authTime : core.now(),
    state: core.random(32),
    claims: {},
    attributes: {},
  }
  if (!fresh && prompt.includes('none')) throw new Refusal('login-required')
  core.state.logins.set(login.id, login)
  const answer = fresh ? continueLogin(login, core) : askUser(login, core)
  return known === null ? rememberBrowser(answer, browser, core) : answer
}

function askUser(login: Login, core: IssuerCore): Answer {
  const elsewhere = core.profile.login(login, core)
  if ('page' in elsewhere) return loginPage(login, core)
  return new Answer(null, {
    status: 302,
    headers: { location: elsewhere.redirect, 'cache-control': 'no-store' },
  })
}

/** The key under which a consent is remembered, and what the request wants consent for. */
function consentOf({ request, user }: Login, core: IssuerCore): [key: string, wanted: string[]] {
  const { client, redirectUri, scopes, audience } = request
  const perClient = core.profile.rules.consent !== 'per-user'
  const key = perClient ? [user?.subject, client.id, redirectUri] : [user?.subject]
  const wanted = perClient ? [...scopes, ...audience, 'the client itself'] : ['any client']
  return [JSON.stringify(key), wanted]
}

async function readParameters({ request, url }: Exchange): Promise<URLSearchParams> {
  if (request.method === 'GET') return checkedParameters(url.searchParams)
  if (request.method !== 'POST') {
    throw new Refusal('method-not-allowed', { header: { allow: 'GET, POST' } })
  }
  return readForm(request.headers.get('content-type'), await request.text())
}

async function readLoginForm(
  { request }: Exchange,
  name: 'login' | 'consent',
  core: IssuerCore,
): Promise<{ form: URLSearchParams; login: Login }> {
  if (request.method !== 'POST') {
    throw new Refusal('method-not-allowed', { header: { allow: 'POST' } })
  }
  const form = readForm(request.headers.get('content-type'), await request.text())
  const login = loginUnderWay(form.get('login') ?? '', request, core)
  const expected = formToken(login, name, core)
  if (core.profile.rules.formsProtected && !isFormToken(form.get('form_token') ?? '', expected)) {
    throw new Refusal('form-forged')
  }
  return { form, login }
}
