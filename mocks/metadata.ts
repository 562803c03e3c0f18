import { assertionAlgorithms } from './client-assertion.ts'
import type { IssuerCore } from './core.ts'
import type { JsonObject } from './json.ts'
import type { MetadataDocument } from './profile.ts'

/**
 * RFC 8414 section 2 and OpenID Connect Discovery section 3: what follows from the profile. Only what
 * the issuer really does is announced.
 */
export function metadataDocument(
  { write }: MetadataDocument,
  params: Record<string, string>,
  core: IssuerCore,
): JsonObject | null {
  const { issuer, router } = core
  return write(standardMembers(params, core), { issuer, base: router.base, params, core })
}

function standardMembers(params: Record<string, string>, core: IssuerCore): JsonObject {
  const { issuer, profile, ring, router } = core
  const { rules } = profile
  const confidential = profile.authentication.filter((each) => each !== 'none')
  const at = (member: string, endpoint: Parameters<typeof router.urlOf>[0]): JsonObject => {
    const url = router.urlOf(endpoint, params)
    return url === null ? {} : { [member]: url }
  }
  const has = (endpoint: Parameters<typeof router.urlOf>[0], members: JsonObject): JsonObject =>
    profile.routes[endpoint] === undefined ? {} : members
  return {
    issuer,
    ...at('jwks_uri', 'jwks'),
    ...at('authorization_endpoint', 'authorization'),
    ...at('token_endpoint', 'token'),
    token_endpoint_auth_methods_supported: profile.authentication,
    ...at('registration_endpoint', 'registration'),
    ...at('userinfo_endpoint', 'userinfo'),
    ...at('introspection_endpoint', 'introspection'),
    ...has('introspection', { introspection_endpoint_auth_methods_supported: confidential }),
    ...at('revocation_endpoint', 'revocation'),
    ...has('revocation', {
      revocation_endpoint_auth_methods_supported:
        rules.revocation === 'any-client' ? profile.authentication : confidential,
    }),
    ...at('end_session_endpoint', 'end-session'),
    ...(profile.scopes.supported.length === 0
      ? {}
      : { scopes_supported: profile.scopes.supported }),
    grant_types_supported: profile.grantTypes,
    response_types_supported: profile.routes.authorization ? rules.responseTypes : [],
    ...has('authorization', {
      response_modes_supported: ['query', 'form_post'],
      code_challenge_methods_supported: rules.challengeMethods,
      authorization_response_iss_parameter_supported: rules.iss !== 'never',
      client_id_metadata_document_supported: profile.clientMetadataDocuments,
    }),
    ...(profile.dpop.algorithms.length === 0
      ? {}
      : { dpop_signing_alg_values_supported: profile.dpop.algorithms }),
    ...(profile.authentication.includes('private_key_jwt')
      ? { token_endpoint_auth_signing_alg_values_supported: [...assertionAlgorithms] }
      : {}),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [ring.current.alg],
  }
}
