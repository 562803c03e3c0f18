import { authenticateClient } from './client-authentication.ts'
import type { IssuerCore } from './core.ts'
import { proofOf } from './dpop.ts'
import type { Exchange } from './profile.ts'
import { Refusal } from './refusals.ts'
import type { Client } from './state.ts'

const mostParameters = 100

export interface ClientRequest {
  client: Client
  form: URLSearchParams
  /** Thumbprint of the key that a DPoP proof showed; null without a proof. */
  jkt: string | null
}

/** Parameters that may come more than once (RFC 8707 section 2, RFC 8693 section 2.1). */
const repeatable = new Set(['resource', 'audience'])

/**
 * The form that a client posted and authenticated (RFC 6749 sections 2.3.1 and 3.2): every parameter
 * at most once but `resource` and `audience`, empty ones as if they were not there.
 * @throws Refusal
 */
export async function readClientRequest(
  exchange: Exchange,
  core: IssuerCore,
): Promise<ClientRequest> {
  const { request } = exchange
  if (request.method !== 'POST') {
    throw new Refusal('method-not-allowed', {
      description: 'this endpoint takes POST',
      header: { allow: 'POST' },
    })
  }
  const form = readForm(request.headers.get('content-type'), await request.text())
  const client = await authenticateClient(exchange, form, core)
  return { form, client, jkt: proofOf(exchange, client, core) }
}

/** @throws Refusal for what is no form, or one with repeated or too many parameters */
export function readForm(contentType: string | null, body: string): URLSearchParams {
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(contentType ?? '')) {
    throw new Refusal('body-not-form')
  }
  return checkedParameters(new URLSearchParams(body))
}

/** Parameters without the empty ones. @throws Refusal when one is repeated, or there are too many */
export function checkedParameters(all: URLSearchParams): URLSearchParams {
  const form = new URLSearchParams()
  let count = 0
  for (const [name, value] of all) {
    count += 1
    if (value === '') continue
    if (form.has(name) && !repeatable.has(name)) {
      throw new Refusal('parameter-repeated', { details: { parameter: name } })
    }
    form.append(name, value)
  }
  if (count > mostParameters) throw new Refusal('parameters-too-many')
  return form
}
