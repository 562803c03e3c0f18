import type { ErrorForm, ErrorPlace } from '../profile.ts'
import type { Reason, Refusal } from '../refusals.ts'

const notAllowed =
  'You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants'

/** Statuses and words of the service; sources in the rows of the wire facts, section 3.2. */
const words: Partial<Record<Reason, Partial<ErrorForm>>> = {
  // [observed: node-auth0 issue 682], [cassette]
  'client-unknown': { status: 401, error: 'access_denied', description: 'Unauthorized' },
  'client-secret-wrong': { status: 401, error: 'access_denied', description: 'Unauthorized' },
  'client-method-not-allowed': { status: 401, error: 'access_denied', description: 'Unauthorized' },
  // [cassette TestLoginWithAuthCode, …WithPKCE]
  'code-unknown': { status: 403, description: 'Invalid authorization code' },
  'code-expired': { status: 403, description: 'Invalid authorization code' },
  'code-replayed': { status: 403, description: 'Invalid authorization code' },
  'code-of-other-client': { status: 403, description: 'Invalid authorization code' },
  'redirect-mismatch': { status: 403, description: 'Invalid authorization code' }, // [assumed]
  // text [observed: many public repos]; 403 [observed in mocks]
  'verifier-wrong': { status: 403, description: 'Failed to verify code verifier' },
  'verifier-missing': { status: 403, description: 'Failed to verify code verifier' },
  // [observed widely; mobile SDK matches on it]
  'refresh-unknown': { status: 403, description: 'Unknown or invalid refresh token.' },
  'refresh-expired': { status: 403, description: 'Unknown or invalid refresh token.' },
  'refresh-reused': { status: 403, description: 'Unknown or invalid refresh token.' },
  'refresh-of-other-client': { status: 403, description: 'Unknown or invalid refresh token.' },
  // [docs authenticate/login/configure-silent-authentication]
  'consent-required': { description: 'Consent required' },
  'login-required': { description: 'Login required' },
  'consent-refused': { description: 'User did not authorize the request' }, // [observed]
  // [docs authenticate/custom-token-exchange]
  'actor-incomplete': { description: 'actor_token and actor_token_type must be sent together' },
}

export function auth0Errors(refusal: Refusal, { endpoint, form }: ErrorPlace): ErrorForm {
  const { reason, error, status, message, details } = refusal
  const standard = { error, status, description: message }
  const audience = [details['audience'] ?? []].flat().join(' ')
  if (reason === 'target-unknown') {
    // [observed widely]
    const text = form === 'body' ? 'Service not enabled within domain' : 'Service not found'
    return { ...standard, status: 403, error: 'access_denied', description: `${text}: ${audience}` }
  }
  if (reason === 'target-not-allowed' || reason === 'scope-not-allowed') {
    const description = `Client is not authorized to access "${audience}". ${notAllowed}`
    return { ...standard, status: 403, error: 'access_denied', description }
  }
  if (reason === 'grant-not-allowed' || reason === 'grant-unsupported') {
    // [observed: ruby-auth0 issue 190]
    const description = `Grant type '${String(details['grant_type'] ?? '')}' not allowed for the client.`
    const body = { error: 'unauthorized_client', error_description: description }
    return {
      ...standard,
      status: 403,
      description,
      body: { ...body, error_uri: 'https://auth0.com/docs/clients/client-grant-types' },
    }
  }
  if (endpoint === 'userinfo') return { ...standard, status: 401, body: 'Unauthorized' } // [assumed]
  return { ...standard, ...words[reason] }
}
