import { afterAll, describe, expect, test } from 'vitest'
import { closeGreetings, startGreeting } from '../../tests/vendors/greeting-system.ts'
import type { GreetingSystem } from '../../tests/vendors/greeting-system.ts'

afterAll(closeGreetings)

const statusOf = async ({ send }: GreetingSystem, token: string): Promise<number> =>
  (await send({ token })).status

const fetches = ({ issuer }: GreetingSystem): number =>
  issuer.requests().filter(({ endpoint }) => endpoint === 'jwks').length

describe("the keys of Scalekit's SDK", () => {
  test('are fetched once for all who ask', async () => {
    const system = await startGreeting({ KEY_COOLDOWN_MS: '60000' })
    const answers = await Promise.all(Array.from({ length: 8 }, () => system.send()))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(fetches(system)).toBe(1)
    expect(system.issuer.requests()[0]?.header['x-sdk-version']).toMatch(/^Scalekit-Node\//)
  })

  test('follow a rotation', async () => {
    const system = await startGreeting()
    const old = system.mint()
    expect(await statusOf(system, old)).toBe(200)
    await system.issuer.rotateKey()
    expect(await statusOf(system, system.mint())).toBe(200)
    expect(await statusOf(system, old)).toBe(200)
    expect(fetches(system)).toBe(2)
  })

  test('are forgotten when they are withdrawn', async () => {
    const system = await startGreeting({ KEY_MAX_AGE_MS: '0' })
    const old = system.mint()
    expect(await statusOf(system, old)).toBe(200)
    const { previous } = await system.issuer.rotateKey()
    system.issuer.retireKey(previous)
    expect(await statusOf(system, old)).toBe(401)
  })

  test('are not fetched for each kid that somebody makes up', async () => {
    const system = await startGreeting({ KEY_COOLDOWN_MS: '60000' })
    const signature = system.mint().split('.')[2]
    const forge = (kid: string): string => {
      const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid })).toString('base64url')
      return [header, system.mint().split('.')[1], signature].join('.')
    }
    expect(await statusOf(system, system.mint())).toBe(200)
    for (const kid of ['a', 'b', 'c']) expect(await statusOf(system, forge(kid))).toBe(401)
    expect(fetches(system)).toBe(1)
  })

  test('are fetched no more often while there are none', async () => {
    const system = await startGreeting({ KEY_COOLDOWN_MS: '60000' })
    const answer = { status: 200, body: '{"keys":[]}' }
    const { undo } = await system.issuer.arrange({ response: { endpoint: 'jwks', ...answer } })
    for (const _ of [1, 2, 3]) expect(await statusOf(system, system.mint())).toBe(401)
    expect(fetches(system)).toBe(1)
    await undo()
  })

  test.each([503, 'reset'])('are kept while Scalekit fails with %s', async (how) => {
    const system = await startGreeting({ KEY_MAX_AGE_MS: '0' })
    expect(await statusOf(system, system.mint())).toBe(200)
    await system.issuer.arrange({ fail: { endpoints: ['jwks'], how } })
    expect(await statusOf(system, system.mint())).toBe(200)
    await system.issuer.rotateKey()
    expect(await system.send({ token: system.mint() })).toMatchObject({
      status: 503,
      challenge: '',
      text: '{"error":"Authentication service unavailable"}',
    })
  })

  test('are none when Scalekit has failed from the start', async () => {
    const system = await startGreeting()
    const { undo } = await system.issuer.arrange({ fail: { endpoints: ['jwks'], how: 500 } })
    expect(await statusOf(system, system.mint())).toBe(503)
    await undo()
    expect(await statusOf(system, system.mint())).toBe(200)
  })
})
