import { timingSafeEqual } from 'node:crypto'
import { jsonResponse } from './json.ts'

export interface Client {
  id: string
  secret: string
}

const mostParameters = 100

/**
 * The form that an authenticated client posted (RFC 6749 sections 2.3.1 and 3.2): every parameter at
 * most once but `resource`, empty ones as if they were not there; or the refusal of it.
 */
export async function readClientRequest(
  request: Request,
  client: Client,
): Promise<URLSearchParams | Response> {
  if (request.method !== 'POST') {
    return refuse('invalid_request', 'this endpoint takes POST', 405, { allow: 'POST' })
  }
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(type)) {
    return refuse('invalid_request', 'the body must be application/x-www-form-urlencoded')
  }
  const all = [...new URLSearchParams(await request.text())]
  const form = new URLSearchParams(all.filter(([, value]) => value !== ''))
  const names = [...form.keys()].filter((name) => name !== 'resource')
  if (names.length !== new Set(names).size) {
    return refuse('invalid_request', 'a parameter is there more than once')
  }
  if (all.length > mostParameters) return refuse('invalid_request', 'there are too many parameters')
  return authenticate(request, form, client) ?? form
}

/** An error of RFC 6749 section 5.2, never to be stored. */
export function refuse(
  error: string,
  description: string,
  status = 400,
  header: Record<string, string> = {},
): Response {
  return jsonResponse({ error, error_description: description }, status, {
    ...unstored,
    ...header,
  })
}

/** RFC 6749 section 5.1: answers with tokens are never stored. */
export const unstored: Record<string, string> = { 'cache-control': 'no-store', pragma: 'no-cache' }

function authenticate(request: Request, form: URLSearchParams, client: Client): Response | null {
  const authorization = request.headers.get('authorization')
  if (authorization !== null && form.has('client_secret')) {
    return refuse('invalid_request', 'a client authenticates in one way only')
  }
  const given = authorization === null ? inBody(form) : basic(authorization)
  const same = form.get('client_id') === null || form.get('client_id') === given?.id
  if (given && same && equal(given.id, client.id) && equal(given.secret, client.secret)) return null
  return refuse('invalid_client', 'client authentication failed', 401, {
    'www-authenticate': 'Basic realm="mock issuer"',
  })
}

function inBody(form: URLSearchParams): Client {
  return { id: form.get('client_id') ?? '', secret: form.get('client_secret') ?? '' }
}

/** RFC 6749 section 2.3.1: both parts are form-encoded before they are joined. */
function basic(authorization: string): Client | null {
  const encoded = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1]
  const text = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon === -1) return null
  const [id, secret] = [text.slice(0, colon), text.slice(colon + 1)].map(formDecode)
  return id === undefined || secret === undefined ? null : { id, secret }
}

function formDecode(text: string): string {
  return new URLSearchParams(`x=${text.replaceAll('&', '%26')}`).get('x') ?? ''
}

function equal(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}
