import type { JsonObject } from '../json.ts'
import type { ErrorForm, ErrorPlace } from '../profile.ts'
import type { Reason, Refusal } from '../refusals.ts'

type Words = Partial<Pick<ErrorForm, 'error' | 'status' | 'description' | 'page'>>

/** Where the service says otherwise than the RFCs. */
const words: Partial<Record<Reason, Words>> = {
  'code-unknown': { description: 'invalid code' }, // [inferred]
  'code-expired': { description: 'invalid code' }, // [inferred]
  'code-replayed': { description: 'invalid code' }, // [inferred]; invalid_grant is [docs]
  'code-of-other-client': { description: 'invalid code' }, // [inferred]
  'verifier-wrong': { description: 'invalid code_verifier' }, // [inferred]
  'verifier-missing': { error: 'invalid_request', description: 'code_verifier required' }, // [inferred]
  'redirect-mismatch': { description: 'redirect_uri does not correspond' }, // [inferred]
  // the code is [docs authenticate/mcp/troubleshooting], the status [assumed]
  'client-document-invalid': { error: 'invalid_client_metadata_url', status: 400 },
  'not-found': { page: true }, // an unknown resource in the path of the authorization endpoint
}

/** Errors of the OAuth endpoints, of their pages, and of the API. */
export function scalekitErrors(refusal: Refusal, { endpoint, form }: ErrorPlace): ErrorForm {
  const { reason, error, status, message: description } = refusal
  if (endpoint === 'user-details') return apiError(refusal)
  if (form === 'page' && reason === 'client-unknown') {
    // [docs authenticate/mcp/troubleshooting]
    return { error: 'invalid_client', status: 400, description: 'unable to retrieve client by id' }
  }
  if (endpoint === 'partner-callback' && reason === 'login-unknown') {
    // the code is [docs authenticate/mcp/custom-auth], status and text are [assumed]
    return { error: 'invalid_state', status: 400, description: 'the state is not valid or expired' }
  }
  return { error, status, description, ...words[reason] }
}

/** Of the API: a code of gRPC with the error's own code in the details [docs apis]. */
function apiError({ reason, status, message }: Refusal): ErrorForm {
  const [code, errorCode, at] = apiCodes[reason] ?? [3, 'INVALID_ARGUMENT', status]
  const details = [
    { '@type': 'type.googleapis.com/scalekit.v1.errdetails.ErrorInfo', error_code: errorCode },
  ]
  const body: JsonObject = { code, message: message === '' ? 'Token empty' : message, details }
  return { error: errorCode, status: at, description: message, body }
}

const apiCodes: Partial<Record<Reason, [code: number, errorCode: string, status: number]>> = {
  'token-missing': [16, 'UNAUTHENTICATED', 401], // [docs apis]
  'token-invalid': [16, 'UNAUTHENTICATED', 401], // [run] for the code
  'token-scope-missing': [7, 'PERMISSION_DENIED', 403], // [assumed]
  'not-found': [5, 'RESOURCE_NOT_FOUND', 404], // [run], [docs authenticate/mcp/custom-auth]
  'login-unknown': [5, 'RESOURCE_NOT_FOUND', 404], // [run]
  'method-not-allowed': [12, 'UNIMPLEMENTED', 405], // [assumed]
}
