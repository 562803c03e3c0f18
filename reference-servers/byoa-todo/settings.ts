import {
  readChoice,
  readCommonSettings,
  readList,
  readRequired,
  type Environment,
  type Settings,
} from '../resource-server/config.ts'
import type { TodoApi } from './todo-client.ts'

const provider = 'FASTMCP_SERVER_AUTH_SCALEKITPROVIDER'

export interface TodoSettings extends Settings {
  /** The Scalekit environment. */
  environmentUrl: string
  /** The issuer that MCP clients are sent to: this resource in the environment. */
  resourceIssuer: string
  /** The REST API of the product. */
  api: TodoApi
}

/**
 * Reads the configuration; throws an `Error` with one sentence for whoever starts the server.
 *
 * Scalekit publishes metadata for each resource under an issuer of its own, and writes the bare
 * environment into `iss` of tokens until it has moved on. Exactly one of the two is accepted.
 */
export function readSettings(env: Environment): TodoSettings {
  const environmentUrl = withoutSlash(
    readRequired(env, `${provider}_ENVIRONMENT_URL`, 'the URL of the Scalekit environment'),
  )
  const resourceId = readRequired(env, `${provider}_RESOURCE_ID`, 'the res_… of this MCP server')
  const base = readRequired(
    { [`${provider}_BASE_URL`]: env[`${provider}_BASE_URL`] || env[`${provider}_MCP_URL`] },
    `${provider}_BASE_URL`,
    'the origin under which clients reach this server',
  )
  const resource = `${withoutSlash(base)}/mcp`
  const resourceIssuer = `${environmentUrl}/resources/${resourceId}`
  const named = readChoice(env, `${provider}_TOKEN_ISSUER`, ['environment', 'resource'])
  const issuer = named === 'environment' ? environmentUrl : resourceIssuer
  return {
    ...readCommonSettings(env),
    resource,
    audience: resource,
    audienceAliases: [resourceId],
    issuers: [{ issuer, keys: { kind: 'url', url: `${environmentUrl}/keys` } }],
    authorizationServers: [resourceIssuer],
    algorithm: 'RS256',
    requiredScopes: readList(env, `${provider}_REQUIRED_SCOPES`) ?? [],
    clientAllowlist: null,
    environmentUrl,
    resourceIssuer,
    api: {
      baseUrl: withoutSlash(env['TODO_APP_BASE_URL'] || 'http://localhost:3001'),
      apiKey: env['TODO_APP_API_KEY'] || 'demo-api-key-12345',
    },
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '')
}
