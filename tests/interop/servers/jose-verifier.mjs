import { createRemoteJWKSet, jwtVerify } from 'jose'

/**
 * The token verifier that the SDKs leave to their users, as jose's documentation shows it.
 * `invalid` makes the SDK's own error of a message.
 */
export function joseVerifier({ JWKS_URI, ISSUER, RESOURCE }, invalid) {
  const keys = createRemoteJWKSet(new URL(JWKS_URI), { cooldownDuration: 300, cacheMaxAge: 1000 })
  return {
    async verifyAccessToken(token) {
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer: ISSUER,
          audience: RESOURCE,
          algorithms: ['RS256'],
        })
        return {
          token,
          clientId: String(payload.client_id ?? payload.sub),
          scopes: String(payload.scope ?? '').split(' '),
          expiresAt: payload.exp,
          resource: new URL(RESOURCE),
          extra: { subject: payload.sub },
        }
      } catch (error) {
        throw invalid(error.message)
      }
    },
  }
}
