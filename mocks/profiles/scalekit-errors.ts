import type { ErrorForm, ErrorPlace } from '../profile.ts'
import type { Reason, Refusal } from '../refusals.ts'

/** Words and codes of the service [inferred zitadel/oidc, where not said otherwise]. */
const words: Partial<Record<Reason, Partial<ErrorForm>>> = {
  'code-unknown': { description: 'invalid code' },
  'code-expired': { description: 'invalid code' },
  'code-replayed': { description: 'invalid code' },
  'code-of-other-client': { description: 'invalid code' },
  'verifier-wrong': { description: 'invalid code_verifier' },
  'verifier-missing': { error: 'invalid_request', description: 'code_verifier required' },
  'redirect-mismatch': { description: 'redirect_uri does not correspond' },
  // [docs authenticate/mcp/troubleshooting]
  'client-document-invalid': { error: 'invalid_client_metadata_url' },
  // [docs authenticate/mcp/custom-auth]
  'login-unknown': {
    error: 'invalid_state',
    description: 'the login request is not known, or too old',
    page: true,
  },
}

export function scalekitErrors(
  { reason, error, status, message }: Refusal,
  { form }: ErrorPlace,
): ErrorForm {
  const standard = { error, status, description: message }
  // [docs authenticate/mcp/troubleshooting]: a page that holds this text
  if (reason === 'client-unknown' && form === 'page') {
    return { ...standard, status: 400, description: 'unable to retrieve client by id' }
  }
  return { ...standard, ...words[reason] }
}
