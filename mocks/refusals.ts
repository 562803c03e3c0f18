import type { JsonValue } from './json.ts'

type Standard = readonly [error: string, status: number, description: string]

/** Why an endpoint refuses, finer than the error codes of the RFCs: a profile words its errors by it. */
export type Reason =
  | 'method-not-allowed'
  | 'body-not-form'
  | 'body-not-json'
  | 'parameter-repeated'
  | 'parameters-too-many'
  | 'parameter-missing'
  | 'parameter-malformed'
  | 'not-found'
  | 'client-two-ways'
  | 'client-unknown'
  | 'client-secret-wrong'
  | 'client-method-not-allowed'
  | 'client-assertion-invalid'
  | 'client-document-invalid'
  | 'redirect-unregistered'
  | 'response-type-unsupported'
  | 'response-mode-unsupported'
  | 'request-object-unsupported'
  | 'challenge-missing'
  | 'challenge-method-unsupported'
  | 'challenge-malformed'
  | 'login-required'
  | 'consent-required'
  | 'consent-refused'
  | 'login-failed'
  | 'login-unknown'
  | 'form-forged'
  | 'grant-missing'
  | 'grant-unsupported'
  | 'grant-not-allowed'
  | 'code-unknown'
  | 'code-expired'
  | 'code-replayed'
  | 'code-of-other-client'
  | 'redirect-mismatch'
  | 'verifier-missing'
  | 'verifier-wrong'
  | 'refresh-unknown'
  | 'refresh-expired'
  | 'refresh-reused'
  | 'refresh-of-other-client'
  | 'scope-malformed'
  | 'scope-not-allowed'
  | 'scope-exceeded'
  | 'target-missing'
  | 'target-malformed'
  | 'target-unknown'
  | 'target-not-allowed'
  | 'subject-type-unsupported'
  | 'subject-token-invalid'
  | 'actor-incomplete'
  | 'actor-token-invalid'
  | 'requested-type-unsupported'
  | 'exchange-denied'
  | 'proof-missing'
  | 'proof-invalid'
  | 'registration-redirect'
  | 'registration-metadata'
  | 'registration-off'
  | 'token-type-unsupported'
  | 'token-of-other-client'
  | 'token-missing'
  | 'token-invalid'
  | 'token-scope-missing'
  | 'logout-malformed'

/**
 * Every reason for which an endpoint refuses, with the error, the status and the words that the RFC
 * asks for. A provider that answers otherwise says so in `IssuerProfile.errors`, by the reason.
 */
