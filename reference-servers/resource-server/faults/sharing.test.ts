import { afterAll, describe, expect, test } from 'vitest'
import { closeTestedServers, stateless, type TestedServer } from '../../local-rsa/tested-server.ts'
import { proof, seeBoth, type Proof } from './proof.ts'
import { sharingFaults } from './sharing.ts'

afterAll(closeTestedServers)

/** Whether alice and bob, who ask at once, are told who they are. */
async function atOnce(server: TestedServer): Promise<unknown> {
  const who = async (sub: string): Promise<boolean> => {
    const token = await server.issuer.mint({ claims: { sub } })
    const { text } = await server.send({ token, ...stateless('tools/call', { name: 'whoami' }) })
    return text.includes(`"subject":"${sub}"`)
  }
  await server.send({})
  return (await Promise.all([who('alice'), who('bob')])).every(Boolean)
}

/** The status of a good token after a hundred bad ones. */
async function afterBadTokens(server: TestedServer): Promise<unknown> {
  await Promise.all(Array.from({ length: 100 }, () => server.send({ token: 'bad' })))
  return (await server.send({})).status
}

/** Of an answer in one body and of one in events. */
async function cacheControl(server: TestedServer): Promise<unknown> {
  const events = await fetch(server.url, {
    headers: { Accept: 'text/event-stream', Authorization: `Bearer ${await server.issuer.mint()}` },
  })
  await events.body?.cancel()
  const answers = [await server.send(stateless('tools/list')), await server.send({}), events]
  return answers.map(({ headers }) => /public/.test(headers.get('cache-control') ?? ''))
}

async function cacheScope(server: TestedServer): Promise<unknown> {
  const { text } = await server.send(stateless('tools/list'))
  return (JSON.parse(text) as { result: { cacheScope: string } }).result.cacheScope
}

const proofs: Record<string, Proof> = {
  'current-user-shared': proof(atOnce, true, false),
  'bad-tokens-lock-everybody': proof(afterBadTokens, 200, 503),
  'shared-cacheable': proof(cacheControl, [false, false, false], [true, true, true]),
  'cache-scope-public': proof(cacheScope, 'private', 'public'),
}

describe.each(Object.keys(sharingFaults))('%s', (fault) => {
  test('shows in a request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})
