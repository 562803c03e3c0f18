import { FastMCP, requireScopes } from 'fastmcp'
import { JWKSVerifier } from 'fastmcp/auth'

/* npm fastmcp over httpStream: its own `oauth` and `authenticate` options, its own JWKS verifier. */
const { PORT, ISSUER, JWKS_URI, RESOURCE } = process.env
const verifier = new JWKSVerifier({
  jwksUri: JWKS_URI,
  issuer: ISSUER,
  audience: RESOURCE,
  cacheDuration: 1000,
  cooldownDuration: 300,
})

const server = new FastMCP({
  name: 'fastmcp',
  version: '1.0.0',
  oauth: {
    enabled: true,
    authorizationServer: {
      issuer: ISSUER,
      authorizationEndpoint: `${ISSUER}/authorize`,
      tokenEndpoint: `${ISSUER}/token`,
      jwksUri: JWKS_URI,
      responseTypesSupported: ['code'],
    },
    protectedResource: {
      resource: RESOURCE,
      authorizationServers: [ISSUER],
      scopesSupported: ['mcp:read'],
      resourceName: 'FastMCP',
    },
  },
  authenticate: async (request) => {
    const { authorization } = request.headers
    if (!authorization?.startsWith('Bearer ')) return undefined
    const { valid, claims, error } = await verifier.verify(authorization.slice(7))
    if (!valid) throw new Error(error)
    return { subject: claims.sub, scopes: claims.scope }
  },
})
server.addTool({
  name: 'whoami',
  description: 'Who calls.',
  annotations: { readOnlyHint: true },
  canAccess: requireScopes('mcp:read'),
  execute: async (_arguments, { session }) => JSON.stringify({ subject: session?.subject }),
})
await server.start({
  transportType: 'httpStream',
  httpStream: { host: '127.0.0.1', port: Number(PORT) },
})
