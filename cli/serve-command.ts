import { setFlagsFromString } from 'node:v8'
import { loadKey } from '../fixtures/keys/index.ts'
import { createMint } from '../harness/client/mint.ts'
import { mostlyIdle } from '../harness/engine-flags.ts'
import { UsageError } from '../harness/select.ts'
import type { ConformanceOptions, Facts, IssuerControl } from '../harness/index.ts'
import { describeTarget } from '../harness/describe-target.ts'
import { isObject } from '../harness/protocol/json.ts'
import { didYouMean } from '../harness/scenario/suggest.ts'
import { bundledServers } from '../harness/target/bundled.ts'
import { ServerHouse } from '../harness/target/server-house.ts'
import { openInstance } from '../harness/wiring.ts'
import { clientConfigurations } from './client-configurations.ts'
import { untilInterrupted } from './issuer-command.ts'

interface ServeFlags {
  fault?: string
  issuer?: ConformanceOptions['issuer']
}

/** Runs a reference server with its mock provider, and prints how to get in. */
export async function serveCommand(name: string, flags: ServeFlags): Promise<number> {
  if (!(name in bundledServers)) {
    const known = Object.keys(bundledServers)
    throw new UsageError(
      `there is no reference server "${name}"${didYouMean(name, known)} Known: ${known.join(', ')}.`,
    )
  }
  if (flags.fault !== undefined) {
    const { refuseUnknownFaults } = await import('./planted-faults.ts')
    await refuseUnknownFaults(name, flags.fault)
  }
  mostlyIdle.forEach((flag) => setFlagsFromString(flag))
  // a server and the product that it calls need but one process
  const house = new ServerHouse(mostlyIdle)
  const options: ConformanceOptions = {
    server: name,
    startProcess: house.start,
    ...(flags.issuer === undefined ? {} : { issuer: flags.issuer }),
    ...(flags.fault === undefined ? {} : { env: { FAULT: flags.fault } }),
  }
  let close = async (): Promise<void> => undefined
  try {
    const { start, facts } = await describeTarget(options)
    const instance = await openInstance(options, start)
    const { target, issuer, upstream, thirdParty } = instance
    const beside = Object.entries({ upstream, 'third party': thirdParty }).flatMap(
      ([what, each]) => (each === null ? [] : [`\n${what.padEnd(12)}${each.url}`]),
    )
    close = instance.close
    if (issuer === null) throw new Error(`${name} runs without an issuer`)
    const token = await tokenOf(issuer, target.url, facts)
    const planted = flags.fault === undefined ? '' : ` with the fault ${flags.fault}`
    const users = Object.values(issuer.users).map(
      ({ username, password, subject }) => `${username} (password ${password}, sub ${subject})`,
    )
    console.log(`${name} is running${planted}; Ctrl-C ends it

endpoint    ${target.url}
issuer      ${issuer.url}${beside.join('')}
users       ${users.join('\n            ')}

# a token of ${issuer.users.a.username}, good for this server alone
export TOKEN=${token}

curl -sS -i '${target.url}' -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
  -H 'accept: application/json, text/event-stream' \\
  --data-raw '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"curl","version":"0"}}}'

${clientConfigurations(name, target.url)}`)
    await untilInterrupted()
  } finally {
    await close()
    await house.close()
  }
  return 0
}

/** A token of user a with every scope that a tool of the server asks for. */
async function tokenOf(issuer: IssuerControl, audience: string, facts: Facts): Promise<string> {
  const required = isObject(facts.target?.scopes) ? facts.target.scopes['required'] : []
  const ofTools = Object.values(facts.tool ?? {}).flatMap((tool) =>
    isObject(tool) && Array.isArray(tool['scopes']) ? tool['scopes'].map(String) : [],
  )
  const base = Array.isArray(required) ? required.map(String) : []
  const mint = createMint({
    issuer,
    secondIssuer: null,
    given: { a: null, b: null },
    audience,
    baseScopes: base,
    allScopes: [...new Set([...base, ...ofTools])],
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
