import {
  readCommonSettings,
  readList,
  readNumber,
  readRequired,
  type Environment,
  type Settings,
} from '../resource-server/config.ts'

const scopes = ['tool:greet', 'tool:whoami']

export interface CteSettings extends Settings {
  /** What tokens of the upstream API name, which are none for us. */
  apiAudience: string
}

/** Reads the configuration; throws an `Error` with one sentence for whoever starts the server. */
export function readSettings(env: Environment): CteSettings {
  const audience = readAudience(env)
  return {
    ...readCommonSettings(env),
    resource: audience,
    audience,
    issuers: [{ issuer: `https://${readDomain(env)}/`, keys: { kind: 'discover' } }],
    algorithm: 'RS256',
    requiredScopes: [],
    advertisedScopes: scopes,
    allowedOrigins: readOrigins(env),
    clientAllowlist: null,
    apiAudience: readApiAudience(env),
  }
}

/** How the upstream API is reached: at the tenant a token for it, then the API itself. */
export interface ApiSettings {
  domain: string
  clientId: string
  clientSecret: string
  /** Names the exchange profile of the tenant. */
  subjectTokenType: string
  audience: string
  /** What is asked for, with blanks between; undefined asks for nothing. */
  scope: string | undefined
  baseUrl: string
  /** For one request to the tenant or the API. */
  timeoutMs: number
  /** Whether failures are told to the operator. */
  debug: boolean
}

export function readApiSettings(env: Environment): ApiSettings {
  return {
    domain: readDomain(env),
    clientId: readRequired(env, 'MCP_AUTH0_CLIENT_ID', 'the client id of this server'),
    clientSecret: readRequired(env, 'MCP_AUTH0_CLIENT_SECRET', 'the client secret of this server'),
    subjectTokenType: readRequired(
      env,
      'MCP_AUTH0_SUBJECT_TOKEN_TYPE',
      'the subject token type of the exchange profile, as in urn:fastmcp:mcp',
    ),
    audience: readApiAudience(env),
    scope: readList(env, 'MCP_AUTH0_EXCHANGE_SCOPE')?.join(' '),
    baseUrl: env['API_BASE_URL'] || 'http://localhost:8787',
    timeoutMs: readNumber(env, 'API_TIMEOUT_MS', 5_000),
    debug: env['DEBUG'] === 'true',
  }
}

export function readDomain(env: Environment): string {
  const domain = readRequired(env, 'AUTH0_DOMAIN', 'the host name of the tenant')
  if (/^[\w.-]+(:\d+)?$/.test(domain)) return domain
  throw new Error(`AUTH0_DOMAIN is "${domain}", which is not a bare host name.`)
}

/** The API identifier of this server is its URL, because clients ask for tokens by that. */
function readAudience(env: Environment): string {
  const audience = readRequired(env, 'AUTH0_AUDIENCE', 'the URL of the MCP endpoint')
  if (!/^https?:\/\//.test(audience) || !URL.canParse(audience)) {
    throw new Error(`AUTH0_AUDIENCE is "${audience}", which is not the URL of an MCP endpoint.`)
  }
  const served = env['MCP_SERVER_URL']
  if (served && new URL(audience).origin !== new URL(served).origin) {
    throw new Error('AUTH0_AUDIENCE and MCP_SERVER_URL are on different origins.')
  }
  return audience
}

function readApiAudience(env: Environment): string {
  return readRequired(env, 'API_AUTH0_AUDIENCE', 'the identifier of the upstream API')
}

function readOrigins(env: Environment): string[] {
  const origins = readList(env, 'CORS_ORIGINS') ?? []
  if (!origins.includes('*')) return origins
  throw new Error('CORS_ORIGINS holds "*". Name the origins of the web pages that may call.')
}
