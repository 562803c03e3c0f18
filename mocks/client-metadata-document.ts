import { clientFromMetadata } from './client-metadata.ts'
import type { IssuerCore } from './core.ts'
import { Refusal } from './refusals.ts'
import type { Client } from './state.ts'

/** True for a client id that may name a Client ID Metadata Document. */
export function isDocumentId(id: string): boolean {
  return /^https?:\/\//i.test(id)
}

/**
 * The client that the document at its id describes (OAuth Client ID Metadata Document). A good
 * document is kept as long as it says, an error never.
 * @throws Refusal `client-document-invalid`
 */
export async function documentClient(id: string, core: IssuerCore): Promise<Client> {
  const known = core.state.documents.get(id)
  if (known && known.expires > core.now()) return known.client
  const { rules } = core.profile
  if (rules.documentChecked) checkId(id, core)
  const { json, maxAge } = await core
    .fetchJson(id, { guarded: rules.documentsGuarded })
    .catch((error: unknown) => {
      throw invalid(id, (error as Error).message)
    })
  if (rules.documentChecked) {
    if (json['client_id'] !== id) throw invalid(id, 'client_id is not the URL of the document')
    const secrets = ['client_secret', 'client_secret_expires_at']
    if (secrets.some((name) => name in json)) throw invalid(id, 'a document holds no secret')
    const method = json['token_endpoint_auth_method'] ?? 'none'
    if (String(method).startsWith('client_secret')) throw invalid(id, 'there can be no secret')
  }
  const client = describedClient(id, json, core)
  core.state.documents.set(id, { client, expires: core.now() + maxAge })
  return client
}

function describedClient(
  id: string,
  json: Parameters<typeof clientFromMetadata>[0],
  core: IssuerCore,
): Client {
  try {
    const client = clientFromMetadata(json, 'none', core)
    return { ...client, id, origin: 'document', name: client.name === '' ? id : client.name }
  } catch (error) {
    if (error instanceof Refusal) throw invalid(id, error.message)
    throw error
  }
}

/** The form of the URL: https, with a path, nothing hidden in it, written as it is fetched. */
function checkId(id: string, core: IssuerCore): void {
  const url = URL.canParse(id) ? new URL(id) : null
  if (!url) throw invalid(id, 'the URL is malformed')
  if (url.protocol !== 'https:' && !core.loopbackDocuments)
    throw invalid(id, 'the URL is not https')
  if (url.username !== '' || url.password !== '') throw invalid(id, 'the URL has user-info')
  if (id.includes('#')) throw invalid(id, 'the URL has a fragment')
  if (url.pathname === '/') throw invalid(id, 'the URL has no path')
  const path = id.replace(/^https?:\/\/[^/?]*/i, '').replace(/\?.*$/, '')
  const dots = path.split('/').some((each) => /^(\.|%2e){1,2}$/i.test(each))
  if (dots) throw invalid(id, 'the path has dot segments')
}

function invalid(id: string, problem: string): Refusal {
  return new Refusal('client-document-invalid', {
    description: `the client metadata document is not valid: ${problem}`,
    details: { client_id: id, problem },
  })
}
