import { once } from 'node:events'
import { serveIssuer } from '../mocks/serve-issuer.ts'

/** Runs the local mock issuer and prints what a server under test needs to trust it. */
export async function issuerCommand(provider: string, flags: { port?: number }): Promise<number> {
  const issuer = await serveIssuer({
    key: 'local',
    ...(flags.port === undefined ? {} : { port: flags.port }),
  })
  const users = Object.values(issuer.users).map(({ subject }) => subject)
  console.log(`mock issuer ${provider} is running; Ctrl-C ends it

issuer    ${issuer.url}
metadata  ${issuer.metadataUrl}
keys      ${issuer.jwksUri}
client    ${issuer.clientId}
users     ${users.join(', ')}

# .env for the server under test
ISSUER=${issuer.url}
JWKS_URI=${issuer.jwksUri}
PUBLIC_KEY_FILE=${issuer.publicKeyFile}`)
  await untilInterrupted()
  await issuer.close()
  return 0
}

/** Resolves at Ctrl-C or when we are told to end. */
export async function untilInterrupted(): Promise<void> {
  const alive = setInterval(() => undefined, 60_000)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  clearInterval(alive)
}