export const reasons: Record<Reason, Standard> = {
  // any endpoint
  'method-not-allowed': ['invalid_request', 405, 'this endpoint does not take this method'],
  'body-not-form': ['invalid_request', 400, 'the body must be application/x-www-form-urlencoded'],
  'body-not-json': ['invalid_request', 400, 'the body must be a JSON object'],
  'parameter-repeated': ['invalid_request', 400, 'a parameter is there more than once'],
  'parameters-too-many': ['invalid_request', 400, 'there are too many parameters'],
  'parameter-missing': ['invalid_request', 400, 'a parameter is missing'],
  'parameter-malformed': ['invalid_request', 400, 'a parameter is malformed'],
  'not-found': ['not_found', 404, 'there is nothing here'],
  // client authentication, RFC 6749 section 5.2
  'client-two-ways': ['invalid_request', 400, 'a client authenticates in one way only'],
  'client-unknown': ['invalid_client', 401, 'client authentication failed'],
  'client-secret-wrong': ['invalid_client', 401, 'client authentication failed'],
  'client-method-not-allowed': ['invalid_client', 401, 'client authentication failed'],
  'client-assertion-invalid': ['invalid_client', 401, 'client authentication failed'],
  'client-document-invalid': ['invalid_client', 400, 'the client metadata document is not valid'],
  // authorization endpoint, RFC 6749 section 4.1.2.1, RFC 7636 section 4.4.1
  'redirect-unregistered': ['invalid_request', 400, 'redirect_uri is not registered'],
  'response-type-unsupported': ['unsupported_response_type', 400, 'only code is supported'],
  'response-mode-unsupported': ['invalid_request', 400, 'the response mode is not supported'],
  'request-object-unsupported': ['request_not_supported', 400, 'request objects are not supported'],
  'challenge-missing': ['invalid_request', 400, 'code_challenge is missing'],
  'challenge-method-unsupported': ['invalid_request', 400, 'code_challenge_method must be S256'],
  'challenge-malformed': ['invalid_request', 400, 'code_challenge is malformed'],
  'login-required': ['login_required', 400, 'the user is not logged in'],
  'consent-required': ['consent_required', 400, 'the user has not consented'],
  'consent-refused': ['access_denied', 400, 'the user refused'],
  'login-failed': ['access_denied', 400, 'the user could not be logged in'],
  'login-unknown': ['invalid_request', 400, 'this login is not under way in this browser'],
  'form-forged': ['invalid_request', 403, 'the form was not sent from our page'],
  // grants
  'grant-missing': ['invalid_request', 400, 'grant_type is missing'],
  'grant-unsupported': ['unsupported_grant_type', 400, 'this grant type is not supported'],
  'grant-not-allowed': ['unauthorized_client', 400, 'the client may not use this grant type'],
  'code-unknown': ['invalid_grant', 400, 'the code is not valid'],
  'code-expired': ['invalid_grant', 400, 'the code is not valid'],
  'code-replayed': ['invalid_grant', 400, 'the code is not valid'],
  'code-of-other-client': ['invalid_grant', 400, 'the code is not valid'],
  'redirect-mismatch': ['invalid_grant', 400, 'redirect_uri is not the one of the request'],
  'verifier-missing': ['invalid_grant', 400, 'code_verifier is missing'],
  'verifier-wrong': ['invalid_grant', 400, 'code_verifier does not fit'],
  'refresh-unknown': ['invalid_grant', 400, 'the refresh token is not valid'],
  'refresh-expired': ['invalid_grant', 400, 'the refresh token is not valid'],
  'refresh-reused': ['invalid_grant', 400, 'the refresh token is not valid'],
  'refresh-of-other-client': ['invalid_grant', 400, 'the refresh token is not valid'],
  'scope-malformed': ['invalid_scope', 400, 'scope is not a list of scopes'],
  'scope-not-allowed': ['invalid_scope', 400, 'a scope is not allowed'],
  'scope-exceeded': ['invalid_scope', 400, 'a scope was not granted before'],
  'target-missing': ['invalid_target', 400, 'resource is missing'],
  'target-malformed': [
    'invalid_target',
    400,
    'resource must be an absolute URI without a fragment',
  ],
  'target-unknown': ['invalid_target', 400, 'the resource is not known'],
  'target-not-allowed': ['invalid_target', 400, 'the resource is not allowed'],
  // token exchange, RFC 8693 section 2.2.2
  'subject-type-unsupported': ['invalid_request', 400, 'subject_token_type is not supported'],
  'subject-token-invalid': ['invalid_request', 400, 'subject_token is not valid'],
  'actor-incomplete': ['invalid_request', 400, 'actor_token and actor_token_type belong together'],
  'actor-token-invalid': ['invalid_request', 400, 'actor_token is not valid'],
  'requested-type-unsupported': ['invalid_request', 400, 'requested_token_type is not supported'],
  'exchange-denied': ['access_denied', 403, 'the exchange is denied'],
  // DPoP, RFC 9449 section 5
  'proof-missing': ['invalid_dpop_proof', 400, 'a DPoP proof is needed'],
  'proof-invalid': ['invalid_dpop_proof', 400, 'the DPoP proof is not valid'],
  // registration, RFC 7591 section 3.2.2
  'registration-redirect': ['invalid_redirect_uri', 400, 'a redirect URI is not allowed'],
  'registration-metadata': ['invalid_client_metadata', 400, 'the client metadata is not valid'],
  'registration-off': ['access_denied', 403, 'registration is switched off'],
  // revocation, userinfo
  'token-type-unsupported': ['unsupported_token_type', 400, 'this token cannot be revoked'],
  'token-of-other-client': ['unauthorized_client', 400, 'the token was given to another client'],
  'token-missing': ['invalid_request', 401, ''],
  'token-invalid': ['invalid_token', 401, 'the token is not valid'],
  'token-scope-missing': ['insufficient_scope', 403, 'the token has not the scope that is needed'],
  'logout-malformed': ['invalid_request', 400, 'the logout request is not valid'],
}

/** What a provider may want to know to word its error. */
export type RefusalDetails = Record<string, JsonValue>

/** Thrown by an endpoint, answered in one place, in the words of the profile. */
export class Refusal extends Error {
  readonly reason: Reason
  /** RFC error code and HTTP status, as the RFC has them unless a profile's own code said otherwise. */
  readonly error: string
  readonly status: number
  readonly header: Record<string, string>
  readonly details: RefusalDetails

  constructor(
    reason: Reason,
    change: {
      error?: string
      status?: number
      description?: string
      header?: Record<string, string>
      details?: RefusalDetails
    } = {},
  ) {
    const [error, status, description] = reasons[reason]
    super(change.description ?? description)
    this.name = 'Refusal'
    this.reason = reason
    this.error = change.error ?? error
    this.status = change.status ?? status
    this.header = change.header ?? {}
    this.details = change.details ?? {}
  }
}
