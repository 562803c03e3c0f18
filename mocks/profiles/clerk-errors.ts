import type { JsonObject } from '../json.ts'
import type { ErrorForm, ErrorPlace } from '../profile.ts'
import type { Reason, Refusal } from '../refusals.ts'

/** The body of everything that is no OAuth answer [errors]. */
export function clerkBody(code: string, message: string, long: string = message): JsonObject {
  return {
    errors: [{ message, long_message: long, code, meta: {} }],
    clerk_trace_id: '0123456789abcdef0123456789abcdef',
  }
}

/** [spec fapi]: the statuses of the token endpoint differ from the RFC's 400. */
const words: Partial<Record<Reason, Partial<ErrorForm>>> = {
  'client-unknown': { status: 401, description: 'Client authentication failed' },
  'client-secret-wrong': { status: 401, description: 'Client authentication failed' },
  'client-method-not-allowed': { status: 401, description: 'Client authentication failed' },
  'code-unknown': { status: 401 },
  'code-replayed': { status: 401 },
  'code-of-other-client': { status: 401 },
  'verifier-wrong': { status: 401 },
  'verifier-missing': { status: 401 }, // [assumed]
  'refresh-unknown': { status: 401 },
  'refresh-reused': { status: 401 },
  'refresh-expired': { status: 401 },
  'refresh-of-other-client': { status: 401 },
  'code-expired': { status: 400 },
  'redirect-mismatch': { status: 400 },
  'grant-missing': { description: 'The request is missing a required parameter' },
  'parameter-missing': { description: 'The request is missing a required parameter' },
  'grant-unsupported': { status: 401 },
}

export function clerkErrors(
  { reason, error, status, message }: Refusal,
  { endpoint, form }: ErrorPlace,
): ErrorForm {
  const standard = { error, status, description: message }
  if (reason === 'registration-off') {
    const code = 'feature_requires_dynamic_oauth_client_registration'
    return { ...standard, status: 422, body: clerkBody(code, message) }
  }
  if (reason === 'not-found') {
    const body = clerkBody('resource_not_found', 'not found', 'Resource not found')
    return { ...standard, body }
  }
  if (endpoint === 'userinfo') {
    const body = clerkBody('oauth_fetch_user_error', 'unable to fetch user info')
    return { ...standard, status: 401, body }
  }
  if (form === 'page') {
    const code =
      reason === 'redirect-unregistered' ? 'redirect_uri_mismatch' : 'oauth_authorize_request_error'
    return { ...standard, status: 400, body: clerkBody(code, message) }
  }
  return { ...standard, ...words[reason] }
}
