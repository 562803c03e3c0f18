import { loadKey } from '../fixtures/keys/index.ts'
import { createMint } from '../harness/client/mint.ts'
import { UsageError } from '../harness/index.ts'
import { bundledServer, bundledServers } from '../harness/target/bundled.ts'
import { startCommand } from '../harness/target/command.ts'
import { serveIssuer } from '../mocks/serve-issuer.ts'
import { untilInterrupted } from './issuer-command.ts'

/** Runs a reference server with its mock issuer, and prints a request that works. */
export async function serveCommand(name: string, flags: { fault?: string }): Promise<number> {
  if (!(name in bundledServers)) {
    throw new UsageError(
      `there is no reference server "${name}". Known: ${Object.keys(bundledServers).join(', ')}.`,
    )
  }
  const issuer = await serveIssuer({ key: 'local' })
  const environment: Record<string, string> =
    flags.fault === undefined ? {} : { FAULT: flags.fault }
  const server = await bundledServer(name, {
    keys: 'jwks',
    secondIssuer: false,
    environment,
  })
  const target = await startCommand(server, {
    'issuer.url': issuer.url,
    'issuer.jwks_uri': issuer.jwksUri,
    'issuer.public_key_file': issuer.publicKeyFile,
    'issuer.client_id': issuer.clientId,
  })
  const scopes = ['mcp:read', 'mcp:write']
  const token = await issuerToken(issuer, target.url, scopes)
  console.log(`${name} is running${flags.fault === undefined ? '' : ` with the fault ${flags.fault}`}; Ctrl-C ends it

endpoint  ${target.url}
issuer    ${issuer.url}
users     ${Object.values(issuer.users)
    .map(({ subject }) => subject)
    .join(', ')}

# a token of ${issuer.users.a.subject}, good for an hour on this server alone
export TOKEN=${token}

curl -sS -i '${target.url}' -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
  -H 'accept: application/json, text/event-stream' \\
  --data-raw '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"curl","version":"0"}}}'`)
  await untilInterrupted()
  await target.stop()
  await issuer.close()
  return 0
}

async function issuerToken(
  issuer: Awaited<ReturnType<typeof serveIssuer>>,
  audience: string,
  scopes: string[],
): Promise<string> {
  const mint = createMint({
    issuer,
    secondIssuer: null,
    given: { a: null, b: null },
    audience,
    baseScopes: scopes,
    allScopes: scopes,
    clientId: issuer.clientId,
    foreignKeys: {
      rsa: loadKey('foreign'),
      ec: loadKey('foreign-ec'),
      listener: loadKey('listener'),
    },
    publicKeys: () => Promise.resolve([]),
    register: () => '',
  })
  return (await mint.mint({})).text
}
