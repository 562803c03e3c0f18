import { timingSafeEqual } from 'node:crypto'
import { assertedClientId, assertionType, checkAssertion } from './client-assertion.ts'
import { findClient } from './client-lookup.ts'
import type { IssuerCore } from './core.ts'
import type { Exchange } from './profile.ts'
import { Refusal } from './refusals.ts'
import type { AuthenticationMethod, Client } from './state.ts'

interface Credentials {
  method: AuthenticationMethod
  id: string
  /** The secret, or the assertion. */
  proof: string
}

/**
 * The client that sent a form, authenticated (RFC 6749 section 2.3, RFC 7523 section 2.2).
 * @throws Refusal
 */
export async function authenticateClient(
  exchange: Exchange,
  form: URLSearchParams,
  core: IssuerCore,
): Promise<Client> {
  const authorization = exchange.request.headers.get('authorization')
  const ways = [authorization, form.get('client_secret'), form.get('client_assertion')]
  if (ways.filter((each) => each !== null).length > 1) throw new Refusal('client-two-ways')
  const given = authorization === null ? inBody(form) : basic(authorization)
  const named = form.get('client_id')
  const details = { client_id: given?.id ?? named ?? '' }
  const client = given && (core.client(given.id) ?? (await findClient(given.id, core)))
  if (!client || (named !== null && named !== given.id)) {
    throw new Refusal('client-unknown', { details })
  }
  const unproven = given.method === 'none' && core.profile.rules.secretCompared === 'when-sent'
  if (!client.authentication.includes(given.method) && !unproven) {
    throw new Refusal('client-method-not-allowed', { details })
  }
  if (given.method === 'private_key_jwt') {
    await checkAssertion(given.proof, client, audiencesOf(exchange, core), core)
  } else if (given.method !== 'none') {
    const known = client.secret !== null && equal(given.proof, client.secret)
    if (!known) throw new Refusal('client-secret-wrong', { details })
  }
  return client
}

/** What an assertion may be for: the issuer, its token endpoint, or the endpoint that was called. */
function audiencesOf({ url, params }: Exchange, core: IssuerCore): string[] {
  const { router, issuer, profile } = core
  const token = router.urlOf('token', params)
  const called = url.origin + url.pathname
  return [issuer, profile.responseIssuer(issuer, params), called, ...(token ? [token] : [])]
}

function inBody(form: URLSearchParams): Credentials | null {
  const [id, secret] = [form.get('client_id'), form.get('client_secret')]
  const assertion = form.get('client_assertion')
  if (assertion !== null) {
    const asserted = assertedClientId(assertion)
    const known = form.get('client_assertion_type') === assertionType && asserted !== null
    return known ? { method: 'private_key_jwt', id: asserted, proof: assertion } : null
  }
  if (id === null) return null
  return secret === null
    ? { method: 'none', id, proof: '' }
    : { method: 'client_secret_post', id, proof: secret }
}

/** RFC 6749 section 2.3.1: both parts are form-encoded before they are joined. */
function basic(authorization: string): Credentials | null {
  const encoded = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1]
  const text = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon === -1) return null
  const [id = '', proof = ''] = [text.slice(0, colon), text.slice(colon + 1)].map(formDecode)
  return { method: 'client_secret_basic', id, proof }
}

function formDecode(text: string): string {
  return new URLSearchParams(`x=${text.replaceAll('&', '%26')}`).get('x') ?? ''
}

function equal(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}
