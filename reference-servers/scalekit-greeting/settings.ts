import {
  readCommonSettings,
  readRequired,
  type Environment,
  type Settings,
} from '../resource-server/config.ts'
import { isRecord } from '../resource-server/key-set.ts'

/** The Scalekit environment, and as whom the SDK calls it. */
export interface Vendor {
  environmentUrl: string
  clientId: string
  clientSecret: string
}

/** What every request needs. */
const requiredScope = 'usr:read'

/** Reads the configuration; throws an `Error` with one sentence for whoever starts the server. */
export function readSettings(env: Environment): Settings {
  const { environmentUrl } = readVendor(env)
  const audience = readRequired(
    env,
    'EXPECTED_AUDIENCE',
    'the Server URL that is registered at Scalekit, slash at the end included',
  )
  const metadata = readMetadata(env)
  checkMetadata(metadata, audience, environmentUrl)
  return {
    ...readCommonSettings(env),
    resource: audience,
    audience,
    metadata,
    issuers: [
      {
        issuer: env['SK_TOKEN_ISSUER'] || environmentUrl,
        keys: { kind: 'url', url: `${environmentUrl}/keys` },
      },
    ],
    algorithm: 'RS256',
    requiredScopes: [requiredScope],
    clientAllowlist: null,
  }
}

export function readVendor(env: Environment): Vendor {
  const url = readRequired(env, 'SK_ENV_URL', 'the URL of the Scalekit environment')
  if (!URL.canParse(url)) throw new Error(`SK_ENV_URL is "${url}", which is no URL.`)
  return {
    environmentUrl: url.replace(/\/$/, ''),
    clientId: readRequired(env, 'SK_CLIENT_ID', 'the client id of the Scalekit environment'),
    clientSecret: readRequired(env, 'SK_CLIENT_SECRET', 'the secret of that client'),
  }
}

const metadataVariable = 'PROTECTED_RESOURCE_METADATA'

function readMetadata(env: Environment): Record<string, unknown> {
  const text = readRequired(
    env,
    metadataVariable,
    'the document that the Scalekit dashboard shows for this server',
  )
  const document = parseJson(text)
  if (isRecord(document)) return document
  throw new Error(`${metadataVariable} is no JSON object.`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A document that is pasted by hand must say what the server does, or clients fetch useless tokens. */
function checkMetadata(
  metadata: Record<string, unknown>,
  audience: string,
  environmentUrl: string,
): void {
  const { resource, bearer_methods_supported: methods = ['header'] } = metadata
  const complain = (what: string): never => {
    throw new Error(`${metadataVariable} ${what}.`)
  }
  if (resource !== audience) complain('names another resource than EXPECTED_AUDIENCE')
  if (!URL.canParse(audience) || audience.includes('#')) {
    complain('names a resource that is no URL without a fragment')
  }
  const servers = listOf(metadata['authorization_servers'])
  if (servers.length === 0) complain('lists no authorization_servers')
  const own = (server: string): boolean =>
    server === environmentUrl || server.startsWith(`${environmentUrl}/`)
  if (!servers.every(own)) complain('lists authorization_servers outside SK_ENV_URL')
  if (!listOf(metadata['scopes_supported']).includes(requiredScope)) {
    complain(`does not list ${requiredScope} among its scopes_supported`)
  }
  if (JSON.stringify(methods) !== '["header"]') {
    complain('promises other bearer_methods_supported than header')
  }
}

function listOf(value: unknown): string[] {
  const isList = Array.isArray(value) && value.every((each) => typeof each === 'string')
  return isList ? value : []
}
