import { continueLogin, loggedIn, loginUnderWay } from '../authorize.ts'
import type { IssuerCore } from '../core.ts'
import { digits } from '../draw.ts'
import { isObject, jsonResponse } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { readOwnToken } from '../own-token.ts'
import type { Exchange, ExtraRoute, IssuerProfile } from '../profile.ts'
import { Refusal } from '../refusals.ts'
import type { Login, User } from '../state.ts'

/*
 * Bring-your-own-auth [docs authenticate/mcp/custom-auth; calls confirmed by [run]]: the browser goes
 * to the customer's login page, the customer's backend names the user in a call of its own, and the
 * browser comes back to the partner callback.
 */

/** To the customer's page, with the login request and a state of our own. */
export function scalekitLogin(loginUrl: string | undefined): IssuerProfile['login'] {
  return ({ id, state }) => {
    if (loginUrl === undefined) return { page: true }
    const url = new URL(loginUrl)
    url.searchParams.set('login_request_id', id)
    url.searchParams.set('state', state)
    return { redirect: url.href }
  }
}

/** The REST twin of the SDK's gRPC call [docs; google.api.http annotation in auth_pb.js]. */
export const userDetails: ExtraRoute = {
  name: 'user-details',
  paths: ['/api/v1/connections/{connection}/auth-requests/{login}/user'],
  methods: ['POST'],
  answer: async ({ request, params }, core) => {
    const token = /^bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    const machine = token === undefined ? null : readOwnToken(token, core)
    if (!machine || machine.grant.user) return refuse(401, 'invalid or missing token', '')
    // the most frequent mistake is the id of the resource in the place of the connection's
    if (!/^conn_\d+$/.test(params['connection'] ?? ''))
      return refuse(404, 'invalid ID', 'INVALID_ID')
    const login = core.state.logins.get(params['login'] ?? '')
    if (!login || login.expires <= core.now()) {
      return refuse(404, 'login request not found', 'RESOURCE_NOT_FOUND')
    }
    const details = await readJson(request)
    if (details?.['login_failed'] !== true && !hasNames(details)) {
      return refuse(400, 'sub and email are required', 'INVALID_ARGUMENT')
    }
    login.attributes['userDetails'] = details
    return jsonResponse({ auth_request_id: `req_${core.random(17, digits)}` })
  },
}

/** Where the customer sends the browser back to. */
export const partnerCallback: ExtraRoute = {
  name: 'partner-callback',
  paths: ['/sso/v1/connections/{connection}/partner:callback'],
  methods: ['GET'],
  answer: ({ request, url }, core) => {
    const login = loginOfState(url.searchParams.get('state') ?? '', { request }, core)
    const details = login.attributes['userDetails']
    if (!isObject(details) || details['login_failed'] === true) throw new Refusal('login-failed')
    const user = userOf(details, core)
    const { email, custom_attributes: attributes } = details
    login.claims = {
      email: String(email),
      ...(isObject(attributes) ? { custom_claims: attributes } : {}),
    }
    loggedIn(login, user, core)
    return continueLogin(login, core)
  },
}

function loginOfState(
  state: string,
  { request }: Pick<Exchange, 'request'>,
  core: IssuerCore,
): Login {
  const found = [...core.state.logins.values()].find((each) => each.state === state)
  if (!found) throw new Refusal('login-unknown')
  return loginUnderWay(found.id, request, core)
}

/** A person whom only the customer knows; `sub` is the id that the customer gave. */
function userOf(details: JsonObject, core: IssuerCore): User {
  const subject = String(details['sub'])
  const user: User = {
    subject,
    username: subject,
    password: core.random(32),
    email: String(details['email']),
    ...(typeof details['name'] === 'string' ? { name: details['name'] } : {}),
    ...core.state.users.get(subject),
  }
  core.state.users.set(subject, user)
  return user
}

function hasNames(details: JsonObject | null): details is JsonObject {
  const filled = (name: string): boolean =>
    typeof details?.[name] === 'string' && details[name] !== ''
  return filled('sub') && filled('email')
}

async function readJson(request: Request): Promise<JsonObject | null> {
  const value: unknown = await request.json().catch(() => null)
  return isObject(value) ? value : null
}

function refuse(status: number, message: string, code: string): Response {
  return jsonResponse({ message, error_code: code }, status)
}
