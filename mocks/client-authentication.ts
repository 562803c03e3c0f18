import { timingSafeEqual } from 'node:crypto'
import type { IssuerCore } from './core.ts'
import { Refusal } from './refusals.ts'
import type { AuthenticationMethod, Client } from './state.ts'

interface Credentials {
  method: AuthenticationMethod
  id: string
  secret: string
}

/**
 * The client that sent a request, authenticated (RFC 6749 section 2.3).
 * @throws Refusal
 */
export async function authenticateClient(
  request: Request,
  form: URLSearchParams,
  { core }: { endpoint: string; core: IssuerCore },
): Promise<Client> {
  const authorization = request.headers.get('authorization')
  if (authorization !== null && form.has('client_secret')) throw new Refusal('client-two-ways')
  const given = authorization === null ? inBody(form) : basic(authorization)
  const named = form.get('client_id')
  const details = { client_id: given?.id ?? named ?? '' }
  const client = given && core.client(given.id)
  if (!client || (named !== null && named !== given.id)) {
    throw new Refusal('client-unknown', { details })
  }
  if (!client.authentication.includes(given.method)) {
    throw new Refusal('client-method-not-allowed', { details })
  }
  if (given.method === 'none') return client
  if (client.secret === null || !equal(given.secret, client.secret)) {
    throw new Refusal('client-secret-wrong', { details })
  }
  return client
}

function inBody(form: URLSearchParams): Credentials | null {
  const [id, secret] = [form.get('client_id'), form.get('client_secret')]
  if (id === null) return null
  return secret === null
    ? { method: 'none', id, secret: '' }
    : { method: 'client_secret_post', id, secret }
}

/** RFC 6749 section 2.3.1: both parts are form-encoded before they are joined. */
function basic(authorization: string): Credentials | null {
  const encoded = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1]
  const text = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon === -1) return null
  const [id = '', secret = ''] = [text.slice(0, colon), text.slice(colon + 1)].map(formDecode)
  return { method: 'client_secret_basic', id, secret }
}

function formDecode(text: string): string {
  return new URLSearchParams(`x=${text.replaceAll('&', '%26')}`).get('x') ?? ''
}

function equal(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}
