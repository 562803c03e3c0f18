import type { Answer } from '../answer.ts'
import { refuseAuthorization } from '../authorization-response.ts'
import { continueLogin, loginUnderWay } from '../authorize.ts'
import type { IssuerCore } from '../core.ts'
import { digits, drawFrom } from '../draw.ts'
import { unstored } from '../error-answer.ts'
import { errorPage } from '../error-page.ts'
import { isObject, jsonResponse } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { Exchange } from '../profile.ts'
import { Refusal } from '../refusals.ts'
import type { AuthorizationRequest, Login, User } from '../state.ts'
import { readBearer } from '../userinfo.ts'
import { snowflake } from './scalekit-seed.ts'
import { readUserDetails } from './scalekit-user-details.ts'

/*
 * Bring your own auth [docs authenticate/mcp/custom-auth]: the browser goes to the customer's login page
 * with login_request_id and a state of ours; the customer's backend tells who logged in; the browser
 * comes back with the state.
 */

interface Partner {
  loginUrl: string
  connection: string
}

/** The customer's login page, where a resource has one. */
export function partnerOf({ resources }: AuthorizationRequest): Partner | null {
  const { loginUrl, connection } = resources[0]?.attributes ?? {}
  if (typeof loginUrl !== 'string' || typeof connection !== 'string') return null
  return URL.canParse(loginUrl) ? { loginUrl, connection } : null
}

export function loginWithCustomer(login: Login): { page: true } | { redirect: string } {
  const partner = partnerOf(login.request)
  if (!partner) return { page: true }
  login.attributes['connection'] = partner.connection
  const url = new URL(partner.loginUrl)
  url.searchParams.set('login_request_id', login.id)
  url.searchParams.set('state', login.state)
  return { redirect: url.href }
}

/** `POST /api/v1/connections/{conn_…}/auth-requests/{lri_…}/user`, the REST twin of the SDKs' call. */
export async function userDetails(exchange: Exchange, core: IssuerCore): Promise<Answer> {
  const { request, params } = exchange
  if (request.method !== 'POST') {
    throw new Refusal('method-not-allowed', { description: 'Method Not Allowed' })
  }
  checkBackend(exchange, core)
  const connection = params['connection'] ?? ''
  // the most frequent mistake is the id of the resource: 404, "invalid ID" [docs]
  if (!connection.startsWith('conn_')) throw new Refusal('not-found', { description: 'invalid ID' })
  const login = core.state.logins.get(params['login'] ?? '')
  const dead = login === undefined || login.expires <= core.now()
  if (dead || login.attributes['connection'] !== connection) {
    throw new Refusal('login-unknown', { description: 'login request not found' }) // [run]
  }
  const details = readUserDetails(await request.text())
  login.attributes['details'] = details
  exchange.note(details)
  const id = snowflake('req_', drawFrom(`${core.issuer} ${login.id}`))
  return jsonResponse({ auth_request_id: id }, 200, unstored) // [docs], [run]
}

/** Only the environment's own clients speak for it, not those of users and organizations [assumed]. */
function checkBackend(exchange: Exchange, core: IssuerCore): void {
  const { claims } = readBearer(exchange, core)
  const { sub, client_id: id } = claims
  const client = core.client(String(id))
  const own = client?.origin === 'seeded' && !client.id.startsWith('m2m')
  if (sub !== id || !own) throw new Refusal('token-scope-missing')
}

/** `GET /sso/v1/connections/{conn_…}/partner:callback?state=…` */
export function partnerCallback(
  { request, url, params }: Exchange,
  core: IssuerCore,
  subject: 'supplied' | 'own',
): Answer {
  try {
    if (request.method !== 'GET') {
      throw new Refusal('method-not-allowed', { header: { allow: 'GET' } })
    }
    const login = loginOfState(url.searchParams.get('state'), params['connection'] ?? '', core)
    loginUnderWay(login.id, request, core)
    const details = login.attributes['details']
    if (!isObject(details)) {
      // [assumed]: nobody told who logged in
      throw new Refusal('parameter-missing', { description: 'there are no user details yet' })
    }
    login.state = core.random(32)
    if (details['login_failed'] === true) {
      core.state.logins.delete(login.id)
      return refuseAuthorization(new Refusal('login-failed'), login.request, core) // [assumed]
    }
    login.user = userOf(details, params['connection'] ?? '', subject, core)
    login.authTime = core.now()
    login.claims = claimsOf(details)
    return continueLogin(login, core)
  } catch (error) {
    if (error instanceof Refusal) return errorPage(error, 'partner-callback', core)
    throw error
  }
}

function loginOfState(state: string | null, connection: string, core: IssuerCore): Login {
  for (const login of core.state.logins.values()) {
    const { connection: own } = login.attributes
    if (own === connection && state !== null && login.state === state) return login
  }
  throw new Refusal('login-unknown')
}

function userOf(
  details: JsonObject,
  connection: string,
  subject: 'supplied' | 'own',
  core: IssuerCore,
): User {
  const { sub, email, name, preferred_username: username, organization_external_id: xoid } = details
  const organizations = [...core.state.organizations.values()]
    .filter(({ attributes }) => xoid !== undefined && attributes['externalId'] === xoid)
    .map(({ id }) => id)
  const own = (): string =>
    snowflake('usr_', (length) => drawFrom(`${connection} ${String(sub)}`)(length, digits))
  return {
    subject: subject === 'supplied' ? String(sub) : own(),
    username: String(username ?? email),
    password: core.random(32),
    email: String(email),
    ...(typeof name === 'string' ? { name } : {}),
    organizations,
    attributes: {
      connection,
      ...(details['roles'] === undefined ? {} : { roles: details['roles'] }),
      ...(subject === 'own' ? { externalId: String(sub) } : {}),
    },
  }
}

/** `email`, and the customer's attributes as `custom_claims` [repo scalekit-inc/mcp-auth-demos …/whoami]. */
function claimsOf(details: JsonObject): JsonObject {
  const { email, custom_attributes: custom, organization_external_id: xoid } = details
  return {
    email: email ?? '',
    ...(custom === undefined ? {} : { custom_claims: custom }),
    ...(xoid === undefined ? {} : { xoid }),
  }
}
