import { join } from 'node:path'
import {
  readChoice,
  readCommonSettings,
  readList,
  readRequired,
  type Environment,
  type KeyOrigin,
  type Settings,
  type TrustedIssuer,
} from '../resource-server/config.ts'

/** Reads the configuration; throws an `Error` with one sentence for whoever starts the server. */
export function readSettings(env: Environment, origin: string): Settings {
  const issuer = readRequired(env, 'ISSUER', 'the issuer identifier whose tokens are accepted')
  const actors = readList(env, 'ACTOR_ALLOWLIST')
  const authorizationServer = env['AUTHORIZATION_SERVER']
  const resource = env['RESOURCE'] || `${origin}/mcp`
  return {
    ...readCommonSettings(env),
    resource,
    audience: env['AUDIENCE'] || resource,
    issuers: [{ issuer, keys: readKeyOrigin(env) }, ...readSecondIssuer(env)],
    ...(authorizationServer ? { authorizationServers: [authorizationServer] } : {}),
    ...readIntrospection(env),
    algorithm: readChoice(env, 'ALGORITHM', ['RS256', 'ES256']),
    requiredScopes: readList(env, 'REQUIRED_SCOPES') ?? ['mcp:read'],
    clientAllowlist: readList(env, 'CLIENT_ALLOWLIST'),
    ...(actors ? { actorAllowlist: actors } : {}),
  }
}

function readKeyOrigin(env: Environment): KeyOrigin {
  const uri = env['JWKS_URI']
  if (uri === 'discover') return { kind: 'discover' }
  if (uri) return { kind: 'url', url: uri }
  if (env['PUBLIC_KEY_FILE']) return { kind: 'file', path: env['PUBLIC_KEY_FILE'] }
  return { kind: 'own', directory: env['KEYS_DIR'] || join(process.cwd(), 'keys') }
}

function readIntrospection(env: Environment): Pick<Settings, 'introspection'> {
  const url = env['INTROSPECTION_URL']
  if (!url) return {}
  const what = 'the client as which the issuer is asked about tokens'
  return {
    introspection: {
      url,
      clientId: readRequired(env, 'INTROSPECTION_CLIENT_ID', what),
      clientSecret: readRequired(env, 'INTROSPECTION_CLIENT_SECRET', `the secret of ${what}`),
    },
  }
}

function readSecondIssuer(env: Environment): TrustedIssuer[] {
  const issuer = env['SECOND_ISSUER']
  const url = env['SECOND_JWKS_URI']
  return issuer && url ? [{ issuer, keys: { kind: 'url', url } }] : []
}
