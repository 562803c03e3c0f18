import { documentClient, isDocumentId } from './client-metadata-document.ts'
import type { IssuerCore } from './core.ts'
import type { Client } from './state.ts'

/**
 * The client of an id: set up, registered, or described by the document that its id names.
 * @throws Refusal for a document that is not valid
 */
export async function findClient(id: string, core: IssuerCore): Promise<Client | null> {
  const known = core.client(id)
  if (known) return known
  if (!core.profile.clientMetadataDocuments || !isDocumentId(id)) return null
  return documentClient(id, core)
}
