import { alphanumeric, digits } from '../draw.ts'
import type { Draw } from '../draw.ts'
import type { Ids, Seed } from '../profile.ts'
import { seededClient, seededResource } from '../seed.ts'
import type { ServedIssuer } from '../serve-issuer.ts'
import type { ScalekitOptions } from './scalekit.ts'

/** An id of the service: what it is, and 17 digits [docs], [SDK node 2.11.0 lib/pkg/grpc]. */
export function snowflake(prefix: string, draw: Draw): string {
  return `${prefix}${draw(1, '123456789')}${draw(17, digits).slice(1)}`
}

export const scalekitIds: Ids = {
  code: (draw) => draw(43), // [assumed]
  refreshToken: (draw) => draw(43), // opaque [docs]; the spelling is [assumed]
  clientId: (draw) => snowflake('m2m_', draw), // [observed]
  clientSecret: (draw) => `test_${draw(40, alphanumeric)}`, // [SDK node 2.11.0 lib/pkg/grpc]
  token: (draw) => snowflake('tkn_', draw), // [docs guides: session token claims]
  session: (draw) => snowflake('ses_', draw), // [docs guides: session token claims]
  login: (draw) => snowflake('lri_', draw), // [docs authenticate/mcp/custom-auth]
}

export const scalekitResource = 'res_71300000000000001'
export const scalekitConnection = 'conn_71300000000000002'
const organization = 'org_71300000000000003'

/** One environment: a client of its backend, one of an organization, an MCP server, two users. */
export function scalekitSeed(options: ScalekitOptions): Seed {
  const { serverUrl, scopes, lifetime, loginUrl, connection = scalekitConnection } = options
  return {
    clients: [
      seededClient({
        id: 'skc_71300000000000010',
        secret: 'test_scalekit_mock_secret',
        name: 'Environment',
        redirectUris: ['http://localhost:3000/callback'],
        consent: 'skip', // the application's own login asks for none [assumed]
      }),
      seededClient({
        id: 'm2morg_71300000000000011',
        secret: 'test_organization_mock_secret',
        name: 'Organization',
        grantTypes: ['client_credentials'],
        scopes: ['deploy:read', 'deploy:write'], // [docs cookbooks/m2m-jwks-and-oauth-scopes]
        attributes: { organization, audience: ['https://api.example.com'] },
      }),
    ],
    users: {
      a: user('usr_71300000000000042', 'alice', 'wonderland'),
      b: user('usr_71300000000000043', 'bob', 'builder'),
    },
    resources: [
      seededResource({
        id: scalekitResource,
        identifiers: serverUrl === undefined ? [] : [serverUrl],
        name: 'MCP server',
        scopes: scopes ?? ['todo:read', 'todo:write'],
        lifetime: lifetime ?? 300, // 300 to 3600 are recommended [docs authenticate/mcp/quickstart]
        attributes: loginUrl === undefined ? {} : { loginUrl, connection },
      }),
    ],
    organizations: [{ id: organization, name: 'Example', attributes: {} }],
  }
}

function user(subject: string, username: string, password: string): Seed['users']['a'] {
  const email = `${username}@example.com`
  return { subject, username, password, email, organizations: [organization] }
}

/**
 * Variables of a server that trusts Scalekit: those of the SDKs and demos [docs], of FastMCP's provider
 * [docs authenticate/mcp/fastmcp-quickstart] and, for bring your own auth, the connection [assumed].
 */
export function scalekitEnvironment(issuer: ServedIssuer): Record<string, string> {
  const { url, clientId, clientSecret, core, profile } = issuer
  const { resource: id = '' } = profile.params
  const resource = core.state.resources.get(id)
  const connection = resource?.attributes['connection']
  const serverUrl = resource?.identifiers.find((each) => each !== id)
  return {
    SCALEKIT_ENVIRONMENT_URL: url,
    SCALEKIT_CLIENT_ID: clientId,
    SCALEKIT_CLIENT_SECRET: clientSecret,
    SCALEKIT_RESOURCE_ID: id,
    SK_ENV_URL: url,
    SK_CLIENT_ID: clientId,
    SK_CLIENT_SECRET: clientSecret,
    MCP_SERVER_ID: id,
    EXPECTED_AUDIENCE: serverUrl ?? id,
    FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_ENVIRONMENT_URL: url,
    FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_RESOURCE_ID: id,
    ...(serverUrl === undefined ? {} : { MCP_URL: serverUrl }),
    ...(typeof connection === 'string' ? { SCALEKIT_CONNECTION_ID: connection } : {}),
  }
}
