import { Answer } from './answer.ts'
import { clientFromMetadata } from './client-metadata.ts'
import type { IssuerCore } from './core.ts'
import { unstored } from './error-answer.ts'
import { isObject, jsonResponse } from './json.ts'
import type { JsonObject } from './json.ts'
import type { Exchange } from './profile.ts'
import type { MockRequest } from './read-request.ts'
import { Refusal } from './refusals.ts'
import type { Client } from './state.ts'

const mostCharacters = 64 * 1024

/** RFC 7591 section 3. */
export async function answerRegistration(exchange: Exchange, core: IssuerCore): Promise<Answer> {
  const { request, params } = exchange
  if (request.method !== 'POST') {
    throw new Refusal('method-not-allowed', { header: { allow: 'POST' } })
  }
  const metadata = await readMetadata(request)
  const { registration, ids, routes } = core.profile
  registration.allow(metadata, exchange, core)
  const described = clientFromMetadata(metadata, registration.defaultAuthentication, core)
  const client = registration.client(
    {
      ...described,
      id: ids.clientId(core.random),
      origin: 'registered',
      secret: needsSecret(described) ? ids.clientSecret(core.random) : null,
      registrationAccessToken: routes['registration-management'] ? core.random(43) : null,
    },
    metadata,
    exchange,
  )
  if (client.name === '') client.name = client.id
  core.state.clients.set(client.id, client)
  return jsonResponse(registrationAnswer(client, params, core), 201, unstored)
}

/** RFC 7592: read, replace and delete a registration with its own token. */
export async function answerRegistrationManagement(
  exchange: Exchange,
  core: IssuerCore,
): Promise<Answer> {
  const { request, params } = exchange
  const client = managedClient(exchange, core)
  if (request.method === 'GET') {
    return jsonResponse(registrationAnswer(client, params, core), 200, unstored)
  }
  if (request.method === 'DELETE') {
    core.state.clients.delete(client.id)
    for (const { grant } of core.state.refreshTokens.values()) {
      if (grant.client.id === client.id) core.state.revokedGrants.set(grant.id, true)
    }
    return new Answer(null, { status: 204, headers: unstored })
  }
  if (request.method !== 'PUT') {
    throw new Refusal('method-not-allowed', { header: { allow: 'GET, PUT, DELETE' } })
  }
  const replaced = await replacedClient(exchange, client, core)
  core.state.clients.set(client.id, replaced)
  return jsonResponse(registrationAnswer(replaced, params, core), 200, unstored)
}

function managedClient({ request, params, url }: Exchange, core: IssuerCore): Client {
  const id = params['client'] ?? url.searchParams.get('client_id') ?? ''
  const client = core.client(id)
  const token = /^bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (!client || token === undefined || client.registrationAccessToken !== token) {
    throw new Refusal('token-invalid', { header: { 'www-authenticate': 'Bearer' } })
  }
  return client
}

/** RFC 7592 section 2.2: the client names itself, and what it leaves out is gone. */
async function replacedClient(
  exchange: Exchange,
  client: Client,
  core: IssuerCore,
): Promise<Client> {
  const metadata = await readMetadata(exchange.request)
  const { client_id: id, client_secret: secret } = metadata
  if (id !== client.id || (secret !== undefined && secret !== client.secret)) {
    throw new Refusal('registration-metadata', { description: 'this is another client' })
  }
  const forbidden = ['registration_access_token', 'registration_client_uri', 'client_id_issued_at']
  if (forbidden.some((name) => name in metadata)) {
    throw new Refusal('registration-metadata', { description: 'a member must not be sent back' })
  }
  const { registration, ids } = core.profile
  const described = clientFromMetadata(metadata, registration.defaultAuthentication, core)
  const replaced = registration.client(
    {
      ...described,
      id: client.id,
      origin: 'registered',
      name: described.name === '' ? client.id : described.name,
      secret: needsSecret(described) ? (client.secret ?? ids.clientSecret(core.random)) : null,
      registrationAccessToken: client.registrationAccessToken,
      issuedAt: client.issuedAt,
    },
    metadata,
    exchange,
  )
  return replaced
}

async function readMetadata(request: MockRequest): Promise<JsonObject> {
  const type = request.headers.get('content-type') ?? ''
  const body = await request.text()
  if (!/^application\/json *(;|$)/i.test(type)) throw new Refusal('body-not-json')
  if (body.length > mostCharacters) {
    throw new Refusal('registration-metadata', { description: 'the metadata are too long' })
  }
  try {
    const value: unknown = JSON.parse(body)
    if (isObject(value)) return value
  } catch {
    // answered below, as any other text that is no object
  }
  throw new Refusal('body-not-json', { error: 'invalid_client_metadata' })
}

function needsSecret({ authentication }: Client): boolean {
  return authentication.some((each) => each.startsWith('client_secret'))
}

/** RFC 7591 section 3.2.1: all metadata as they are registered, ours over the client's. */
function registrationAnswer(
  client: Client,
  params: Record<string, string>,
  core: IssuerCore,
): JsonObject {
  const { id, secret, issuedAt, registrationAccessToken: token } = client
  const at = core.router.urlOf('registration-management', { ...params, client: id })
  const standard: JsonObject = {
    ...keptMembers(client.metadata),
    client_id: id,
    client_id_issued_at: issuedAt,
    ...(secret === null ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    client_name: client.name,
    redirect_uris: client.redirectUris,
    grant_types: client.grantTypes,
    response_types: client.grantTypes.includes('authorization_code') ? ['code'] : [],
    token_endpoint_auth_method: client.authentication[0] ?? 'none',
    application_type: client.applicationType,
    ...(client.scopes === null ? {} : { scope: client.scopes.join(' ') }),
    ...(token === null || at === null
      ? {}
      : { registration_access_token: token, registration_client_uri: at }),
  }
  return core.profile.registration.answer(standard, client)
}

/** Members of RFC 7591 that are kept as they were sent; what is not understood is not repeated. */
const kept = ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'contacts', 'software_id']
const alsoKept = ['software_version', 'jwks', 'jwks_uri', 'dpop_bound_access_tokens']

function keptMembers(metadata: JsonObject): JsonObject {
  const names = [...kept, ...alsoKept, 'post_logout_redirect_uris']
  return Object.fromEntries(
    Object.entries(metadata).filter(([name, value]) => names.includes(name) && value !== null),
  )
}
