import type { JsonObject } from '../json.ts'
import type { MetadataDocument } from '../profile.ts'
import { only } from './members.ts'
import { isSwitchedOff } from './scalekit-resources.ts'

/** One document for each resource, at both places, and that of the environment. */
export function scalekitDocuments(rules: { registration: boolean }): MetadataDocument[] {
  return [
    {
      kind: 'oauth',
      paths: [
        '/.well-known/oauth-authorization-server{base}/resources/{resource}', // [observed], FastMCP
        '{base}/resources/{resource}/.well-known/oauth-authorization-server', // [docs authenticate/mcp/xmcp-quickstart]
      ],
      write: (standard, { base, params, core }) => {
        const resource = core.state.resources.get(params['resource'] ?? '')
        if (!resource) return null
        const { registration_endpoint: registration, ...named } = only(standard, ofResource)
        return {
          ...named,
          issuer: `${base}/resources/${resource.id}`, // [observed]
          ...(isSwitchedOff(resource, rules.registration) || registration === undefined
            ? {}
            : { registration_endpoint: registration }), // absent when off: [assumed]
          ...whenTrue(standard),
          ...(resource.scopes.length === 0 ? {} : { scopes_supported: resource.scopes }), // [observed]: nothing else
        }
      },
    },
    {
      kind: 'openid',
      paths: ['{base}/.well-known/openid-configuration'], // [observed]; none below a resource
      write: (standard, { base }) => ({
        ...only(standard, ofEnvironment), // members are [inferred]
        authorization_endpoint: `${base}/oauth/authorize`, // [SDK node 2.11.0 lib/scalekit.js]
        token_endpoint: `${base}/oauth/token`, // [SDK node 2.11.0 lib/core.js]
        ...whenTrue(standard),
        claims_supported: ['sub', 'aud', 'exp', 'iat', 'iss', 'oid', 'sid', 'email', 'name'], // [inferred]
      }),
    },
  ]
}

/** [observed] */
const ofResource = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'registration_endpoint',
  'response_types_supported',
  'grant_types_supported',
  'token_endpoint_auth_methods_supported',
  'code_challenge_methods_supported',
]

/** [inferred] */
const ofEnvironment = [
  'issuer',
  'introspection_endpoint',
  'userinfo_endpoint',
  'revocation_endpoint',
  'revocation_endpoint_auth_methods_supported',
  'end_session_endpoint',
  'jwks_uri',
  'scopes_supported',
  'response_types_supported',
  'grant_types_supported',
  'subject_types_supported',
  'id_token_signing_alg_values_supported',
  'token_endpoint_auth_methods_supported',
  'code_challenge_methods_supported',
]

/** Members that are there only when they are true [observed]. */
function whenTrue(standard: JsonObject): JsonObject {
  const names = [
    'client_id_metadata_document_supported',
    'authorization_response_iss_parameter_supported',
  ]
  return only(
    standard,
    names.filter((name) => standard[name] === true),
  )
}
