import { FastMCP } from 'fastmcp'
import { JWKSVerifier } from 'fastmcp/auth'

/* npm fastmcp with tokens of a provider: what its documentation shows for servers behind one. */
const { PORT, ISSUER, JWKS_URI, AUTHORIZATION_SERVER = ISSUER, RESOURCE, SCOPE } = process.env
const verifier = new JWKSVerifier({ jwksUri: JWKS_URI, issuer: ISSUER, audience: RESOURCE })

const server = new FastMCP({
  name: 'fastmcp',
  version: '1.0.0',
  oauth: {
    enabled: true,
    protectedResource: {
      resource: RESOURCE,
      authorizationServers: [AUTHORIZATION_SERVER],
      scopesSupported: [SCOPE],
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
  execute: async (_arguments, { session }) => JSON.stringify({ subject: session?.subject }),
})
await server.start({
  transportType: 'httpStream',
  httpStream: { host: '127.0.0.1', port: Number(PORT) },
})
process.stdout.write('listening\n')
