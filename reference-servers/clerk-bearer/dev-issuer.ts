import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { TrustedIssuer } from '../resource-server/config.ts'

/** An issuer with a name and a key of its own, so that it can speak for nobody of the Clerk instance. */
export interface DevIssuer {
  trusted: TrustedIssuer
  scope: string
  /** An access token of RFC 9068 for `dev-user`. */
  mint(): Promise<string>
}

/** Seconds. */
export const devTokenLifetime = 3600

/** Its key lives as long as the process, and is never written down. */
export function createDevIssuer(names: {
  issuer: string
  audience: string
  scopes: string[]
}): DevIssuer {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const scope = names.scopes.join(' ')
  return {
    trusted: { issuer: names.issuer, keys: { kind: 'pem', pem } },
    scope,
    mint: () =>
      new SignJWT({ scope, client_id: 'dev-client' })
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt' })
        .setIssuer(names.issuer)
        .setAudience(names.audience)
        .setSubject('dev-user')
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime(`${devTokenLifetime}s`)
        .sign(privateKey),
  }
}
